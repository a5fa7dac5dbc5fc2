#include "edge/identity/views.h"
#include "product/identity/accounts.h"
#include "product/identity/second_factor.h"
#include "product/identity/sessions.h"

namespace parley::api::identity {
namespace {

using product::SessionId;
using product::Tx;

struct DeviceView : rules::SessionView {
  bool is_current = false;
};
BOOST_DESCRIBE_STRUCT(DeviceView, (rules::SessionView), (is_current))
struct DeviceList {
  std::vector<DeviceView> items;
};
BOOST_DESCRIBE_STRUCT(DeviceList, (), (items))

struct PasswordProof {
  std::optional<Redacted<json::Text<1, 256>>> password;  ///< Of users who have one.
};
BOOST_DESCRIBE_STRUCT(PasswordProof, (), (password))
struct CodeBody {
  std::optional<Redacted<json::Text<1, 40>>> code;
};
BOOST_DESCRIBE_STRUCT(CodeBody, (), (code))
struct DisableBody {
  std::optional<Redacted<json::Text<1, 256>>> password;
  std::optional<Redacted<json::Text<1, 40>>> code;
};
BOOST_DESCRIBE_STRUCT(DisableBody, (), (password, code))

struct TotpSetupView {
  Redacted<std::string> secret;  ///< Base32, to be typed.
  Redacted<std::string> url;     ///< To be shown as a QR code.
};
BOOST_DESCRIBE_STRUCT(TotpSetupView, (), (secret, url))
struct RecoveryCodesView {
  std::vector<std::string> recovery_codes;  ///< Shown once.
};
BOOST_DESCRIBE_STRUCT(RecoveryCodesView, (), (recovery_codes))
struct SecondFactorView {
  bool is_on = false;
  int64_t recovery_codes_left = 0;
};
BOOST_DESCRIBE_STRUCT(SecondFactorView, (), (is_on, recovery_codes_left))

template <size_t Max>
std::string text_of(const std::optional<Redacted<json::Text<1, Max>>>& text) {
  return text ? text->reveal().text() : std::string();
}

Outcome<DeviceList> list_sessions(Request<>& request) {
  return request.store.read(request.deadline, [&](Tx& tx) -> Outcome<DeviceList> {
    DeviceList list;
    for (rules::SessionView& session : rules::list_sessions(tx, request.caller.user, request.now.wall)) {
      DeviceView& view = list.items.emplace_back();
      static_cast<rules::SessionView&>(view) = std::move(session);
      view.is_current = view.id == request.caller.session;
    }
    return list;
  });
}

Outcome<NoContent> revoke_session(Request<>& request) {
  const auto done = request.store.write(request.deadline, [&](Tx& tx) {
    return rules::end_session(tx, request.caller.user, request.id<SessionId>("session_id"), rules::SessionEnd::kRevoked,
                              request.now.wall);
  });
  if (!done) return std::unexpected(done.error());
  return NoContent{};
}

/// Counts a try of a password or a code against the user.
Outcome<void> spend_try(Context& context) {
  return context.spend(Bucket::kLogin, "password:" + context.caller.user.text());
}

Outcome<void> confirm(Context& context, IdentityServices& services, const std::string& password) {
  if (auto may = spend_try(context); !may) return may;
  rules::Kit kit = kit_of(context, services);
  const auto user = rules::confirm_password(kit, context.caller.user, Redacted(password), moment_of(context));
  if (!user) return std::unexpected(user.error());
  return {};
}

Outcome<SecondFactorView> get_second_factor(Request<>& request) {
  return request.store.read(request.deadline, [&](Tx& tx) -> Outcome<SecondFactorView> {
    const auto user = rules::get_user(tx, request.caller.user);
    if (!user) return std::unexpected(user.error());
    return SecondFactorView{user->has_second_factor(), rules::count_recovery_codes(tx, user->id)};
  });
}

Outcome<TotpSetupView> begin_totp(Request<PasswordProof>& request, IdentityServices& services) {
  if (auto may = confirm(request, services, text_of(request.body.password)); !may) return std::unexpected(may.error());
  return request.store.write(request.deadline, [&](Tx& tx) {
    return map(
        rules::begin_totp(tx, request.caller.user, services.options.name, request.now.wall, request.rng),
        [](const rules::TotpSetup& setup) { return TotpSetupView{Redacted(setup.secret), Redacted(setup.url)}; });
  });
}

template <class Rule>
Outcome<RecoveryCodesView> with_codes(Request<CodeBody>& request, Rule rule) {
  if (auto may = spend_try(request); !may) return std::unexpected(may.error());
  const std::string code = text_of(request.body.code);
  return request.store.write(request.deadline, [&](Tx& tx) {
    return map(rule(tx, request.caller.user, code, request.now.wall, request.rng),
               [](std::vector<std::string> codes) { return RecoveryCodesView{std::move(codes)}; });
  });
}

Outcome<NoContent> disable_totp(Request<DisableBody>& request, IdentityServices& services) {
  if (auto may = confirm(request, services, text_of(request.body.password)); !may) return std::unexpected(may.error());
  const std::string code = text_of(request.body.code);
  const auto done = request.store.write(
      request.deadline, [&](Tx& tx) { return rules::disable_totp(tx, request.caller.user, code, request.now.wall); });
  if (!done) return std::unexpected(done.error());
  return NoContent{};
}

RouteInfo route(Method method, std::string path, std::string id, std::string summary,
                std::vector<ProblemCode> problems = {}) {
  return {.method = method,
          .path = std::move(path),
          .id = std::move(id),
          .summary = std::move(summary),
          .tag = "security",
          .problems = std::move(problems),
          .secrecy = Secrecy::kSecret,
          .content_types = {}};
}

}  // namespace

void add_security_routes(RouteTable& table, IdentityServices& services) {
  using enum ProblemCode;
  table.add(route(Method::kGet, "/api/v1/users/me/sessions", "listSessions", "Where one is signed in."), list_sessions);
  table.add(
      route(Method::kDelete, "/api/v1/users/me/sessions/{session_id}", "revokeSession", "Ends one of one's sessions."),
      revoke_session);
  table.add(
      route(Method::kGet, "/api/v1/users/me/second-factor", "getSecondFactor", "Whether signing in needs a code."),
      get_second_factor);
  table.add(route(Method::kPost, "/api/v1/users/me/second-factor/begin", "beginSecondFactor",
                  "Makes a secret for an authenticator app.", {kWrongCredentials, kConflict}),
            [&](Request<PasswordProof>& r) { return begin_totp(r, services); });
  table.add(route(Method::kPost, "/api/v1/users/me/second-factor/confirm", "confirmSecondFactor",
                  "Switches the second factor on with a first code and gives the recovery codes.",
                  {kWrongSecondFactor, kConflict}),
            [](Request<CodeBody>& r) { return with_codes(r, rules::confirm_totp); });
  table.add(route(Method::kPost, "/api/v1/users/me/second-factor/recovery-codes", "renewRecoveryCodes",
                  "Makes new recovery codes; the old ones work no more.", {kWrongSecondFactor, kConflict}),
            [](Request<CodeBody>& r) { return with_codes(r, rules::renew_recovery_codes); });
  table.add(route(Method::kPost, "/api/v1/users/me/second-factor/disable", "disableSecondFactor",
                  "Switches the second factor off.", {kWrongCredentials, kSecondFactorRequired, kWrongSecondFactor}),
            [&](Request<DisableBody>& r) { return disable_totp(r, services); });
}

}  // namespace parley::api::identity
