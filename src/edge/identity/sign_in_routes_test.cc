#include "base/test_log.h"
#include "edge/identity/test_identity_api.h"
#include "product/identity/sessions.h"

namespace parley::api::identity {
namespace {

class SignInRoutes : public IdentityApi {
 protected:
  TestAnswer refresh(const std::string& token) {
    return post("/api/v1/auth/refresh", R"({"refreshToken":")" + token + "\"}", "");
  }
  TestAnswer me(const Client& client) { return call("GET /api/v1/users/me", client.header()); }
  TestAnswer cookie_sign_in(const std::string& headers = "Origin: https://app.example.com\r\n") {
    return post("/api/v1/auth/sign-in",
                std::string(R"({"login":"selin","password":")") + kPassword + R"(","transport":"cookie"})", headers);
  }
};
PARLEY_ON_BOTH_DATABASES(SignInRoutes);

TEST_P(SignInRoutes, RegisteringSignsInAndSignsOutAgain) {
  const Client selin = join("Selin");
  const TestAnswer answer = me(selin);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(text(answer.json(), "username"), "Selin");
  EXPECT_EQ(post("/api/v1/auth/sign-out", "", selin.header()).status, 204);
  EXPECT_EQ(me(selin).code(), "session_revoked");
  EXPECT_EQ(refresh(selin.refresh).code(), "session_revoked");
}

TEST_P(SignInRoutes, SignInAnswersTheSameForUnknownNamesAndWrongPasswords) {
  join("selin");
  const TestAnswer wrong = sign_in("selin", "yanlış parola");
  const TestAnswer unknown = sign_in("kimse", "yanlış parola");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.code(), "wrong_credentials");
  EXPECT_EQ(unknown.code(), "wrong_credentials");
  auto first = wrong.json().as_object();
  auto second = unknown.json().as_object();
  first.erase("requestId");
  second.erase("requestId");
  EXPECT_EQ(first, second);
}

TEST_P(SignInRoutes, GuessingIsCountedByAddressAndAccountWhateverItsSpelling) {
  join("selin");
  join("mert");
  const std::vector<std::string> spellings{"selin", "SELİN", "selın", "Selin"};
  for (size_t i = 0; i < 10; ++i) EXPECT_EQ(sign_in(spellings[i % 4], "yanlış parola").code(), "wrong_credentials");
  const TestAnswer refused = sign_in("selin");
  EXPECT_EQ(refused.status, 429);
  EXPECT_FALSE(refused.header("Retry-After").empty());
  EXPECT_EQ(sign_in("mert").status, 200);
  advance(TimeDelta::seconds(91));
  EXPECT_EQ(sign_in("selin").status, 200);
}

TEST_P(SignInRoutes, NobodyMakesHimselfAnAdministrator) {
  for (const char* extra : {R"("isAdmin":true)", R"("is_admin":1)", R"("externalId":"x")", R"("id":"x")"}) {
    const TestAnswer answer =
        post("/api/v1/auth/register",
             std::string(R"({"username":"selin","password":")") + kPassword + "\"," + extra + "}", "");
    EXPECT_EQ(answer.code(), "invalid_request") << extra;
  }
  const Client selin = join("selin");
  EXPECT_EQ(call("PATCH /api/v1/users/me", selin.header() + kJson, R"({"isAdmin":true})").code(), "invalid_request");
  EXPECT_FALSE(me(selin).json().at("isAdmin").as_bool());
  EXPECT_EQ(call("GET /api/v1/admin/users", selin.header()).code(), "forbidden");
}

TEST_P(SignInRoutes, RefreshingRotatesAndReuseEndsTheSession) {
  const Client first = join("selin");
  const Client second = client_of(refresh(first.refresh));
  EXPECT_EQ(second.session, first.session);
  advance(TimeDelta::seconds(60));
  const TestAnswer reuse = refresh(first.refresh);
  EXPECT_EQ(reuse.code(), "session_revoked");
  EXPECT_EQ(text(reuse.json(), "detail"), "token_reused");
  EXPECT_EQ(me(second).code(), "session_revoked");
}

TEST_P(SignInRoutes, ExpiredForgedAndAlteredTokensAreTold) {
  const Client selin = join("selin");
  advance(rules::kAccessLife);
  EXPECT_EQ(me(selin).code(), "token_expired");
  EXPECT_EQ(call("GET /api/v1/users/me", bearer(selin.refresh)).code(), "token_invalid");
  EXPECT_EQ(call("GET /api/v1/users/me", bearer("pa_forged")).code(), "token_invalid");
  EXPECT_EQ(call("GET /api/v1/users/me", bearer("eyJhbGciOiJub25lIn0.e30.")).code(), "token_invalid");
  EXPECT_EQ(refresh("pr_forged").code(), "token_invalid");
  EXPECT_EQ(client_of(refresh(selin.refresh)).id, selin.id);
}

TEST_P(SignInRoutes, CookiesKeepTheirTokensFromScripts) {
  join("selin");
  const TestAnswer answer = cookie_sign_in();
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_FALSE(answer.body.contains("pa_"));
  EXPECT_FALSE(answer.body.contains("pr_"));
  const std::string session = cookie_line(answer, "parley_session");
  EXPECT_TRUE(session.ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax")) << session;
  const std::string renewal = cookie_line(answer, "parley_refresh");
  EXPECT_TRUE(renewal.ends_with("; Path=/api/v1/auth; Max-Age=2592000; HttpOnly; SameSite=Strict")) << renewal;
}

TEST_P(SignInRoutes, CookiesSignInRefreshAndAreForgotten) {
  join("selin");
  const std::string origin = "Origin: https://app.example.com\r\n";
  const TestAnswer signed_in = cookie_sign_in();
  const std::string session = cookie_pair(signed_in, "parley_session");
  const std::string renewal = cookie_pair(signed_in, "parley_refresh");
  EXPECT_EQ(call("GET /api/v1/users/me", "Cookie: " + session + "\r\n").status, 200);
  const TestAnswer refreshed =
      post("/api/v1/auth/refresh", "{}", origin + "Cookie: " + session + "; " + renewal + "\r\n");
  ASSERT_EQ(refreshed.status, 200) << refreshed.body;
  EXPECT_NE(cookie_pair(refreshed, "parley_refresh"), renewal);
  const std::string now = cookie_pair(refreshed, "parley_session");
  const TestAnswer out = post("/api/v1/auth/sign-out", "", origin + "Cookie: " + now + "\r\n");
  EXPECT_EQ(out.status, 204);
  EXPECT_TRUE(cookie_line(out, "parley_session").starts_with("parley_session=; Path=/; Max-Age=0;"));
  EXPECT_EQ(call("GET /api/v1/users/me", "Cookie: " + now + "\r\n").code(), "session_revoked");
}

TEST_P(SignInRoutes, AnExpiredCookieStillSignsOut) {
  join("selin");
  const TestAnswer signed_in = cookie_sign_in();
  const std::string cookies =
      "Cookie: " + cookie_pair(signed_in, "parley_session") + "; " + cookie_pair(signed_in, "parley_refresh") + "\r\n";
  advance(rules::kAccessLife);
  const std::string origin = "Origin: https://app.example.com\r\n";
  EXPECT_EQ(post("/api/v1/auth/sign-out", "", origin + cookies).status, 204);
  EXPECT_EQ(post("/api/v1/auth/refresh", "{}", origin + cookies).code(), "session_revoked");
}

TEST_P(SignInRoutes, OtherSitesCannotActWithACookie) {
  join("selin");
  const std::string cookie = "Cookie: " + cookie_pair(cookie_sign_in(), "parley_session") + "\r\n";
  const std::string change = R"({"displayName":"Hacked"})";
  for (const std::string& origin :
       {std::string("Origin: https://evil.example\r\n"), std::string("Origin: null\r\n"), std::string()})
    EXPECT_EQ(call("PATCH /api/v1/users/me", cookie + origin + kJson, change).code(), "origin_not_allowed") << origin;
  EXPECT_EQ(cookie_sign_in("Origin: https://evil.example\r\n").code(), "origin_not_allowed");
  EXPECT_EQ(call("PATCH /api/v1/users/me", cookie + "Origin: https://app.example.com\r\n" + kJson, change).status, 200);
}

TEST_P(SignInRoutes, DevicesAreListedAndOnlyOnesOwnAreRevocable) {
  const Client here = join("selin");
  const Client there = client_of(sign_in("selin", kPassword, R"(,"deviceName":"Telefon")"));
  const Client mert = join("mert");
  const auto list = call("GET /api/v1/users/me/sessions", here.header()).json().at("items").as_array();
  ASSERT_EQ(list.size(), 2u);
  int current = 0;
  for (const auto& item : list) {
    current += item.at("isCurrent").as_bool() && text(item, "id") == here.session;
    EXPECT_EQ(text(item, "ip"), "127.0.0.1");
  }
  EXPECT_EQ(current, 1);
  EXPECT_EQ(call("DELETE /api/v1/users/me/sessions/" + there.session, mert.header()).code(), "not_found");
  EXPECT_EQ(me(there).status, 200);
  EXPECT_EQ(call("DELETE /api/v1/users/me/sessions/" + there.session, here.header()).status, 204);
  EXPECT_EQ(me(there).code(), "session_revoked");
  EXPECT_EQ(me(here).status, 200);
}

TEST_P(SignInRoutes, SigningOutEverywhereEndsAllSessions) {
  const Client here = join("selin");
  const Client there = client_of(sign_in("selin"));
  EXPECT_EQ(post("/api/v1/auth/sign-out-everywhere", "", here.header()).status, 204);
  EXPECT_EQ(me(here).code(), "session_revoked");
  EXPECT_EQ(me(there).code(), "session_revoked");
}

TEST_P(SignInRoutes, AClosedServerRegistersNobody) {
  services_.options.registration = Registration::kClosed;
  EXPECT_EQ(
      post("/api/v1/auth/register", std::string(R"({"username":"selin","password":")") + kPassword + "\"}", "").code(),
      "forbidden");
}

TEST_P(SignInRoutes, TOK7_SecretsAreInNoLog) {
  LogCapture log(log::Level::kDebug);
  const Client selin = join("selin", "selin@example.com");
  sign_in("selin", "yanlış parola");
  refresh(selin.refresh);
  me(selin);
  call("GET /api/v1/users/me", bearer("pa_forged"));
  log.end();
  const std::string logged = log.text();
  for (const std::string& secret : {std::string(kPassword), std::string("yanlış parola"), selin.access, selin.refresh,
                                    std::string("pa_forged"), std::string("selin@example.com"), mail_.last_token()})
    EXPECT_FALSE(logged.contains(secret)) << logged;
}

class SecureIdentityApi : public SignInRoutes {
 protected:
  void SetUp() override { start_identity({.allowed_origins = {"https://app.example.com"}, .is_https = true}); }
};
PARLEY_ON_BOTH_DATABASES(SecureIdentityApi);

TEST_P(SecureIdentityApi, CookiesTravelOnlyEncrypted) {
  join("selin");
  const TestAnswer answer = cookie_sign_in();
  EXPECT_TRUE(cookie_line(answer, "parley_session").ends_with("; Secure"));
  EXPECT_TRUE(cookie_line(answer, "parley_refresh").ends_with("; Secure"));
}

}  // namespace
}  // namespace parley::api::identity
