#include "product/identity/mail_tokens.h"

#include <array>

#include "base/fold.h"
#include "json/names.h"
#include "product/identity/names.h"
#include "product/identity/secrets.h"
#include "product/identity/sessions.h"

namespace parley::product::identity {
namespace {

MailOrder make_order(Tx& tx, const UserRow& user, MailPurpose purpose, WallTime now, Rng& rng) {
  const TimeDelta life = purpose == MailPurpose::kResetPassword ? kResetLife : kVerifyLife;
  MailOrder order{purpose, *user.email, user.locale, user.shown_name(), Redacted(make_secret(SecretKind::kMail, rng))};
  // Only the last mail's link works.
  execute(tx, "delete from mail_tokens where user_id = $1 and purpose = $2", user.id, json::enum_name(purpose));
  execute(tx, "insert into mail_tokens (hash, user_id, purpose, email, expires_at) values ($1, $2, $3, $4, $5)",
          hash_secret(order.secret.reveal()), user.id, json::enum_name(purpose), *user.email,
          WallTime{now.unix_us + life.us()});
  return order;
}

struct TokenRow {
  UserId user_id;
  std::string email;
  WallTime expires_at;
  std::optional<WallTime> used_at;
};
BOOST_DESCRIBE_STRUCT(TokenRow, (), (user_id, email, expires_at, used_at))

/// The user whom the token stands for, if it still does.
Outcome<UserRow> look_up(Tx& tx, MailPurpose purpose, std::string_view token, WallTime now) {
  const auto row =
      one<TokenRow>(tx, "select user_id, email, expires_at, used_at from mail_tokens where hash = $1 and purpose = $2",
                    hash_secret(token), json::enum_name(purpose));
  if (!row || row->used_at) return refuse(ProblemCode::kTokenInvalid);
  if (row->expires_at <= now) return refuse(ProblemCode::kTokenExpired);
  auto user = get_user(tx, row->user_id);
  if (!user || user->email != row->email) return refuse(ProblemCode::kTokenInvalid);
  if (user->is_disabled) return refuse(ProblemCode::kAccountDisabled);
  return user;
}

bool use_up(Tx& tx, std::string_view token, WallTime now) {
  return execute(tx, "update mail_tokens set used_at = $1 where hash = $2 and used_at is null", now,
                 hash_secret(token)) == 1;
}

/// Leaves no way into an account that its new owner did not make.
void remove_other_ways_in(Tx& tx, const UserId& user) {
  for (const std::string_view table : {"oidc_identities", "recovery_codes"})
    execute(tx, "delete from " + std::string(table) + " where user_id = $1", user);
  execute(tx, "update users set totp_secret = null, totp_confirmed_at = null where id = $1", user);
}

}  // namespace

Outcome<std::optional<MailOrder>> order_password_reset(Tx& tx, std::string_view email, WallTime now, Rng& rng) {
  const auto user = find_by_email(tx, email);
  if (!user || user->deleted_at || user->is_disabled) return std::nullopt;
  return make_order(tx, *user, MailPurpose::kResetPassword, now, rng);
}

Outcome<std::optional<MailOrder>> order_verification(Tx& tx, const UserId& id, WallTime now, Rng& rng) {
  const auto user = get_user(tx, id);
  if (!user) return std::unexpected(user.error());
  if (!user->email || user->email_verified_at) return std::nullopt;
  return make_order(tx, *user, MailPurpose::kVerifyEmail, now, rng);
}

Outcome<void> reset_password(Kit& kit, const PasswordReset& reset, const Moment& moment) {
  const auto user = kit.store.read(
      moment.deadline, [&](Tx& tx) { return look_up(tx, MailPurpose::kResetPassword, reset.token, moment.now); });
  if (!user) return std::unexpected(user.error());
  const std::array<std::string_view, 2> names{user->username ? *user->username : std::string_view(), *user->email};
  if (auto good = check_password(reset.new_password.reveal(), names); !good) return good;
  const auto hash = kit.hasher.hash(reset.new_password.reveal(), moment.deadline);
  if (!hash) return std::unexpected(hash.error());
  return kit.store.write(moment.deadline, [&](Tx& tx) -> Outcome<void> {
    const auto same = look_up(tx, MailPurpose::kResetPassword, reset.token, moment.now);
    if (!same) return std::unexpected(same.error());
    if (!use_up(tx, reset.token, moment.now)) return refuse(ProblemCode::kTokenInvalid);
    execute(tx,
            "update users set password_hash = $1, updated_at = $2, "
            "email_verified_at = coalesce(email_verified_at, $2) where id = $3",
            *hash, moment.now, user->id);
    execute(tx, "delete from login_tickets where user_id = $1", user->id);
    if (!same->email_verified_at) remove_other_ways_in(tx, user->id);
    end_sessions(tx, user->id, {}, SessionEnd::kPasswordReset, moment.now);
    return {};
  });
}

Outcome<void> verify_email(Tx& tx, std::string_view token, WallTime now) {
  const auto user = look_up(tx, MailPurpose::kVerifyEmail, token, now);
  if (!user) return std::unexpected(user.error());
  if (!use_up(tx, token, now)) return refuse(ProblemCode::kTokenInvalid);
  execute(tx, "update users set email_verified_at = $1, updated_at = $1 where id = $2", now, user->id);
  return {};
}

Outcome<void> change_email(Tx& tx, const UserId& id, std::string_view email, WallTime now) {
  if (auto good = check_email(email); !good) return good;
  const auto user = get_user(tx, id);
  if (!user) return std::unexpected(user.error());
  if (user->email == email) return {};
  const auto other = find_by_email(tx, email);
  if (other && other->id != id) return refuse(ProblemCode::kEmailTaken);
  execute(tx, "update users set email = $1, email_fold = $2, email_verified_at = null, updated_at = $3 where id = $4",
          email, fold(email), now, id);
  execute(tx, "delete from mail_tokens where user_id = $1", id);
  return {};
}

}  // namespace parley::product::identity
