// What keeps browsers safe: who may act with a cookie, how cookies travel, and the headers of every answer.
#include <algorithm>

#include "security/route_rows.h"
#include "security/world.h"

namespace parley::security {
namespace {

constexpr std::string_view kApp = "https://app.example.com";

class BrowserTest : public WorldTest {
 protected:
  void configure(server::Config& config) override { config.frontend_urls = {std::string(kApp)}; }

  static std::string cookie_of(const World& world, const std::string& who) {
    return "Cookie: parley_session=" + world.tokens.at(who) + "\r\n";
  }
  static std::string origin(std::string_view where) { return "Origin: " + std::string(where) + "\r\n"; }
  static std::vector<std::string> cookies(const api::TestAnswer& answer) {
    std::vector<std::string> out;
    for (const auto& [name, value] : answer.headers.fields())
      if (net::equals_ignoring_case(name, "Set-Cookie")) out.push_back(value);
    return out;
  }
  api::TestAnswer register_with_cookies(const std::string& from) {
    return call({.line = "POST /api/v1/auth/register",
                 .headers = from,
                 .body = R"({"username":"selin","password":"a long pass phrase","transport":"cookie"})"});
  }
};
PARLEY_ON_BOTH_DATABASES(BrowserTest);

TEST_P(BrowserTest, NoRouteLetsAForeignPageActWithACookie) {
  int tried = 0;
  for (const Row& row : route_rows()) {
    if (row.method() == "GET" || row.method() == "OPTIONS") continue;
    const World world = build();
    const Fill fill{.world = world};
    const std::string who = row.needs == Needs::kAdmin ? "admin" : "owner";
    for (const std::string& from :
         {origin("https://evil.example"), origin("null"), origin("https://app.example.com.evil.example"),
          origin("http://app.example.com"), std::string("Referer: https://evil.example/\r\n"), std::string()}) {
      const int64_t before = traces();
      const auto answer = call(ask_of(row, fill, cookie_of(world, who) + from));
      EXPECT_EQ(result(answer), "origin_not_allowed") << row.id << " from " << from;
      EXPECT_TRUE(answer.header("Access-Control-Allow-Origin").empty()) << row.id;
      EXPECT_EQ(traces(), before) << row.id << " from " << from;
      ++tried;
    }
  }
  EXPECT_GT(tried, 300);
}

TEST_P(BrowserTest, TheAppActsWithItsCookieAndAKeyIsNoCookie) {
  const World world = build();
  const Ask rename{.line = "PATCH /api/v1/users/me",
                   .headers = cookie_of(world, "member") + origin(kApp),
                   .body = R"({"displayName":"n"})"};
  const auto answer = call(rename);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), kApp);
  Ask with_key = rename;
  with_key.headers = cookie_of(world, "key") + "Parley-User: " + world.things.at("member") + "\r\n" + origin(kApp);
  EXPECT_EQ(result(call(with_key)), "token_invalid");
}

TEST_P(BrowserTest, EveryAnswerTellsBrowsersWhatTheyMayDoWithIt) {
  const World world = build();
  std::vector<Ask> asks{
      {.line = "GET /api/v1/nothing"},
      {.line = "BREW /api/v1/communities"},
      {.line = "OPTIONS /api/v1/communities", .headers = origin(kApp) + "Access-Control-Request-Method: POST\r\n"},
      {.line = "GET /api/v1/communities", .headers = headers_of(world, "expired")}};
  const Fill fill{.world = world};
  for (const Row& row : route_rows()) {
    if (row.method() == "GET") asks.push_back({.line = fill(row.line), .headers = headers_of(world, "owner")});
    asks.push_back(ask_of(row, fill, {}));
  }
  for (const Ask& ask : asks) {
    const auto answer = call(ask);
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff") << ask.line;
    EXPECT_EQ(answer.header("X-Frame-Options"), "DENY") << ask.line;
    EXPECT_EQ(answer.header("Referrer-Policy"), "no-referrer") << ask.line;
    EXPECT_TRUE(answer.header("Content-Security-Policy").starts_with("default-src 'none';")) << ask.line;
    EXPECT_EQ(answer.header("Cross-Origin-Resource-Policy"), "same-origin") << ask.line;
    EXPECT_NE(answer.header("Access-Control-Allow-Origin"), "*") << ask.line;
    EXPECT_FALSE(answer.header("Cache-Control").empty() && answer.status < 300 && answer.status != 204) << ask.line;
    for (const char* chatty : {"Server", "X-Powered-By"}) EXPECT_TRUE(answer.header(chatty).empty()) << ask.line;
  }
}

TEST_P(BrowserTest, CookiesAreForTheServerAndItsOwnPagesOnly) {
  const auto answer = register_with_cookies(origin(kApp));
  ASSERT_EQ(answer.status, 201) << answer.body;
  ASSERT_EQ(cookies(answer).size(), 2u);
  for (const std::string& cookie : cookies(answer)) {
    EXPECT_TRUE(cookie.contains("; HttpOnly")) << cookie;
    EXPECT_TRUE(cookie.contains("; Secure")) << cookie;
    EXPECT_TRUE(cookie.contains(cookie.starts_with("parley_refresh=") ? "; SameSite=Strict" : "; SameSite=Lax"));
    EXPECT_TRUE(cookie.contains(cookie.starts_with("parley_refresh=") ? "; Path=/api/v1/auth;" : "; Path=/;"));
    EXPECT_FALSE(cookie.contains("Domain=")) << "other hosts of the domain would get it: " << cookie;
  }
  EXPECT_FALSE(answer.body.contains("pa_") || answer.body.contains("pr_")) << answer.body;
}

class ProductionWithoutAddress : public BrowserTest {
 protected:
  void configure(server::Config& config) override { config.is_dev = false; }
};
PARLEY_ON_BOTH_DATABASES(ProductionWithoutAddress);

TEST_P(ProductionWithoutAddress, CookiesAreSecureAllTheSame) {
  const auto answer = register_with_cookies(origin("https://chat.example.com"));
  ASSERT_EQ(answer.status, 201) << answer.body;
  ASSERT_EQ(cookies(answer).size(), 2u);
  for (const std::string& cookie : cookies(answer)) EXPECT_TRUE(cookie.ends_with("; Secure")) << cookie;
  EXPECT_FALSE(answer.header("Strict-Transport-Security").empty());
}

}  // namespace
}  // namespace parley::security
