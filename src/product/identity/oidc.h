#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/redacted.h"
#include "product/identity/accounts.h"
#include "product/identity/kit.h"

namespace parley::product::identity {

// Signing in by somebody else's identity provider: OpenID Connect Core 1.0, authorization code flow with PKCE
// (RFC 7636). An account belongs to (issuer, subject) and to nothing else: an e-mail address never joins two accounts.

/// From leaving for the provider to coming back.
inline constexpr TimeDelta kOidcLoginLife = TimeDelta::seconds(10 * 60);
/// Clocks of provider and server may differ by so much.
inline constexpr TimeDelta kOidcSkew = TimeDelta::seconds(120);
/// Bytes of the path in the app to which a login returns.
inline constexpr size_t kMaxReturnTo = 512;

/// What goes with the browser. The state is also its cookie's value, so that nobody can have another's browser sign in
/// to his own account.
struct OidcDeparture {
  Redacted<std::string> state;
  std::string nonce;
  std::string challenge;  ///< S256 of the verifier, which stays here.
};
/// `return_to` is a path of the app; anything else becomes "/".
OidcDeparture begin_oidc(Tx& tx, std::string_view return_to, WallTime now, Rng& rng);

struct OidcReturn {
  std::string nonce;
  Redacted<std::string> verifier;
  std::string return_to;
};
/// Once for each state. kTokenInvalid, kTokenExpired.
Outcome<OidcReturn> take_oidc(Tx& tx, std::string_view state, WallTime now);

/// What an ID token must say (OpenID Connect Core 1.0 section 3.1.3.7).
struct OidcExpectation {
  std::string issuer;
  std::string client_id;
  std::string nonce;
};
struct OidcClaims {
  std::string issuer;
  std::string subject;
  std::optional<std::string> email;  ///< Only a verified one.
  std::string name;
  std::string preferred_username;
  std::string locale;
  bool is_bare() const { return name.empty() && preferred_username.empty() && !email; }
};
/// Of the payload of a token whose signature is right. kTokenInvalid (with the claim in detail), kTokenExpired.
Outcome<OidcClaims> check_id_token(std::string_view payload, const OidcExpectation& expected, WallTime now);

/// Adds what the provider's UserInfo endpoint says (section 5.3), for providers that keep names out of their tokens.
/// Nothing when it is not about the same subject.
void add_userinfo(OidcClaims& claims, std::string_view userinfo);

enum class NewOidcUsers : unsigned char { kWelcome, kRefused };
/// Finds the account, or makes it: with the user name and address when they are free and fit, without them otherwise.
/// kAccountDisabled; kForbidden when there is none and new ones are refused.
Outcome<SignInResult> sign_in_with_oidc(Tx& tx, const OidcClaims& claims, NewOidcUsers fresh, const Device& device,
                                        WallTime now, Rng& rng);

}  // namespace parley::product::identity
