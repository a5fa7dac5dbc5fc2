#include "product/identity/administration.h"

#include "base/fold.h"

namespace parley::product::identity {
namespace {

std::string escape_like(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::vector<UserRow> search_users(Tx& tx, const UserSearch& search) {
  return all<UserRow>(tx,
                      "select " + std::string(kUserColumns) +
                          " from users where id > $1 and deleted_at is null and (username_fold like $2 escape '\\' "
                          "or email_fold like $2 escape '\\' or display_name_fold like $2 escape '\\') "
                          "order by id limit $3",
                      search.after, "%" + escape_like(fold(search.text)) + "%", search.limit);
}

Outcome<UserRow> set_ability(Tx& tx, const UserId& admin, const UserId& id, Ability ability, WallTime now) {
  auto user = get_user(tx, id);
  if (!user) return user;
  if (admin == id) return refuse(ProblemCode::kConflict, "nobody disables himself");
  const bool is_disabled = ability == Ability::kDisabled;
  if (user->is_disabled == is_disabled) return user;
  execute(tx, "update users set is_disabled = $1, updated_at = $2 where id = $3", is_disabled, now, id);
  if (is_disabled) {
    end_sessions(tx, id, {}, SessionEnd::kDisabled, now);
    execute(tx, "delete from login_tickets where user_id = $1", id);
  }
  emit_user_state(tx, is_disabled ? "user.disabled" : "user.enabled", id);
  user->is_disabled = is_disabled;
  return user;
}

}  // namespace parley::product::identity
