#include "product/identity/users.h"

#include "base/fold.h"
#include "json/writer.h"

namespace parley::product::identity {
namespace {

std::optional<UserRow> find_where(Tx& tx, std::string_view column, std::string_view value) {
  return one<UserRow>(tx, "select " + std::string(kUserColumns) + " from users where " + std::string(column) + " = $1",
                      value);
}

std::optional<std::string> fold_of(const std::optional<std::string>& name) {
  return name ? std::optional(fold(*name)) : std::nullopt;
}

std::string resource_of(const UserId& user) { return "user:" + user.text(); }

}  // namespace

std::optional<UserRow> find_user(Tx& tx, const UserId& id) { return find_where(tx, "id", id.text()); }

Outcome<UserRow> get_user(Tx& tx, const UserId& id) {
  auto user = find_user(tx, id);
  if (!user || user->deleted_at) return refuse(ProblemCode::kNotFound);
  return std::move(*user);
}

std::optional<UserRow> find_by_login(Tx& tx, std::string_view login) {
  return login.contains('@') ? find_by_email(tx, login) : find_where(tx, "username_fold", fold(login));
}

std::optional<UserRow> find_by_email(Tx& tx, std::string_view email) {
  return find_where(tx, "email_fold", fold(email));
}

std::optional<UserRow> find_by_external_id(Tx& tx, std::string_view external_id) {
  return find_where(tx, "external_id", external_id);
}

Outcome<void> insert_user(Tx& tx, const UserRow& user) {
  const auto username_fold = fold_of(user.username);
  const auto email_fold = fold_of(user.email);
  const int64_t inserted = execute(
      tx,
      "insert into users (id, username, username_fold, email, email_fold, email_verified_at, password_hash, "
      "display_name, avatar_url, locale, time_zone, external_id, is_admin, created_at, updated_at, display_name_fold) "
      "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15) on conflict do nothing",
      user.id, user.username, username_fold, user.email, email_fold, user.email_verified_at, user.password_hash,
      user.display_name, user.avatar_url, user.locale, user.time_zone, user.external_id, user.is_admin, user.created_at,
      fold(user.display_name));
  if (inserted == 1) {
    emit_user(tx, "user.created", user);
    return {};
  }
  if (username_fold && one<int64_t>(tx, "select 1 from users where username_fold = $1", *username_fold))
    return refuse(ProblemCode::kUsernameTaken);
  if (email_fold && one<int64_t>(tx, "select 1 from users where email_fold = $1", *email_fold))
    return refuse(ProblemCode::kEmailTaken);
  return refuse(ProblemCode::kConflict);
}

void emit_user(Tx& tx, std::string_view type, const UserRow& user) {
  tx.emit({std::string(type), resource_of(user.id),
           json::to_json(
               UserEvent{user.id, user.username.value_or(""), user.shown_name(), user.avatar_url, user.status_text})});
}

void emit_user_state(Tx& tx, std::string_view type, const UserId& user) {
  tx.emit({std::string(type), resource_of(user), json::to_json(UserStateEvent{user})});
}

void emit_block(Tx& tx, std::string_view type, const UserId& user, const UserId& blocked) {
  tx.emit({std::string(type), resource_of(user), json::to_json(BlockEvent{user, blocked})});
}

}  // namespace parley::product::identity
