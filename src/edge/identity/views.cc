#include "edge/identity/views.h"

#include <fmt/format.h>

#include "base/log.h"

namespace parley::api::identity {
namespace {

/// The refresh token goes only where it is used.
constexpr std::string_view kAuthPath = "/api/v1/auth";
/// Browsers send Lax cookies with a link into the app, but with nothing that another site's page posts.
constexpr std::string_view kLax = "Lax";
constexpr std::string_view kStrict = "Strict";

struct Cookie {
  std::string_view name;
  std::string_view value;
  std::string_view path;
  std::string_view same_site;
  int64_t max_age_s = 0;
};

void set_cookie(net::HttpHeaders& headers, const Cookie& cookie, const IdentityOptions& options) {
  headers.add("Set-Cookie",
              fmt::format("{}={}; Path={}; Max-Age={}; HttpOnly; SameSite={}{}", cookie.name, cookie.value, cookie.path,
                          cookie.max_age_s, cookie.same_site, options.is_https ? "; Secure" : ""));
}

}  // namespace

Reply<TokensView> reply_with(const rules::SessionTokens& tokens, TokenTransport transport,
                             const IdentityOptions& options) {
  Reply<TokensView> reply;
  reply.body.user_id = tokens.user;
  reply.body.session_id = tokens.session;
  reply.body.access_expires_at = tokens.access_expires_at;
  const bool can_refresh = !tokens.refresh.reveal().empty();
  if (can_refresh) reply.body.refresh_expires_at = tokens.refresh_expires_at;
  if (transport == TokenTransport::kBearer) {
    reply.body.access_token = tokens.access;
    if (can_refresh) reply.body.refresh_token = tokens.refresh;
    return reply;
  }
  // Both live as long as the session: a browser that comes back hears `token_expired` and refreshes.
  const int64_t life = rules::kSessionLife.us() / 1'000'000;
  set_cookie(reply.headers, {options.session_cookie, tokens.access.reveal(), "/", kLax, life}, options);
  set_cookie(reply.headers, {options.refresh_cookie, tokens.refresh.reveal(), kAuthPath, kStrict, life}, options);
  return reply;
}

void clear_cookies(net::HttpHeaders& headers, const IdentityOptions& options) {
  set_cookie(headers, {options.session_cookie, "", "/", kLax, 0}, options);
  set_cookie(headers, {options.refresh_cookie, "", kAuthPath, kStrict, 0}, options);
}

PublicUser make_public(const rules::UserRow& user) {
  return {user.id, user.username, user.shown_name(), user.avatar_url, user.status_text, user.deleted_at.has_value()};
}

OwnUser make_own(const rules::UserRow& user) {
  return {.id = user.id,
          .username = user.username,
          .email = user.email,
          .is_email_verified = user.email_verified_at.has_value(),
          .display_name = user.display_name,
          .avatar_url = user.avatar_url,
          .status_text = user.status_text,
          .locale = user.locale,
          .time_zone = user.time_zone,
          .external_id = user.external_id,
          .is_admin = user.is_admin,
          .has_password = user.password_hash.has_value(),
          .has_second_factor = user.has_second_factor(),
          .created_at = user.created_at,
          .updated_at = user.updated_at,
          .erase_at = user.erase_at};
}

AdminUser make_admin_view(const rules::UserRow& user) {
  AdminUser view;
  static_cast<OwnUser&>(view) = make_own(user);
  view.is_disabled = user.is_disabled;
  return view;
}

void send_ordered(const Context& context, IdentityServices& services, const std::optional<rules::MailOrder>& order) {
  if (!order) return;
  const Outcome<void> sent =
      services.mailer.send(rules::write_mail(*order, services.options.site_url, context.language));
  if (!sent) {
    log::warn("mail_not_sent", {{"request", context.request_id}, {"problem", product::info(sent.error().code).name}});
  }
}

void add_identity_routes(RouteTable& table, IdentityServices& services) {
  add_sign_in_routes(table, services);
  add_recovery_routes(table, services);
  add_account_routes(table, services);
  add_security_routes(table, services);
  add_oidc_routes(table, services);
  add_server_routes(table, services);
}

}  // namespace parley::api::identity
