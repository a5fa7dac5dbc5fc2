#include "base/log.h"
#include "edge/identity/oidc_client.h"
#include "edge/identity/views.h"
#include "product/identity/oidc.h"
#include "product/identity/secrets.h"

namespace parley::api::identity {
namespace {

using product::Tx;

struct OidcView {
  bool is_offered = false;
};
BOOST_DESCRIBE_STRUCT(OidcView, (), (is_offered))

constexpr std::string_view kCookie = "parley_oidc";
constexpr std::string_view kPath = "/api/v1/auth/oidc";

std::string site_of(const IdentityOptions& options) {
  std::string site = options.site_url;
  while (site.ends_with('/')) site.pop_back();
  return site;
}

std::string redirect_uri_of(const IdentityOptions& options) {
  std::string base = options.public_url.empty() ? options.site_url : options.public_url;
  while (base.ends_with('/')) base.pop_back();
  return base + std::string(kPath) + "/callback";
}

void set_state_cookie(net::HttpHeaders& headers, std::string_view state, const IdentityOptions& options) {
  const int64_t life = state.empty() ? 0 : rules::kOidcLoginLife.us() / 1'000'000;
  headers.add("Set-Cookie", std::string(kCookie) + "=" + std::string(state) + "; Path=" + std::string(kPath) +
                                "; Max-Age=" + std::to_string(life) + "; HttpOnly; SameSite=Lax" +
                                (options.is_https ? "; Secure" : ""));
}

Reply<NoContent> redirect(std::string url) {
  Reply<NoContent> reply;
  reply.status = 303;
  reply.headers.add("Location", std::move(url));
  return reply;
}

std::string query_of(const Context& context, const std::string& name) {
  const auto found = context.http.query.find(name);
  return found == context.http.query.end() ? "" : found->second;
}

Outcome<Reply<NoContent>> start(Request<>& request, IdentityServices& services) {
  if (!services.oidc) return product::refuse(ProblemCode::kNotConfigured, "OIDC_ISSUER");
  const auto departure = request.store.write(request.deadline, [&](Tx& tx) -> Outcome<rules::OidcDeparture> {
    return rules::begin_oidc(tx, query_of(request, "returnTo"), request.now.wall, request.rng);
  });
  if (!departure) return std::unexpected(departure.error());
  auto url = services.oidc->authorization_url({.redirect_uri = redirect_uri_of(services.options),
                                               .state = departure->state.reveal(),
                                               .nonce = departure->nonce,
                                               .challenge = departure->challenge},
                                              request.deadline);
  if (!url) return std::unexpected(url.error());
  Reply<NoContent> reply = redirect(std::move(*url));
  set_state_cookie(reply.headers, departure->state.reveal(), services.options);
  return reply;
}

struct Arrival {
  rules::SignInResult result;
  std::string return_to;
};

/// Who has come, by the code and nothing else.
Outcome<rules::OidcClaims> identify(Request<>& request, IdentityServices& services, const rules::OidcReturn& back) {
  // RFC 9207 section 2.4: an answer of another provider is mixed up.
  const std::string issuer = query_of(request, "iss");
  if (!issuer.empty() && issuer != services.oidc->options().issuer)
    return product::refuse(ProblemCode::kTokenInvalid, "iss");
  const std::string code = query_of(request, "code");
  if (code.empty()) return product::refuse(ProblemCode::kForbidden, "the identity provider said no");
  const auto exchanged = services.oidc->exchange(
      {.code = code, .verifier = back.verifier, .redirect_uri = redirect_uri_of(services.options)}, request.deadline);
  if (!exchanged) return std::unexpected(exchanged.error());
  const rules::OidcExpectation expected{services.oidc->options().issuer, services.oidc->options().client_id,
                                        back.nonce};
  auto claims = rules::check_id_token(exchanged->payload, expected, request.now.wall);
  if (claims && claims->is_bare()) {
    // Without it the account only lacks a name.
    if (const auto more = services.oidc->userinfo(exchanged->access_token, request.deadline))
      rules::add_userinfo(*claims, *more);
  }
  return claims;
}

Outcome<Arrival> arrive(Request<>& request, IdentityServices& services) {
  const std::string state = query_of(request, "state");
  if (state.empty() || !rules::equals_in_constant_time(state, request.cookie(kCookie)))
    return product::refuse(ProblemCode::kTokenInvalid, "state");
  const auto back =
      request.store.write(request.deadline, [&](Tx& tx) { return rules::take_oidc(tx, state, request.now.wall); });
  if (!back) return std::unexpected(back.error());
  const auto claims = identify(request, services, *back);
  if (!claims) return std::unexpected(claims.error());
  const rules::Device device{"", std::string(request.http.headers.get("User-Agent")), request.client_ip};
  auto result = request.store.write(request.deadline, [&](Tx& tx) {
    return rules::sign_in_with_oidc(tx, *claims, services.options.new_oidc_users, device, request.now.wall,
                                    request.rng);
  });
  if (!result) return std::unexpected(result.error());
  return Arrival{std::move(*result), back->return_to};
}

/// A browser comes here by itself, so every end is a page of the app: the one it wanted, or the sign-in page with what
/// is missing or wrong behind the #.
Outcome<Reply<NoContent>> callback(Request<>& request, IdentityServices& services) {
  if (!services.oidc) return product::refuse(ProblemCode::kNotConfigured, "OIDC_ISSUER");
  const std::string site = site_of(services.options);
  const auto arrival = arrive(request, services);
  Reply<NoContent> reply;
  if (!arrival) {
    const std::string_view code = product::info(arrival.error().code).name;
    log::info("oidc_sign_in_failed",
              {{"request", request.request_id}, {"problem", code}, {"detail", arrival.error().detail}});
    reply = redirect(site + "/sign-in#problem=" + std::string(code));
  } else if (!arrival->result.tokens) {
    reply = redirect(site + "/sign-in#ticket=" + arrival->result.ticket.reveal());
  } else {
    reply = redirect(site + arrival->return_to);
    Reply<TokensView> tokens = reply_with(*arrival->result.tokens, TokenTransport::kCookie, services.options);
    for (const auto& [name, value] : tokens.headers.fields()) reply.headers.add(name, value);
  }
  set_state_cookie(reply.headers, "", services.options);
  return reply;
}

RouteInfo route(std::string path, std::string id, std::string summary) {
  return {.path = std::string(kPath) + path,
          .id = std::move(id),
          .summary = std::move(summary),
          .tag = "sign-in",
          .access = Access::kAnyone,
          .status = 303,
          .problems = {ProblemCode::kNotConfigured},
          .secrecy = Secrecy::kSecret,
          .content_types = {}};
}

}  // namespace

void add_oidc_routes(RouteTable& table, IdentityServices& services) {
  RouteInfo info = route("", "getOidc", "Whether signing in by an identity provider is offered.");
  info.status = 200;
  table.add(info, [&](Request<>& /*request*/) -> Outcome<OidcView> { return OidcView{services.oidc != nullptr}; });
  table.add(route("/start", "startOidc", "Sends a browser to the identity provider; returnTo is a path of the app."),
            [&](Request<>& r) { return start(r, services); });
  table.add(route("/callback", "finishOidc", "Where the identity provider sends the browser back."),
            [&](Request<>& r) { return callback(r, services); });
}

}  // namespace parley::api::identity
