#include "base/fold.h"
#include "product/identity/api_keys.h"
#include "product/identity/names.h"

namespace parley::product::identity {
namespace {

template <class Field>
void take(Field& field, const std::optional<std::string>& value) {
  if (value) field = *value;
}

UserRow merge(UserRow user, const ExternalUser& given, WallTime now) {
  const bool has_new_email = given.email && user.email != given.email;
  take(user.username, given.username);
  take(user.email, given.email);
  take(user.display_name, given.display_name);
  take(user.avatar_url, given.avatar_url);
  take(user.locale, given.locale);
  take(user.time_zone, given.time_zone);
  if (has_new_email) user.email_verified_at = now;
  return user;
}

Outcome<void> check(const UserRow& user) {
  if (user.username) {
    if (auto good = check_username(*user.username); !good) return good;
  }
  if (user.email) {
    if (auto good = check_email(*user.email); !good) return good;
  }
  if (auto good = check_avatar_url(user.avatar_url); !good) return good;
  return check_time_zone(user.time_zone);
}

bool is_same(const UserRow& a, const UserRow& b) {
  return a.username == b.username && a.email == b.email && a.display_name == b.display_name &&
         a.avatar_url == b.avatar_url && a.locale == b.locale && a.time_zone == b.time_zone;
}

std::optional<std::string> fold_of(const std::optional<std::string>& name) {
  return name ? std::optional(fold(*name)) : std::nullopt;
}

Outcome<void> store(Tx& tx, const UserRow& user) {
  const auto username_fold = fold_of(user.username);
  const auto email_fold = fold_of(user.email);
  if (username_fold &&
      one<int64_t>(tx, "select 1 from users where username_fold = $1 and id <> $2", *username_fold, user.id))
    return refuse(ProblemCode::kUsernameTaken);
  if (email_fold && one<int64_t>(tx, "select 1 from users where email_fold = $1 and id <> $2", *email_fold, user.id))
    return refuse(ProblemCode::kEmailTaken);
  execute(tx,
          "update users set username = $1, username_fold = $2, email = $3, email_fold = $4, email_verified_at = $5, "
          "display_name = $6, avatar_url = $7, locale = $8, time_zone = $9, updated_at = $10, display_name_fold = $11 "
          "where id = $12",
          user.username, username_fold, user.email, email_fold, user.email_verified_at, user.display_name,
          user.avatar_url, user.locale, user.time_zone, user.updated_at, fold(user.display_name), user.id);
  emit_user(tx, "user.updated", user);
  return {};
}

}  // namespace

Outcome<PutUser> put_external_user(Tx& tx, const ExternalUser& given, WallTime now, Rng& rng) {
  const auto known = find_by_external_id(tx, given.external_id);
  UserRow user = merge(known.value_or(UserRow{}), given, now);
  if (auto good = check(user); !good) return std::unexpected(std::move(good.error()));
  if (known) {
    // A key that cannot act for administrators cannot take their address, either, and have a password sent there.
    if (known->is_admin) return refuse(ProblemCode::kForbidden, "an API key does not act for an administrator");
    if (is_same(*known, user)) return PutUser{std::move(user), Made::kUpdated};
    user.updated_at = now;
    if (auto stored = store(tx, user); !stored) return std::unexpected(std::move(stored.error()));
    return PutUser{std::move(user), Made::kUpdated};
  }
  user.id = make_id<UserId>(now, rng);
  user.external_id = given.external_id;
  user.created_at = user.updated_at = now;
  if (auto stored = insert_user(tx, user); !stored) return std::unexpected(std::move(stored.error()));
  return PutUser{std::move(user), Made::kCreated};
}

}  // namespace parley::product::identity
