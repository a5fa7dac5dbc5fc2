#include "product/identity/accounts.h"

#include <array>

#include "product/identity/names.h"
#include "product/identity/second_factor.h"

namespace parley::product::identity {
namespace {

Outcome<void> check_account(const NewAccount& account) {
  if (!account.username && !account.email) return refuse_field("/username", "a user name or an e-mail address");
  if (account.username) {
    if (auto good = check_username(*account.username); !good) return good;
  }
  if (account.email) {
    if (auto good = check_email(*account.email); !good) return good;
  }
  const std::array<std::string_view, 2> names{account.username ? *account.username : std::string_view(),
                                              account.email ? *account.email : std::string_view()};
  return check_password(account.password.reveal(), names);
}

Outcome<void> check_new_password(const UserRow& user, const Redacted<std::string>& password) {
  const std::array<std::string_view, 2> names{user.username ? *user.username : std::string_view(),
                                              user.email ? *user.email : std::string_view()};
  return check_password(password.reveal(), names);
}

/// The password was right a moment ago, outside of this unit; it must still be the same.
bool is_unchanged(const std::optional<UserRow>& now, const UserRow& then) {
  return now && !now->deleted_at && now->password_hash == then.password_hash;
}

Outcome<SignInResult> finish_sign_in(Tx& tx, const UserRow& user, const SignInAttempt& attempt,
                                     const std::optional<std::string>& better_hash, WallTime now, Rng& rng) {
  const auto current = find_user(tx, user.id);
  if (!is_unchanged(current, user)) return refuse(ProblemCode::kWrongCredentials);
  if (current->is_disabled) return refuse(ProblemCode::kAccountDisabled);
  if (better_hash) execute(tx, "update users set password_hash = $1 where id = $2", *better_hash, user.id);
  SignInResult result;
  if (current->has_second_factor()) {
    const Ticket ticket = make_ticket(tx, user.id, now, rng);
    result.ticket = ticket.secret;
    result.ticket_expires_at = ticket.expires_at;
  } else {
    result.tokens = start_session(tx, user.id, attempt.device, now, rng);
  }
  return result;
}

}  // namespace

Outcome<UserRow> create_account(Kit& kit, const NewAccount& account, AdminRight right, const Moment& moment) {
  if (auto good = check_account(account); !good) return std::unexpected(std::move(good.error()));
  auto hash = kit.hasher.hash(account.password.reveal(), moment.deadline);
  if (!hash) return std::unexpected(std::move(hash.error()));
  UserRow user;
  user.id = make_id<UserId>(moment.now, kit.rng);
  user.username = account.username;
  user.email = account.email;
  user.password_hash = std::move(*hash);
  user.display_name = account.display_name;
  user.locale = account.locale;
  user.is_admin = right == AdminRight::kAdmin;
  user.created_at = user.updated_at = moment.now;
  auto stored = kit.store.write(moment.deadline, [&](Tx& tx) { return insert_user(tx, user); });
  if (!stored) return std::unexpected(std::move(stored.error()));
  return user;
}

Outcome<SignInResult> sign_in(Kit& kit, const SignInAttempt& attempt, const Moment& moment) {
  auto found = kit.store.read(
      moment.deadline, [&](Tx& tx) -> Outcome<std::optional<UserRow>> { return find_by_login(tx, attempt.login); });
  if (!found) return std::unexpected(std::move(found.error()));
  const UserRow user = found->value_or(UserRow{});
  // The same work for nobody: an empty hash is compared like any other.
  const std::string hash = user.password_hash.value_or("");
  auto is_right = kit.hasher.verify(attempt.password.reveal(), hash, moment.deadline);
  if (!is_right) return std::unexpected(std::move(is_right.error()));
  if (!*is_right || user.id.is_empty()) return refuse(ProblemCode::kWrongCredentials);
  std::optional<std::string> better_hash;
  if (kit.hasher.is_outdated(hash)) {
    if (auto made = kit.hasher.hash(attempt.password.reveal(), moment.deadline)) better_hash = std::move(*made);
  }
  return kit.store.write(moment.deadline,
                         [&](Tx& tx) { return finish_sign_in(tx, user, attempt, better_hash, moment.now, kit.rng); });
}

Outcome<UserRow> confirm_password(Kit& kit, const UserId& id, const Redacted<std::string>& password,
                                  const Moment& moment) {
  auto user = kit.store.read(moment.deadline, [&](Tx& tx) { return get_user(tx, id); });
  if (!user || !user->password_hash) return user;
  const auto is_right = kit.hasher.verify(password.reveal(), *user->password_hash, moment.deadline);
  if (!is_right) return std::unexpected(is_right.error());
  if (!*is_right) return refuse(ProblemCode::kWrongCredentials);
  return user;
}

Outcome<void> change_password(Kit& kit, const PasswordChange& change, const Moment& moment) {
  const auto user = confirm_password(kit, change.user, change.old_password, moment);
  if (!user) return std::unexpected(user.error());
  // Who has none proves himself by mail first.
  if (!user->password_hash) return refuse(ProblemCode::kWrongCredentials, "no password is set");
  if (auto good = check_new_password(*user, change.new_password); !good) return good;
  const auto hash = kit.hasher.hash(change.new_password.reveal(), moment.deadline);
  if (!hash) return std::unexpected(hash.error());
  return kit.store.write(moment.deadline, [&](Tx& tx) -> Outcome<void> {
    if (!is_unchanged(find_user(tx, user->id), *user)) return refuse(ProblemCode::kConflict);
    execute(tx, "update users set password_hash = $1, updated_at = $2 where id = $3", *hash, moment.now, user->id);
    end_sessions(tx, user->id, change.session, SessionEnd::kPasswordChanged, moment.now);
    return {};
  });
}

}  // namespace parley::product::identity
