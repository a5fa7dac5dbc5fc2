#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/redacted.h"
#include "product/identity/kit.h"
#include "product/identity/users.h"
#include "product/ports/mailer.h"

namespace parley::product::identity {

inline constexpr TimeDelta kResetLife = TimeDelta::seconds(30 * 60);
inline constexpr TimeDelta kVerifyLife = TimeDelta::seconds(86'400);

enum class MailPurpose : unsigned char { kVerifyEmail, kResetPassword };
BOOST_DESCRIBE_ENUM(MailPurpose, kVerifyEmail, kResetPassword)

/// A secret that was made for a mail, and to whom it goes.
struct MailOrder {
  MailPurpose purpose = {};
  std::string to;
  std::string locale;  ///< The user's; may be empty.
  std::string name;    ///< How to address them; may be empty.
  Redacted<std::string> secret;
};

/// Nothing (and no problem) when no account has this address: the caller answers the same.
Outcome<std::optional<MailOrder>> order_password_reset(Tx& tx, std::string_view email, WallTime now, Rng& rng);
/// Nothing when there is no address, or it is verified already.
Outcome<std::optional<MailOrder>> order_verification(Tx& tx, const UserId& user, WallTime now, Rng& rng);

struct PasswordReset {
  std::string token;
  Redacted<std::string> new_password;
};
/// Sets the password, ends all sessions and takes the address for verified. When it was not verified before, somebody
/// else may have made the account in its owner's name: other ways in (identity providers, a second factor) go, too. The
/// token works once: kTokenInvalid, kTokenExpired, kPasswordTooWeak (then it still works), kAccountDisabled.
Outcome<void> reset_password(Kit& kit, const PasswordReset& reset, const Moment& moment);

/// kTokenInvalid (also when the account has another address meanwhile), kTokenExpired.
Outcome<void> verify_email(Tx& tx, std::string_view token, WallTime now);

/// Gives a user another address, unverified. kInvalidRequest, kEmailTaken. The caller has confirmed the password.
Outcome<void> change_email(Tx& tx, const UserId& user, std::string_view email, WallTime now);

/// The mail in the order's language (or else `language`), with a link under `site` ("https://chat.example.com"). The
/// secret stands behind a # so that no server's log and no Referer gets it.
Mail write_mail(const MailOrder& order, std::string_view site, std::string_view language);

}  // namespace parley::product::identity
