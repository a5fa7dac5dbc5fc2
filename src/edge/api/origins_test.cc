#include "edge/api/origins.h"

#include <gtest/gtest.h>

#include "edge/api/test_api.h"

namespace parley::api {
namespace {

using product::Outcome;

class OriginTest : public ApiTest {
 protected:
  void SetUp() override {
    RouteTable table;
    const auto nothing = [](Request<>& /*request*/) -> Outcome<NoContent> { return NoContent{}; };
    table.add({.method = Method::kPost, .path = "/api/v1/act", .id = "act"}, nothing);
    table.add({.method = Method::kPost, .path = "/api/v1/login", .id = "login", .access = Access::kAnyone}, nothing);
    table.add({.path = "/api/v1/look", .id = "look"}, nothing);
    start(std::move(table), {.allowed_origins = {"https://App.example.com:443/call?x"}});
  }
  static inline const std::string kCookie = "Cookie: parley_session=alice\r\n";
  static inline const std::string kAllowed = "Origin: https://app.example.com\r\n";
  static inline const std::string kForeign = "Origin: https://evil.example\r\n";
};

TEST_F(OriginTest, RefusesForgedRequestsThatACookieWouldCarry) {
  for (const std::string& source :
       {kForeign, std::string("Origin: null\r\n"), std::string("Origin: https://app.example.com.evil.example\r\n"),
        std::string("Origin: http://app.example.com\r\n"), std::string("Sec-Fetch-Site: cross-site\r\n"),
        std::string("Sec-Fetch-Site: same-site\r\n"), kAllowed + kForeign, std::string()}) {
    const TestAnswer answer = call("POST /api/v1/act", kCookie + source);
    EXPECT_EQ(answer.code(), "origin_not_allowed") << source;
    EXPECT_EQ(answer.status, 403);
  }
}

TEST_F(OriginTest, LetsOwnAndAllowedPagesActWithTheirCookie) {
  for (const std::string& source : {kAllowed, std::string("Origin: https://chat.example.com\r\n"),
                                    std::string("Sec-Fetch-Site: same-origin\r\n")}) {
    EXPECT_EQ(call("POST /api/v1/act", kCookie + source).status, 204) << source;
  }
}

TEST_F(OriginTest, LetsATokenActFromAnywhere) {
  EXPECT_EQ(call("POST /api/v1/act", kAlice).status, 204);
  EXPECT_EQ(call("POST /api/v1/act", kAlice + kForeign).status, 204);
}

TEST_F(OriginTest, ACookieBesideATokenIsNotLookedAt) {
  EXPECT_EQ(call("POST /api/v1/act", kCookie + kForeign + "Authorization: Basic eDp5\r\n").code(), "unauthenticated");
}

TEST_F(OriginTest, RefusesLoginsOfForeignPages) {
  EXPECT_EQ(call("POST /api/v1/login", kForeign).code(), "origin_not_allowed");
  EXPECT_EQ(call("POST /api/v1/login").status, 204);
}

TEST_F(OriginTest, LetsForeignPagesNeitherReadNorAsk) {
  const TestAnswer read = call("GET /api/v1/look", kCookie + kForeign);
  EXPECT_EQ(read.status, 204);
  EXPECT_FALSE(read.headers.has("Access-Control-Allow-Origin"));
  const TestAnswer preflight = call("OPTIONS /api/v1/act", kForeign + "Access-Control-Request-Method: POST\r\n");
  EXPECT_EQ(preflight.code(), "origin_not_allowed");
  EXPECT_FALSE(preflight.headers.has("Access-Control-Allow-Origin"));
}

TEST_F(OriginTest, NamesTheAllowedOriginNeverAWildcard) {
  const TestAnswer read = call("GET /api/v1/look", kCookie + kAllowed);
  EXPECT_EQ(read.header("Access-Control-Allow-Origin"), "https://app.example.com");
  EXPECT_EQ(read.header("Access-Control-Allow-Credentials"), "true");
  EXPECT_TRUE(read.headers.has_token("Vary", "Origin"));
  const TestAnswer preflight = call("OPTIONS /api/v1/act", kAllowed + "Access-Control-Request-Method: POST\r\n");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.header("Access-Control-Allow-Methods"), "POST, OPTIONS");
  EXPECT_EQ(preflight.header("Access-Control-Allow-Origin"), "https://app.example.com");
}

TEST_F(OriginTest, TellsProblemsToAllowedPagesToo) {
  EXPECT_TRUE(call("GET /api/v1/nothing", kAllowed).headers.has("Access-Control-Allow-Origin"));
}

TEST(Origins, TakesOnlyAddressesOfPages) {
  for (const char* bad : {"*", "https://*.example.com", "app.example.com", "ftp://x", "https://", "https://u@x", ""}) {
    EXPECT_FALSE(Origins::parse({bad})) << bad;
  }
}

}  // namespace
}  // namespace parley::api
