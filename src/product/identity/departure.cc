#include "product/identity/departure.h"

namespace parley::product::identity {
namespace {

void erase(Tx& tx, const UserId& user, WallTime now) {
  end_sessions(tx, user, {}, SessionEnd::kErased, now);
  for (const std::string_view table : {"sessions", "recovery_codes", "mail_tokens", "login_tickets", "oidc_identities"})
    execute(tx, "delete from " + std::string(table) + " where user_id = $1", user);
  execute(tx, "delete from blocks where user_id = $1 or blocked_id = $1", user);
  execute(tx,
          "update users set username = null, username_fold = null, email = null, email_fold = null, "
          "email_verified_at = null, password_hash = null, display_name = '', display_name_fold = '', avatar_url = '', "
          "status_text = '', "
          "locale = '', time_zone = '', external_id = null, is_admin = 0, totp_secret = null, "
          "totp_confirmed_at = null, privacy = '{}', erase_at = null, deleted_at = $1, updated_at = $1 where id = $2",
          now, user);
  emit_user_state(tx, "user.deleted", user);
}

}  // namespace

Outcome<IdentityExport> export_identity(Tx& tx, const UserId& id) {
  auto user = get_user(tx, id);
  if (!user) return std::unexpected(std::move(user.error()));
  IdentityExport out{.id = id,
                     .username = user->username,
                     .email = user->email,
                     .email_verified_at = user->email_verified_at,
                     .display_name = user->display_name,
                     .avatar_url = user->avatar_url,
                     .status_text = user->status_text,
                     .locale = user->locale,
                     .time_zone = user->time_zone,
                     .external_id = user->external_id,
                     .is_admin = user->is_admin,
                     .has_second_factor = user->has_second_factor(),
                     .created_at = user->created_at,
                     .updated_at = user->updated_at,
                     .privacy = parse_privacy(user->privacy),
                     .sessions = {},
                     .blocked = list_blocked(tx, id),
                     .identities = {}};
  out.sessions = all<SessionView>(tx,
                                  "select id, device_name, user_agent, ip, created_at, last_used_at, expires_at "
                                  "from sessions where user_id = $1 order by created_at, id",
                                  id);
  out.identities =
      all<ExportedIdentity>(tx, "select issuer, subject from oidc_identities where user_id = $1 order by issuer", id);
  return out;
}

Outcome<WallTime> request_erasure(Tx& tx, const UserId& id, WallTime now, ErasedMessages messages) {
  const auto user = get_user(tx, id);
  if (!user) return std::unexpected(user.error());
  const WallTime due = user->erase_at.value_or(WallTime{now.unix_us + kErasureDelay.us()});
  execute(tx, "update users set erase_at = $1, keeps_messages = $4, updated_at = $2 where id = $3", due, now, id,
          messages == ErasedMessages::kKeep ? 1 : 0);
  end_sessions(tx, id, {}, SessionEnd::kErased, now);
  return due;
}

ErasedMessages erased_messages(Tx& tx, const UserId& user) {
  const auto keeps = one<int64_t>(tx, "select keeps_messages from users where id = $1", user);
  return keeps.value_or(0) == 1 ? ErasedMessages::kKeep : ErasedMessages::kBlank;
}

Outcome<void> cancel_erasure(Tx& tx, const UserId& id, WallTime now) {
  const auto user = get_user(tx, id);
  if (!user) return std::unexpected(user.error());
  execute(tx, "update users set erase_at = null, updated_at = $1 where id = $2", now, id);
  return {};
}

int64_t run_erasures(Tx& tx, WallTime now) {
  const auto due = all<UserId>(
      tx, "select id from users where erase_at is not null and erase_at <= $1 order by erase_at, id limit $2", now,
      kErasuresAtOnce);
  for (const UserId& user : due) erase(tx, user, now);
  return std::ssize(due);
}

int64_t sweep_identity(Tx& tx, WallTime now) {
  const WallTime long_ago{now.unix_us - kKeepEnded.us()};
  int64_t removed = 0;
  for (const std::string_view table : {"login_tickets", "mail_tokens", "oidc_logins"})
    removed += execute(tx, "delete from " + std::string(table) + " where expires_at <= $1", now);
  // An hour longer, so that a client hears that its token has expired and not that it never was one.
  removed +=
      execute(tx, "delete from access_tokens where expires_at <= $1", WallTime{now.unix_us - kDefaultMintLife.us()});
  removed += execute(tx, "delete from refresh_tokens where expires_at <= $1", now);
  removed += execute(tx, "delete from sessions where expires_at <= $1", long_ago);
  removed += execute(tx, "delete from sessions where revoked_at is not null and revoked_at <= $1", long_ago);
  return removed;
}

}  // namespace parley::product::identity
