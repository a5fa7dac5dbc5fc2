#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/redacted.h"
#include "product/identity/kit.h"
#include "product/identity/sessions.h"
#include "product/identity/users.h"

namespace parley::product::identity {

/// How long a sign-in waits for its second step.
inline constexpr TimeDelta kTicketLife = TimeDelta::seconds(5 * 60);
/// Wrong codes after which a ticket is worthless: with a million codes and three of them good at a time, guessing then
/// needs the password again for every five tries, and passwords are counted.
inline constexpr int64_t kMaxTicketAttempts = 5;
inline constexpr size_t kRecoveryCodes = 10;

struct Ticket {
  Redacted<std::string> secret;
  WallTime expires_at;
};
Ticket make_ticket(Tx& tx, const UserId& user, WallTime now, Rng& rng);

/// A code of the app (six digits) or a recovery code (sixteen letters and digits in groups).
struct SecondStep {
  std::string ticket;
  std::string code;
  Device device;
};
/// Ends a sign-in that answered with a ticket. kTokenInvalid, kTokenExpired, kWrongSecondFactor, kAccountDisabled.
Outcome<SessionTokens> finish_with_second_factor(Kit& kit, const SecondStep& step, const Moment& moment);

/// What the app must know; nothing is asked for until confirm_totp(). kConflict when it is on already.
struct TotpSetup {
  std::string secret;  ///< Base32.
  std::string url;
};
Outcome<TotpSetup> begin_totp(Tx& tx, const UserId& user, std::string_view issuer, WallTime now, Rng& rng);
/// Switches the second factor on and gives the recovery codes, once. kWrongSecondFactor, kConflict.
Outcome<std::vector<std::string>> confirm_totp(Tx& tx, const UserId& user, std::string_view code, WallTime now,
                                               Rng& rng);
/// Off again. The code may be a recovery code. kSecondFactorRequired without a code, kWrongSecondFactor.
Outcome<void> disable_totp(Tx& tx, const UserId& user, std::string_view code, WallTime now);
/// New recovery codes in place of the old ones; needs a code of the app.
Outcome<std::vector<std::string>> renew_recovery_codes(Tx& tx, const UserId& user, std::string_view code, WallTime now,
                                                       Rng& rng);
/// How many are left.
int64_t count_recovery_codes(Tx& tx, const UserId& user);

}  // namespace parley::product::identity
