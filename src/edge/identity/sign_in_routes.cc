#include "base/fold.h"
#include "edge/identity/views.h"
#include "product/identity/accounts.h"
#include "product/identity/profile.h"
#include "product/identity/second_factor.h"

namespace parley::api::identity {
namespace {

using PasswordText = Redacted<json::Text<1, 256>>;

struct RegisterBody {
  std::optional<json::Text<1, 64>> username;
  std::optional<json::Text<1, 254>> email;
  PasswordText password;
  std::optional<json::Text<1, 64>> display_name;
  std::optional<rules::Locale> locale;
  std::optional<json::Text<1, 64>> device_name;
  std::optional<TokenTransport> transport;
};
BOOST_DESCRIBE_STRUCT(RegisterBody, (), (username, email, password, display_name, locale, device_name, transport))

struct SignInBody {
  json::Text<1, 254> login;  ///< User name or e-mail address.
  PasswordText password;
  std::optional<json::Text<1, 64>> device_name;
  std::optional<TokenTransport> transport;
};
BOOST_DESCRIBE_STRUCT(SignInBody, (), (login, password, device_name, transport))

struct SecondFactorBody {
  Redacted<json::Text<1, 64>> ticket;
  Redacted<json::Text<1, 40>> code;  ///< Of the app, or a recovery code.
  std::optional<json::Text<1, 64>> device_name;
  std::optional<TokenTransport> transport;
};
BOOST_DESCRIBE_STRUCT(SecondFactorBody, (), (ticket, code, device_name, transport))

struct RefreshBody {
  std::optional<Redacted<json::Text<1, 64>>> refresh_token;  ///< Absent: the cookie's.
};
BOOST_DESCRIBE_STRUCT(RefreshBody, (), (refresh_token))

template <size_t Min, size_t Max>
std::optional<std::string> text_of(const std::optional<json::Text<Min, Max>>& text) {
  return text ? std::optional(text->text()) : std::nullopt;
}

rules::Device device_of(const Context& context, std::optional<std::string> name) {
  return {std::move(name).value_or(""), std::string(context.http.headers.get("User-Agent")), context.client_ip};
}

Reply<SignInView> reply_signed_in(const rules::SessionTokens& tokens, TokenTransport transport,
                                  const IdentityOptions& options) {
  Reply<TokensView> inner = reply_with(tokens, transport, options);
  Reply<SignInView> reply;
  reply.body.tokens = std::move(inner.body);
  reply.headers = std::move(inner.headers);
  return reply;
}

Outcome<Reply<SignInView>> register_account(Request<RegisterBody>& request, IdentityServices& services) {
  if (services.options.registration == Registration::kClosed)
    return product::refuse(ProblemCode::kForbidden, "this server's accounts are made by its operators");
  rules::Kit kit = kit_of(request, services);
  const rules::Moment moment = moment_of(request);
  const rules::NewAccount account{
      .username = text_of(request.body.username),
      .email = text_of(request.body.email),
      .password = Redacted(request.body.password.reveal().text()),
      .display_name = text_of(request.body.display_name).value_or(""),
      .locale = request.body.locale ? std::string(json::enum_name(*request.body.locale)) : ""};
  const auto user = rules::create_account(kit, account, rules::AdminRight::kNone, moment);
  if (!user) return std::unexpected(user.error());
  std::optional<rules::MailOrder> order;
  const auto tokens = request.store.write(request.deadline, [&](product::Tx& tx) -> Outcome<rules::SessionTokens> {
    auto ordered = rules::order_verification(tx, user->id, moment.now, request.rng);
    if (!ordered) return std::unexpected(ordered.error());
    order = std::move(*ordered);
    return rules::start_session(tx, user->id, device_of(request, text_of(request.body.device_name)), moment.now,
                                request.rng);
  });
  if (!tokens) return std::unexpected(tokens.error());
  send_ordered(request, services, order);
  return reply_signed_in(*tokens, request.body.transport.value_or(TokenTransport::kBearer), services.options);
}

Outcome<Reply<SignInView>> sign_in(Request<SignInBody>& request, IdentityServices& services) {
  const std::string& login = request.body.login.text();
  if (auto may = request.spend(Bucket::kLogin, fold(login)); !may) return std::unexpected(may.error());
  rules::Kit kit = kit_of(request, services);
  const rules::SignInAttempt attempt{.login = login,
                                     .password = Redacted(request.body.password.reveal().text()),
                                     .device = device_of(request, text_of(request.body.device_name))};
  const auto result = rules::sign_in(kit, attempt, moment_of(request));
  if (!result) return std::unexpected(result.error());
  if (result->tokens)
    return reply_signed_in(*result->tokens, request.body.transport.value_or(TokenTransport::kBearer), services.options);
  Reply<SignInView> reply;
  reply.body.status = SignInStatus::kSecondFactorRequired;
  reply.body.ticket = result->ticket;
  reply.body.ticket_expires_at = result->ticket_expires_at;
  return reply;
}

Outcome<Reply<SignInView>> second_factor(Request<SecondFactorBody>& request, IdentityServices& services) {
  rules::Kit kit = kit_of(request, services);
  const rules::SecondStep step{.ticket = request.body.ticket.reveal().text(),
                               .code = request.body.code.reveal().text(),
                               .device = device_of(request, text_of(request.body.device_name))};
  const auto tokens = rules::finish_with_second_factor(kit, step, moment_of(request));
  if (!tokens) return std::unexpected(tokens.error());
  return reply_signed_in(*tokens, request.body.transport.value_or(TokenTransport::kBearer), services.options);
}

Outcome<Reply<TokensView>> refresh(Request<RefreshBody>& request, IdentityServices& services) {
  const bool is_given = request.body.refresh_token.has_value();
  const std::string token = is_given ? request.body.refresh_token->reveal().text()
                                     : std::string(request.cookie(services.options.refresh_cookie));
  if (token.empty()) return product::refuse(ProblemCode::kUnauthenticated);
  rules::Kit kit = kit_of(request, services);
  const auto tokens = rules::refresh_session(kit, token, device_of(request, std::nullopt), moment_of(request));
  if (!tokens) return std::unexpected(tokens.error());
  return reply_with(*tokens, is_given ? TokenTransport::kBearer : TokenTransport::kCookie, services.options);
}

/// Works with either token, and always makes the browser forget both.
Outcome<Reply<NoContent>> sign_out(Request<>& request, IdentityServices& services) {
  const std::string cookie(request.cookie(services.options.refresh_cookie));
  const auto done = request.store.write(request.deadline, [&](product::Tx& tx) -> Outcome<void> {
    const WallTime now = request.now.wall;
    if (!request.caller.session.is_empty()) {
      (void)rules::end_session(tx, request.caller.user, request.caller.session, rules::SessionEnd::kSignedOut, now);
    } else if (!cookie.empty()) {
      rules::end_session_of_refresh(tx, cookie, now);
    }
    return {};
  });
  if (!done) return std::unexpected(done.error());
  Reply<NoContent> reply;
  clear_cookies(reply.headers, services.options);
  return reply;
}

Outcome<Reply<NoContent>> sign_out_everywhere(Request<>& request, IdentityServices& services) {
  const auto done = request.store.write(request.deadline, [&](product::Tx& tx) -> Outcome<void> {
    rules::end_sessions(tx, request.caller.user, {}, rules::SessionEnd::kSignedOut, request.now.wall);
    return {};
  });
  if (!done) return std::unexpected(done.error());
  Reply<NoContent> reply;
  clear_cookies(reply.headers, services.options);
  return reply;
}

RouteInfo post(std::string path, std::string id, std::string summary, std::vector<ProblemCode> problems) {
  return {.method = Method::kPost,
          .path = std::move(path),
          .id = std::move(id),
          .summary = std::move(summary),
          .tag = "sign-in",
          .access = Access::kAnyone,
          .bucket = Bucket::kAnonymous,
          .problems = std::move(problems),
          .secrecy = Secrecy::kSecret,
          .content_types = {}};
}

}  // namespace

void add_sign_in_routes(RouteTable& table, IdentityServices& services) {
  using enum ProblemCode;
  RouteInfo info = post("/api/v1/auth/register", "register", "Makes an account and signs in to it.",
                        {kForbidden, kPasswordTooWeak, kUsernameTaken, kEmailTaken});
  info.status = 201;
  table.add(info, [&](Request<RegisterBody>& r) { return register_account(r, services); });
  table.add(post("/api/v1/auth/sign-in", "signIn",
                 "Signs in with a user name or an e-mail address; may answer that a second factor must follow.",
                 {kWrongCredentials, kAccountDisabled}),
            [&](Request<SignInBody>& r) { return sign_in(r, services); });
  table.add(post("/api/v1/auth/second-factor", "finishSignIn", "Ends a sign-in with a code.",
                 {kTokenInvalid, kTokenExpired, kWrongSecondFactor, kAccountDisabled}),
            [&](Request<SecondFactorBody>& r) { return second_factor(r, services); });
  info = post("/api/v1/auth/refresh", "refreshTokens", "Exchanges the refresh token for the next pair of tokens.",
              {kUnauthenticated, kTokenInvalid, kTokenExpired, kSessionRevoked, kAccountDisabled});
  // Every client behind one address refreshes four times an hour: that is no guessing.
  info.bucket = Bucket::kReads;
  table.add(info, [&](Request<RefreshBody>& r) { return refresh(r, services); });
  info = post("/api/v1/auth/sign-out", "signOut", "Ends this session.", {});
  info.bucket = Bucket::kDefault;
  table.add(info, [&](Request<>& r) { return sign_out(r, services); });
  info = post("/api/v1/auth/sign-out-everywhere", "signOutEverywhere", "Ends all sessions of the user.", {});
  info.access = Access::kUser;
  info.bucket = Bucket::kDefault;
  table.add(info, [&](Request<>& r) { return sign_out_everywhere(r, services); });
}

}  // namespace parley::api::identity
