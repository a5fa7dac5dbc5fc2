#include "edge/api/rate_limits.h"

#include <gtest/gtest.h>

#include "edge/api/client_address.h"
#include "edge/api/test_api.h"

namespace parley::api {
namespace {

using product::Outcome;

struct Login {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(Login, (), (name))

class RateTest : public ApiTest {
 protected:
  void begin(std::vector<std::string> proxies = {}) {
    RouteTable table;
    table.add({.path = "/api/v1/open", .id = "open", .access = Access::kAnyone},
              [](Request<>& /*request*/) -> Outcome<NoContent> { return NoContent{}; });
    table.add({.path = "/api/v1/mine", .id = "mine"},
              [](Request<>& /*request*/) -> Outcome<NoContent> { return NoContent{}; });
    table.add({.path = "/api/v1/free", .id = "free", .access = Access::kApiKey},
              [](Request<>& /*request*/) -> Outcome<NoContent> { return NoContent{}; });
    table.add({.method = Method::kPost,
               .path = "/api/v1/hook",
               .id = "hook",
               .access = Access::kAnyone,
               .bucket = Bucket::kNone},
              [](Request<RawBody>& /*request*/) -> Outcome<NoContent> { return NoContent{}; });
    table.add({.method = Method::kPost, .path = "/api/v1/login", .id = "login", .access = Access::kAnyone},
              [](Request<Login>& request) -> Outcome<NoContent> {
                if (auto may = request.spend(Bucket::kLogin, request.body.name); !may) {
                  return std::unexpected(may.error());
                }
                return NoContent{};
              });
    start(std::move(table), {.trusted_proxies = std::move(proxies)});
  }
  /// How many of `tries` requests are let through.
  int count(const std::string& line, const std::string& headers, int tries) {
    int passed = 0;
    for (int i = 0; i < tries; ++i) passed += call(line, headers).status == 204 ? 1 : 0;
    return passed;
  }
};

TEST_F(RateTest, SEC1_AnonymousRequestsAreCountedByAddress) {
  begin();
  EXPECT_EQ(count("GET /api/v1/open", "", 105), 100);
  const TestAnswer refused = call("GET /api/v1/open");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.code(), "rate_limited");
  EXPECT_EQ(refused.header("Retry-After"), "9");
  EXPECT_EQ(refused.json().at("retryAfterMs").as_int64(), 9000);
  advance(TimeDelta::seconds(9));
  EXPECT_EQ(count("GET /api/v1/open", "", 2), 1);
}

TEST_F(RateTest, TellsWhatIsLeft) {
  begin();
  const TestAnswer answer = call("GET /api/v1/open");
  EXPECT_EQ(answer.header("RateLimit-Policy"), "\"anonymous\";q=100;w=900");
  EXPECT_EQ(answer.header("RateLimit"), "\"anonymous\";r=99;t=9");
  EXPECT_EQ(answer.header("X-RateLimit-Limit"), "100");
  EXPECT_EQ(answer.header("X-RateLimit-Remaining"), "99");
  EXPECT_EQ(answer.header("X-RateLimit-Reset"), "1800001009");
}

TEST_F(RateTest, UsersHaveBucketsOfTheirOwn) {
  begin();
  EXPECT_EQ(count("GET /api/v1/open", "", 101), 100);
  EXPECT_EQ(count("GET /api/v1/mine", kAlice, 102), 100);
  EXPECT_EQ(count("GET /api/v1/mine", "Authorization: Bearer bob\r\n", 1), 1);
}

TEST_F(RateTest, AnotherServersKeyHasMoreRoomThanAHandAndTheUserItActsForHasAUsers) {
  begin();
  const std::string key = "Authorization: Bearer key-1\r\n";
  EXPECT_EQ(count("GET /api/v1/free", key, 302), 300);
  EXPECT_EQ(count("GET /api/v1/mine", key + "Parley-User: carol\r\n", 102), 100);
}

TEST_F(RateTest, GuessingTokensIsCountedByAddressAndHurtsNobodyElse) {
  begin();
  int invalid = 0;
  for (int i = 0; i < 105; ++i) {
    invalid += call("GET /api/v1/mine", "Authorization: Bearer guess" + std::to_string(i) + "\r\n").status == 401;
  }
  EXPECT_EQ(invalid, 100);
  EXPECT_EQ(call("GET /api/v1/mine", kAlice).status, 204);
}

TEST_F(RateTest, LoginsAreCountedByAddressAndAccount) {
  begin();
  const auto log_in = [&](const std::string& name) {
    return post("/api/v1/login", R"({"name":")" + name + "\"}", "").status;
  };
  for (int i = 0; i < 10; ++i) EXPECT_EQ(log_in("a"), 204);
  EXPECT_EQ(log_in("a"), 429);
  EXPECT_EQ(log_in("b"), 204);
}

TEST_F(RateTest, SignedWebhooksAreNotCounted) {
  begin();
  EXPECT_EQ(count("POST /api/v1/hook", "", 150), 150);
}

TEST_F(RateTest, SEC3_AnUntrustedPeerCannotInventAddresses) {
  begin({"10.0.0.0/8"});
  int passed = 0;
  for (int i = 0; i < 105; ++i) {
    passed += call("GET /api/v1/open", "X-Forwarded-For: 192.0.2." + std::to_string(i) + "\r\n").status == 204;
  }
  EXPECT_EQ(passed, 100);
}

TEST_F(RateTest, SEC3_BehindATrustedProxyTheClientIsCounted) {
  begin({"127.0.0.0/8"});
  EXPECT_EQ(count("GET /api/v1/open", "X-Forwarded-For: 192.0.2.1\r\n", 101), 100);
  EXPECT_EQ(count("GET /api/v1/open", "X-Forwarded-For: 192.0.2.2\r\n", 1), 1);
  // What the client itself puts in front changes nothing.
  EXPECT_EQ(count("GET /api/v1/open", "X-Forwarded-For: 198.51.100.7, 192.0.2.1\r\n", 1), 0);
}

std::string ip_of(const std::string& peer, std::initializer_list<const char*> forwarded) {
  net::HttpRequest request;
  request.remote_address = peer;
  for (const char* value : forwarded) request.headers.add("x-forwarded-for", value);
  return client_ip(request, TrustedProxies::parse({"10.0.0.0/8", "fd00::/8", "192.0.2.9"}).value());
}

TEST(ClientAddress, IsTheLastOneThatNoTrustedProxyHas) {
  EXPECT_EQ(ip_of("198.51.100.1", {"203.0.113.5"}), "198.51.100.1");
  EXPECT_EQ(ip_of("10.0.0.1", {"203.0.113.5"}), "203.0.113.5");
  EXPECT_EQ(ip_of("10.0.0.1", {"1.1.1.1, 203.0.113.5, 10.2.3.4"}), "203.0.113.5");
  EXPECT_EQ(ip_of("10.0.0.1", {"1.1.1.1", "203.0.113.5, 192.0.2.9"}), "203.0.113.5");
  EXPECT_EQ(ip_of("fd00::1", {"[2001:db8::7]:443"}), "2001:db8::7");
  EXPECT_EQ(ip_of("10.0.0.1", {"203.0.113.5:8080"}), "203.0.113.5");
}

TEST(ClientAddress, StopsAtWhatIsNoAddress) {
  EXPECT_EQ(ip_of("10.0.0.1", {"203.0.113.5, unknown"}), "10.0.0.1");
  EXPECT_EQ(ip_of("10.0.0.1", {"203.0.113.5, , 10.0.0.2"}), "10.0.0.2");
  EXPECT_EQ(ip_of("10.0.0.1", {""}), "10.0.0.1");
  EXPECT_EQ(ip_of("10.0.0.1", {}), "10.0.0.1");
}

TEST(ClientAddress, SEC3_OneIpv6NetworkIsOneCaller) {
  EXPECT_EQ(rate_key("2001:db8:1:2::1"), rate_key("2001:db8:1:2:ffff::9"));
  EXPECT_NE(rate_key("2001:db8:1:2::1"), rate_key("2001:db8:1:3::1"));
  EXPECT_NE(rate_key("192.0.2.1"), rate_key("192.0.2.2"));
}

TEST(ClientAddress, RefusesNetworksThatAreNone) {
  for (const char* bad : {"", "x", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x", "::/129", "example.com"}) {
    EXPECT_FALSE(TrustedProxies::parse({bad})) << bad;
  }
}

}  // namespace
}  // namespace parley::api
