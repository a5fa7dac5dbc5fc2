#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>

#include "base/redacted.h"
#include "edge/identity/services.h"
#include "product/identity/sessions.h"
#include "product/identity/users.h"

namespace parley::api::identity {

/// How a client keeps its tokens.
enum class TokenTransport : unsigned char {
  kBearer,  ///< In the answer, for clients that keep secrets.
  kCookie,  ///< In HttpOnly cookies, for the web: no script ever sees them.
};
BOOST_DESCRIBE_ENUM(TokenTransport, kBearer, kCookie)

struct TokensView {
  product::UserId user_id;
  product::SessionId session_id;
  WallTime access_expires_at;
  std::optional<WallTime> refresh_expires_at;
  std::optional<Redacted<std::string>> access_token;  ///< Absent where it is in a cookie.
  std::optional<Redacted<std::string>> refresh_token;
};
BOOST_DESCRIBE_STRUCT(TokensView, (),
                      (user_id, session_id, access_expires_at, refresh_expires_at, access_token, refresh_token))

enum class SignInStatus : unsigned char { kSignedIn, kSecondFactorRequired };
BOOST_DESCRIBE_ENUM(SignInStatus, kSignedIn, kSecondFactorRequired)
struct SignInView {
  SignInStatus status = SignInStatus::kSignedIn;
  std::optional<TokensView> tokens;
  std::optional<Redacted<std::string>> ticket;  ///< For POST /auth/second-factor.
  std::optional<WallTime> ticket_expires_at;
};
BOOST_DESCRIBE_STRUCT(SignInView, (), (status, tokens, ticket, ticket_expires_at))

/// With the cookies, when the client wants those.
Reply<TokensView> reply_with(const rules::SessionTokens& tokens, TokenTransport transport,
                             const IdentityOptions& options);
/// Makes the browser forget them.
void clear_cookies(net::HttpHeaders& headers, const IdentityOptions& options);

/// What everybody sees.
struct PublicUser {
  product::UserId id;
  std::optional<std::string> username;
  std::string display_name;
  std::string avatar_url;
  std::string status_text;
  bool is_deleted = false;
};
BOOST_DESCRIBE_STRUCT(PublicUser, (), (id, username, display_name, avatar_url, status_text, is_deleted))
PublicUser make_public(const rules::UserRow& user);

/// What the user himself sees.
struct OwnUser {
  product::UserId id;
  std::optional<std::string> username;
  std::optional<std::string> email;
  bool is_email_verified = false;
  std::string display_name;
  std::string avatar_url;
  std::string status_text;
  std::string locale;
  std::string time_zone;
  std::optional<std::string> external_id;
  bool is_admin = false;
  bool has_password = false;
  bool has_second_factor = false;
  WallTime created_at;
  WallTime updated_at;
  std::optional<WallTime> erase_at;  ///< While an erasure can be taken back.
};
BOOST_DESCRIBE_STRUCT(OwnUser, (),
                      (id, username, email, is_email_verified, display_name, avatar_url, status_text, locale, time_zone,
                       external_id, is_admin, has_password, has_second_factor, created_at, updated_at, erase_at))
OwnUser make_own(const rules::UserRow& user);

/// What administrators see.
struct AdminUser : OwnUser {
  bool is_disabled = false;
};
BOOST_DESCRIBE_STRUCT(AdminUser, (OwnUser), (is_disabled))
AdminUser make_admin_view(const rules::UserRow& user);

}  // namespace parley::api::identity
