#include "product/identity/profile.h"

#include "base/fold.h"
#include "json/reader.h"
#include "json/writer.h"
#include "product/identity/names.h"

namespace parley::product::identity {
namespace {

template <class Limited>
void apply(const json::Patch<Limited>& patch, std::string& field) {
  if (!patch.is_absent()) field = patch.has_value() ? patch.value().text() : std::string();
}

bool is_seen_change(const UserRow& a, const UserRow& b) {
  return a.shown_name() != b.shown_name() || a.avatar_url != b.avatar_url || a.status_text != b.status_text ||
         a.username != b.username;
}

template <class T>
void take(T& field, const std::optional<T>& value) {
  if (value) field = *value;
}

}  // namespace

Privacy parse_privacy(std::string_view stored) {
  Privacy privacy;
  const auto parsed = json::parse<PrivacyChange>(stored);
  if (!parsed) return privacy;
  take(privacy.messages_from, parsed->messages_from);
  take(privacy.calls_from, parsed->calls_from);
  take(privacy.shows_presence, parsed->shows_presence);
  take(privacy.sends_read_receipts, parsed->sends_read_receipts);
  take(privacy.sends_typing, parsed->sends_typing);
  return privacy;
}

Outcome<UserRow> change_profile(Tx& tx, const UserId& id, const ProfileChange& change, WallTime now) {
  auto before = get_user(tx, id);
  if (!before) return before;
  UserRow user = *before;
  apply(change.display_name, user.display_name);
  apply(change.avatar_url, user.avatar_url);
  apply(change.status_text, user.status_text);
  apply(change.time_zone, user.time_zone);
  if (!change.locale.is_absent())
    user.locale = change.locale.has_value() ? std::string(json::enum_name(change.locale.value())) : "";
  if (auto good = check_avatar_url(user.avatar_url); !good) return std::unexpected(std::move(good.error()));
  if (auto good = check_time_zone(user.time_zone); !good) return std::unexpected(std::move(good.error()));
  user.updated_at = now;
  execute(tx,
          "update users set display_name = $1, avatar_url = $2, status_text = $3, locale = $4, time_zone = $5, "
          "updated_at = $6, display_name_fold = $7 where id = $8",
          user.display_name, user.avatar_url, user.status_text, user.locale, user.time_zone, now,
          fold(user.display_name), id);
  if (is_seen_change(*before, user)) emit_user(tx, "user.updated", user);
  return user;
}

Outcome<Privacy> change_privacy(Tx& tx, const UserId& id, const PrivacyChange& change, WallTime now) {
  const auto user = get_user(tx, id);
  if (!user) return std::unexpected(user.error());
  Privacy privacy = parse_privacy(user->privacy);
  take(privacy.messages_from, change.messages_from);
  take(privacy.calls_from, change.calls_from);
  take(privacy.shows_presence, change.shows_presence);
  take(privacy.sends_read_receipts, change.sends_read_receipts);
  take(privacy.sends_typing, change.sends_typing);
  execute(tx, "update users set privacy = $1, updated_at = $2 where id = $3", json::to_json(privacy), now, id);
  return privacy;
}

Outcome<UserRow> change_username(Tx& tx, const UserId& id, std::string_view name, WallTime now) {
  if (auto good = check_username(name); !good) return std::unexpected(std::move(good.error()));
  auto user = get_user(tx, id);
  if (!user) return user;
  const std::string folded = fold(name);
  if (one<int64_t>(tx, "select 1 from users where username_fold = $1 and id <> $2", folded, id))
    return refuse(ProblemCode::kUsernameTaken);
  execute(tx, "update users set username = $1, username_fold = $2, updated_at = $3 where id = $4", name, folded, now,
          id);
  user->username = std::string(name);
  user->updated_at = now;
  emit_user(tx, "user.updated", *user);
  return user;
}

Privacy privacy_of(Tx& tx, const UserId& user) {
  return parse_privacy(one<std::string>(tx, "select privacy from users where id = $1", user).value_or("{}"));
}

Outcome<void> block(Tx& tx, const UserId& user, const UserId& other, WallTime now) {
  if (user == other) return refuse(ProblemCode::kInvalidRequest, "nobody blocks himself");
  if (const auto found = get_user(tx, other); !found) return std::unexpected(found.error());
  if (one<int64_t>(tx, "select count(*) from blocks where user_id = $1", user).value_or(0) >= kMaxBlocks)
    return refuse(ProblemCode::kLimitReached, "1000 blocked users");
  const bool is_new = execute(tx,
                              "insert into blocks (user_id, blocked_id, created_at) values ($1, $2, $3) "
                              "on conflict do nothing",
                              user, other, now) == 1;
  if (is_new) emit_block(tx, "user.blocked", user, other);
  return {};
}

Outcome<void> unblock(Tx& tx, const UserId& user, const UserId& other) {
  if (execute(tx, "delete from blocks where user_id = $1 and blocked_id = $2", user, other) == 1)
    emit_block(tx, "user.unblocked", user, other);
  return {};
}

std::vector<BlockedUser> list_blocked(Tx& tx, const UserId& user) {
  return all<BlockedUser>(tx,
                          "select b.blocked_id, case when u.display_name <> '' then u.display_name else "
                          "coalesce(u.username, '') end, b.created_at "
                          "from blocks b join users u on u.id = b.blocked_id where b.user_id = $1 "
                          "order by b.created_at desc, b.blocked_id limit $2",
                          user, kMaxBlocks);
}

bool is_blocked_between(Tx& tx, const UserId& a, const UserId& b) {
  return one<int64_t>(tx,
                      "select 1 from blocks where (user_id = $1 and blocked_id = $2) or "
                      "(user_id = $2 and blocked_id = $1) limit 1",
                      a, b)
      .has_value();
}

std::vector<UserId> apart_from(Tx& tx, const UserId& user) {
  return all<UserId>(tx,
                     "select blocked_id from blocks where user_id = $1 "
                     "union select user_id from blocks where blocked_id = $1",
                     user);
}

}  // namespace parley::product::identity
