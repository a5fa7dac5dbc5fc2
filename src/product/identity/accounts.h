#pragma once

#include <optional>
#include <string>

#include "base/redacted.h"
#include "product/identity/kit.h"
#include "product/identity/sessions.h"
#include "product/identity/users.h"

namespace parley::product::identity {

/// At least one of the names; both compare by the fold of base/fold.h.
struct NewAccount {
  std::optional<std::string> username;
  std::optional<std::string> email;
  Redacted<std::string> password;
  std::string display_name;
  std::string locale;  ///< "tr", "az", "en" or empty.
};

enum class AdminRight : unsigned char { kNone, kAdmin };

/// Makes an account. kInvalidRequest, kPasswordTooWeak, kUsernameTaken, kEmailTaken, kOverloaded. `parley user create`
/// uses it as it is; only there `right` is kAdmin.
Outcome<UserRow> create_account(Kit& kit, const NewAccount& account, AdminRight right, const Moment& moment);

struct SignInAttempt {
  std::string login;  ///< User name or e-mail address.
  Redacted<std::string> password;
  Device device;
};
/// Either the session, or the ticket with which the second factor must follow.
struct SignInResult {
  std::optional<SessionTokens> tokens;
  Redacted<std::string> ticket;
  WallTime ticket_expires_at;
};

/// kWrongCredentials for an unknown name as for a wrong password, after the same work; kAccountDisabled only to who
/// knows the password. The caller has spent a login of the account's bucket.
Outcome<SignInResult> sign_in(Kit& kit, const SignInAttempt& attempt, const Moment& moment);

/// Replaces the password and ends all other sessions. kWrongCredentials, kPasswordTooWeak.
struct PasswordChange {
  UserId user;
  SessionId session;  ///< Stays.
  Redacted<std::string> old_password;
  Redacted<std::string> new_password;
};
Outcome<void> change_password(Kit& kit, const PasswordChange& change, const Moment& moment);

/// Whether it is this user's password; kWrongCredentials otherwise. What may not be done with a stolen access token
/// alone asks it first. A user without a password (of an external app, or of OIDC) passes.
Outcome<UserRow> confirm_password(Kit& kit, const UserId& user, const Redacted<std::string>& password,
                                  const Moment& moment);

}  // namespace parley::product::identity
