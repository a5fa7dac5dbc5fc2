#pragma once

#include <string>

#include "edge/api/route.h"
#include "edge/identity/oidc_client.h"
#include "product/identity/kit.h"
#include "product/identity/mail_tokens.h"
#include "product/identity/oidc.h"
#include "product/ports/mailer.h"
#include "product/ports/password_hasher.h"

namespace parley::api::identity {

namespace rules = product::identity;
using product::Outcome;
using product::ProblemCode;

enum class Registration : unsigned char {
  kOpen,
  kClosed,  ///< Accounts come from `parley user create`, from API keys and from OIDC.
};

struct IdentityOptions {
  std::string site_url;                           ///< The first of FRONTEND_URL: links in mails stand under it.
  std::string session_cookie = "parley_session";  ///< The same as ApiOptions::session_cookie.
  std::string refresh_cookie = "parley_refresh";
  bool is_https = false;        ///< The same as ApiOptions::is_https: cookies are `Secure` then.
  std::string name = "Parley";  ///< Of this server, in authenticator apps.
  Registration registration = Registration::kOpen;
  /// Where browsers reach this server, when it is not the site's address: the OIDC redirect URI is
  /// <public_url>/api/v1/auth/oidc/callback.
  std::string public_url;
  rules::NewOidcUsers new_oidc_users = rules::NewOidcUsers::kWelcome;
};

/// What the routes need besides the frame. All outlive the routes and are thread-safe.
struct IdentityServices {
  product::PasswordHasher& hasher;
  product::Mailer& mailer;
  IdentityOptions options;
  OidcClient* oidc = nullptr;  ///< Null: signing in by an identity provider is not offered.
};

/// All routes of identity: signing in and out, one's own account, other users, API keys, users of external apps, and
/// the administration of users. `services` outlives the table.
void add_identity_routes(RouteTable& table, IdentityServices& services);

// Its parts.
void add_sign_in_routes(RouteTable& table, IdentityServices& services);
void add_recovery_routes(RouteTable& table, IdentityServices& services);
void add_account_routes(RouteTable& table, IdentityServices& services);
void add_security_routes(RouteTable& table, IdentityServices& services);
void add_oidc_routes(RouteTable& table, IdentityServices& services);
void add_server_routes(RouteTable& table, IdentityServices& services);

inline rules::Kit kit_of(const Context& context, IdentityServices& services) {
  return {context.store, services.hasher, context.rng};
}
inline rules::Moment moment_of(const Context& context) { return {context.now.wall, context.deadline}; }

/// `make` of the value, or the problem.
template <class T, class Make>
auto map(Outcome<T> outcome, Make make) -> Outcome<std::invoke_result_t<Make&, T>> {
  if (!outcome) return std::unexpected(std::move(outcome.error()));
  return make(std::move(*outcome));
}

/// Sends what was ordered, if something was. A mail that cannot be sent is logged: its user asks again.
void send_ordered(const Context& context, IdentityServices& services, const std::optional<rules::MailOrder>& order);

}  // namespace parley::api::identity
