#include <boost/json.hpp>

#include "edge/identity/test_identity_api.h"
#include "net/url.h"
#include "product/identity/secrets.h"
#include "product/identity/test_jws.h"

namespace parley::api::identity {
namespace {

using rules::TestSigner;

/// An identity provider on loopback. Fields are set before a request, and read by the server's thread.
class TestProvider {
 public:
  TestProvider() {
    const auto started = server_.start();
    EXPECT_TRUE(started);
  }
  std::string issuer() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

  struct Behaviour {
    std::string issuer;  ///< Empty: its own.
    std::string audience = "parley";
    std::string nonce;
    std::string challenge;
    std::shared_ptr<const TestSigner> signer;
    std::shared_ptr<const TestSigner> published;
  };
  Guarded<Behaviour> behaviour;
  /// Of the last exchange.
  Guarded<std::map<std::string, std::string>> form;
  Guarded<std::string> authorization;

 private:
  void answer(net::HttpExchange& exchange) {
    const net::HttpRequest& request = exchange.request();
    const Behaviour now = behaviour.with([](const Behaviour& b) { return b; });
    const std::string own = "http://" + std::string(request.headers.get("Host"));
    const std::string issuer = now.issuer.empty() ? own : now.issuer;
    if (request.path == "/.well-known/openid-configuration") {
      exchange.respond(net::make_json_response(200, R"({"issuer":")" + issuer + R"(","authorization_endpoint":")" +
                                                        own + R"(/auth?tenant=1","token_endpoint":")" + own +
                                                        R"(/token","jwks_uri":")" + own + "/jwks\"}"));
    } else if (request.path == "/jwks") {
      exchange.respond(net::make_json_response(200, now.published->jwks()));
    } else {
      const auto given = net::parse_query(request.body);
      form.with([&](auto& kept) { kept = given; });
      authorization.with([&](std::string& kept) { kept = request.headers.get("Authorization"); });
      const auto verifier = given.find("code_verifier");
      const auto code = given.find("code");
      const bool is_right = code != given.end() && code->second == "good" && verifier != given.end() &&
                            rules::hash_secret(verifier->second) == now.challenge;
      if (!is_right) return exchange.respond(net::make_json_response(400, R"({"error":"invalid_grant"})"));
      const std::string payload = R"({"iss":")" + own + R"(","sub":"s1","aud":")" + now.audience + R"(","nonce":")" +
                                  now.nonce + R"(","exp":1800002000,"iat":1800001000,"name":"Selin",)" +
                                  R"("email":"selin@example.com","email_verified":true})";
      exchange.respond(net::make_json_response(
          200, R"({"token_type":"Bearer","access_token":"x","id_token":")" + now.signer->sign(payload) + "\"}"));
    }
  }

  net::HttpServer server_{net::HttpServerOptions{.bind_addresses = {"127.0.0.1"}},
                          [this](std::shared_ptr<net::HttpExchange> exchange) { answer(*exchange); }};
};

class OidcRoutes : public IdentityApi {
 protected:
  void SetUp() override {
    signer_ = std::make_shared<TestSigner>(TestSigner::Kind::kEc, "k1");
    provider_.behaviour.with([&](auto& b) { b.signer = b.published = signer_; });
    client_ = std::make_unique<OidcClient>(
        OidcOptions{.issuer = provider_.issuer(), .client_id = "parley", .client_secret = Redacted(std::string("s:e"))},
        http_);
    services_.oidc = client_.get();
    IdentityApi::SetUp();
  }

  struct Departure {
    std::string url;
    std::map<std::string, std::string> query;
    std::string cookie;  ///< A header line.
  };
  Departure depart(const std::string& query = "?returnTo=%2Frooms%2F1") {
    const TestAnswer answer = call("GET /api/v1/auth/oidc/start" + query);
    EXPECT_EQ(answer.status, 303) << answer.body;
    Departure out{answer.header("Location"), {}, "Cookie: " + cookie_pair(answer, "parley_oidc") + "\r\n"};
    out.query = net::parse_query(out.url.substr(out.url.find('?') + 1));
    provider_.behaviour.with([&](auto& b) {
      b.nonce = out.query["nonce"];
      b.challenge = out.query["code_challenge"];
    });
    return out;
  }
  TestAnswer come_back(const Departure& departure, const std::string& more = "&code=good") {
    return call("GET /api/v1/auth/oidc/callback?state=" + departure.query.at("state") + more, departure.cookie);
  }
  static std::string failed(const std::string& code) { return "https://chat.example.com/sign-in#problem=" + code; }

