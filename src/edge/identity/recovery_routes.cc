#include "base/fold.h"
#include "edge/identity/views.h"
#include "product/identity/accounts.h"
#include "product/identity/mail_tokens.h"
#include "product/identity/profile.h"

namespace parley::api::identity {
namespace {

using PasswordText = Redacted<json::Text<1, 256>>;

struct EmailBody {
  json::Text<3, 254> email;
};
BOOST_DESCRIBE_STRUCT(EmailBody, (), (email))
struct ResetBody {
  Redacted<json::Text<1, 64>> token;
  PasswordText new_password;
};
BOOST_DESCRIBE_STRUCT(ResetBody, (), (token, new_password))
struct TokenBody {
  Redacted<json::Text<1, 64>> token;
};
BOOST_DESCRIBE_STRUCT(TokenBody, (), (token))
struct PasswordBody {
  PasswordText old_password;
  PasswordText new_password;
};
BOOST_DESCRIBE_STRUCT(PasswordBody, (), (old_password, new_password))
struct NewEmailBody {
  json::Text<3, 254> email;
  std::optional<PasswordText> password;  ///< Of users who have one.
};
BOOST_DESCRIBE_STRUCT(NewEmailBody, (), (email, password))
struct NewNameBody {
  json::Text<1, 64> username;
  std::optional<PasswordText> password;
};
BOOST_DESCRIBE_STRUCT(NewNameBody, (), (username, password))

Redacted<std::string> secret_of(const PasswordText& text) { return Redacted(text.reveal().text()); }
Redacted<std::string> secret_of(const std::optional<PasswordText>& text) {
  return text ? secret_of(*text) : Redacted<std::string>();
}

/// Says the same whoever asks for whomever.
Outcome<NoContent> request_reset(Request<EmailBody>& request, IdentityServices& services) {
  const std::string& email = request.body.email.text();
  if (auto may = request.spend(Bucket::kLogin, "reset:" + fold(email)); !may) return std::unexpected(may.error());
  const auto order = request.store.write(request.deadline, [&](product::Tx& tx) {
    return rules::order_password_reset(tx, email, request.now.wall, request.rng);
  });
  if (!order) return std::unexpected(order.error());
  send_ordered(request, services, *order);
  return NoContent{};
}

Outcome<NoContent> reset_password(Request<ResetBody>& request, IdentityServices& services) {
  rules::Kit kit = kit_of(request, services);
  const auto done = rules::reset_password(
      kit, {request.body.token.reveal().text(), secret_of(request.body.new_password)}, moment_of(request));
  if (!done) return std::unexpected(done.error());
  return NoContent{};
}

Outcome<NoContent> verify_email(Request<TokenBody>& request) {
  const auto done = request.store.write(request.deadline, [&](product::Tx& tx) {
    return rules::verify_email(tx, request.body.token.reveal().text(), request.now.wall);
  });
  if (!done) return std::unexpected(done.error());
  return NoContent{};
}

Outcome<NoContent> send_verification(Request<>& request, IdentityServices& services) {
  if (auto may = request.spend(Bucket::kLogin, "verify:" + request.caller.user.text()); !may)
    return std::unexpected(may.error());
  const auto order = request.store.write(request.deadline, [&](product::Tx& tx) {
    return rules::order_verification(tx, request.caller.user, request.now.wall, request.rng);
  });
  if (!order) return std::unexpected(order.error());
  send_ordered(request, services, *order);
  return NoContent{};
}

Outcome<NoContent> change_password(Request<PasswordBody>& request, IdentityServices& services) {
  if (auto may = request.spend(Bucket::kLogin, "password:" + request.caller.user.text()); !may)
    return std::unexpected(may.error());
  rules::Kit kit = kit_of(request, services);
  const auto done = rules::change_password(kit,
                                           {.user = request.caller.user,
                                            .session = request.caller.session,
                                            .old_password = secret_of(request.body.old_password),
                                            .new_password = secret_of(request.body.new_password)},
                                           moment_of(request));
  if (!done) return std::unexpected(done.error());
  return NoContent{};
}

/// What a stolen access token alone must not do.
template <class Body>
Outcome<void> confirm(Request<Body>& request, IdentityServices& services) {
  if (auto may = request.spend(Bucket::kLogin, "password:" + request.caller.user.text()); !may) return may;
  rules::Kit kit = kit_of(request, services);
  const auto user =
      rules::confirm_password(kit, request.caller.user, secret_of(request.body.password), moment_of(request));
  if (!user) return std::unexpected(user.error());
  return {};
}

Outcome<OwnUser> change_email(Request<NewEmailBody>& request, IdentityServices& services) {
  if (auto may = confirm(request, services); !may) return std::unexpected(may.error());
  std::optional<rules::MailOrder> order;
  auto user = request.store.write(request.deadline, [&](product::Tx& tx) -> Outcome<OwnUser> {
    auto done = rules::change_email(tx, request.caller.user, request.body.email, request.now.wall);
    if (!done) return std::unexpected(done.error());
    auto ordered = rules::order_verification(tx, request.caller.user, request.now.wall, request.rng);
    if (!ordered) return std::unexpected(ordered.error());
    order = std::move(*ordered);
    return map(rules::get_user(tx, request.caller.user), make_own);
  });
  if (user) send_ordered(request, services, order);
  return user;
}

Outcome<OwnUser> change_username(Request<NewNameBody>& request, IdentityServices& services) {
  if (auto may = confirm(request, services); !may) return std::unexpected(may.error());
  return request.store.write(request.deadline, [&](product::Tx& tx) {
    return map(rules::change_username(tx, request.caller.user, request.body.username, request.now.wall), make_own);
  });
}

RouteInfo route(Method method, std::string path, std::string id, std::string summary,
                std::vector<ProblemCode> problems) {
  return {.method = method,
          .path = std::move(path),
          .id = std::move(id),
          .summary = std::move(summary),
          .tag = "account",
          .problems = std::move(problems),
          .secrecy = Secrecy::kSecret,
          .content_types = {}};
}

}  // namespace

void add_recovery_routes(RouteTable& table, IdentityServices& services) {
  using enum ProblemCode;
  RouteInfo info = route(Method::kPost, "/api/v1/auth/password/request-reset", "requestPasswordReset",
                         "Mails a link for a new password, if there is such an account.", {});
  info.access = Access::kAnyone;
  info.bucket = Bucket::kAnonymous;
  table.add(info, [&](Request<EmailBody>& r) { return request_reset(r, services); });
  info = route(Method::kPost, "/api/v1/auth/password/reset", "resetPassword",
               "Sets a new password with the mailed token and ends all sessions.",
               {kTokenInvalid, kTokenExpired, kPasswordTooWeak, kAccountDisabled});
  info.access = Access::kAnyone;
  info.bucket = Bucket::kAnonymous;
  table.add(info, [&](Request<ResetBody>& r) { return reset_password(r, services); });
  info = route(Method::kPost, "/api/v1/auth/email/verify", "verifyEmail", "Confirms an address with the mailed token.",
               {kTokenInvalid, kTokenExpired, kAccountDisabled});
  info.access = Access::kAnyone;
  info.bucket = Bucket::kAnonymous;
  table.add(info, [&](Request<TokenBody>& r) { return verify_email(r); });
  table.add(route(Method::kPost, "/api/v1/users/me/email/send-verification", "sendVerification",
                  "Mails the link once more.", {}),
            [&](Request<>& r) { return send_verification(r, services); });
  table.add(
      route(Method::kPut, "/api/v1/users/me/password", "changePassword",
            "Changes the password and ends all other sessions.", {kWrongCredentials, kPasswordTooWeak, kConflict}),
      [&](Request<PasswordBody>& r) { return change_password(r, services); });
  table.add(route(Method::kPut, "/api/v1/users/me/email", "changeEmail",
                  "Changes the e-mail address, which must then be confirmed.", {kWrongCredentials, kEmailTaken}),
            [&](Request<NewEmailBody>& r) { return change_email(r, services); });
  table.add(route(Method::kPut, "/api/v1/users/me/username", "changeUsername", "Changes the user name.",
                  {kWrongCredentials, kUsernameTaken}),
            [&](Request<NewNameBody>& r) { return change_username(r, services); });
}

}  // namespace parley::api::identity