  TestProvider provider_;
  net::HttpClient http_;
  std::shared_ptr<const TestSigner> signer_;
  std::unique_ptr<OidcClient> client_;
};
PARLEY_ON_BOTH_DATABASES(OidcRoutes);

TEST_P(OidcRoutes, ALoginGoesToTheProviderAndComesBackSignedIn) {
  const Departure departure = depart();
  EXPECT_TRUE(departure.url.starts_with(provider_.issuer() + "/auth?tenant=1&response_type=code&client_id=parley&"))
      << departure.url;
  EXPECT_EQ(departure.query.at("redirect_uri"), "https://chat.example.com/api/v1/auth/oidc/callback");
  EXPECT_EQ(departure.query.at("scope"), "openid profile email");
  EXPECT_EQ(departure.query.at("code_challenge_method"), "S256");
  const TestAnswer back = come_back(departure);
  EXPECT_EQ(back.status, 303);
  EXPECT_EQ(back.header("Location"), "https://chat.example.com/rooms/1");
  const std::string cookie = "Cookie: " + cookie_pair(back, "parley_session") + "\r\n";
  const TestAnswer me = call("GET /api/v1/users/me", cookie);
  EXPECT_EQ(text(me.json(), "displayName"), "Selin");
  EXPECT_EQ(text(me.json(), "email"), "selin@example.com");
  EXPECT_TRUE(cookie_line(back, "parley_oidc").contains("Max-Age=0"));
}

TEST_P(OidcRoutes, TheCodeIsExchangedByTheClientItself) {
  come_back(depart());
  EXPECT_EQ(provider_.authorization.with([](const std::string& text) { return text; }),
            "Basic " + base64_encode(as_bytes("parley:s%3Ae")));
  EXPECT_EQ(provider_.form.with([](auto& form) { return form["redirect_uri"]; }),
            "https://chat.example.com/api/v1/auth/oidc/callback");
}

TEST_P(OidcRoutes, AnotherBrowsersStateIsRefused) {
  const Departure mine = depart();
  Departure theirs = depart();
  theirs.cookie = mine.cookie;
  EXPECT_EQ(come_back(theirs).header("Location"), failed("token_invalid"));
  theirs.cookie = "";
  EXPECT_EQ(come_back(theirs).header("Location"), failed("token_invalid"));
}

TEST_P(OidcRoutes, AStateIsGoodForOneReturn) {
  const Departure departure = depart();
  come_back(departure);
  EXPECT_EQ(come_back(departure).header("Location"), failed("token_invalid"));
}

TEST_P(OidcRoutes, WhatTheProviderRefusesEndsAtTheSignInPage) {
  EXPECT_EQ(come_back(depart(), "&error=access_denied&error_description=x").header("Location"), failed("forbidden"));
  EXPECT_EQ(come_back(depart(), "&code=bad").header("Location"), failed("token_invalid"));
  EXPECT_EQ(come_back(depart(), "&code=good&iss=https%3A%2F%2Fevil.example").header("Location"),
            failed("token_invalid"));
}

TEST_P(OidcRoutes, ATokenForAnotherClientALoginOrOfAnotherKeyIsRefused) {
  Departure departure = depart();
  provider_.behaviour.with([](auto& b) { b.audience = "other"; });
  EXPECT_EQ(come_back(departure).header("Location"), failed("token_invalid"));
  departure = depart();
  provider_.behaviour.with([](auto& b) {
    b.audience = "parley";
    b.nonce = "another";
  });
  EXPECT_EQ(come_back(departure).header("Location"), failed("token_invalid"));
  departure = depart();
  provider_.behaviour.with([](auto& b) { b.signer = std::make_shared<TestSigner>(TestSigner::Kind::kEc, "k1"); });
  EXPECT_EQ(come_back(departure).header("Location"), failed("token_invalid"));
}

TEST_P(OidcRoutes, AProviderThatCallsItselfOtherwiseIsNotUsed) {
  provider_.behaviour.with([](auto& b) { b.issuer = "https://other.example"; });
  EXPECT_EQ(call("GET /api/v1/auth/oidc/start").code(), "not_configured");
}

TEST_P(OidcRoutes, WithoutAProviderItIsNotOffered) {
  EXPECT_TRUE(call("GET /api/v1/auth/oidc").json().at("isOffered").as_bool());
  services_.oidc = nullptr;
  EXPECT_FALSE(call("GET /api/v1/auth/oidc").json().at("isOffered").as_bool());
  EXPECT_EQ(call("GET /api/v1/auth/oidc/start").code(), "not_configured");
  EXPECT_EQ(call("GET /api/v1/auth/oidc/callback?code=x&state=y").code(), "not_configured");
}

}  // namespace
}  // namespace parley::api::identity
