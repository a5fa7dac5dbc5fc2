#include "edge/gateway/engine_server.h"

#include "edge/gateway/test_gateway.h"

namespace parley::gateway {
namespace {

constexpr const char* kPolling = "EIO=4&transport=polling";

/// The HTTP side, seen through a gateway.
class EngineServerTest : public GatewayTest {
 protected:
  std::string open() { return member(body_of(talk("GET", kPolling)), "sid"); }
  static std::string own(const std::string& sid) { return std::string(kPolling) + "&sid=" + sid; }
  /// Begins a poll and returns without waiting for its answer.
  net::TestSocket begin_poll(const std::string& sid) {
    net::TestSocket socket(port());
    const uint64_t before = handled_;
    socket.send("GET /socket.io/?" + own(sid) + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(wait_until([&] { return handled_ > before; }));
    return socket;
  }
  bool is_known(const std::string& sid) { return body_of(talk("POST", own(sid), "", "3")) == "ok"; }
};

TEST_F(EngineServerTest, RefusesWithTheCodesOfTheProtocol) {
  start();
  const std::string sid = open();
  struct Case {
    const char* method;
    std::string query;
    const char* body;
  };
  const Case cases[] = {
      {"GET", "EIO=4", R"({"code":0,"message":"Transport unknown"})"},
      {"GET", "EIO=4&transport=carrier-pigeon", R"({"code":0,"message":"Transport unknown"})"},
      {"GET", own("nobody"), R"({"code":1,"message":"Session ID unknown"})"},
      {"POST", kPolling, R"({"code":2,"message":"Bad handshake method"})"},
      {"PUT", kPolling, R"({"code":2,"message":"Bad handshake method"})"},
      {"DELETE", own(sid), R"({"code":3,"message":"Bad request"})"},
      {"GET", "EIO=4&transport=websocket", R"({"code":3,"message":"Bad request"})"},
      {"GET", "EIO=4&transport=websocket&sid=" + sid, R"({"code":3,"message":"Bad request"})"},
      {"GET", "EIO=3&transport=polling", R"({"code":5,"message":"Unsupported protocol version"})"},
      {"GET", "transport=polling", R"({"code":5,"message":"Unsupported protocol version"})"},
  };
  for (const Case& c : cases) {
    const std::string answer = talk(c.method, c.query);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << c.query << answer;
    EXPECT_TRUE(answer.contains("\r\nContent-Type: application/json\r\n")) << answer;
    EXPECT_EQ(body_of(answer), c.body) << c.query;
  }
  EXPECT_TRUE(is_known(sid));
}

TEST_F(EngineServerTest, GivesIdsThatDiffer) {
  start();
  const std::string first = open();
  EXPECT_EQ(first.size(), 20u);
  EXPECT_NE(first, open());
}

TEST_F(EngineServerTest, OffersOnlyTheTransportsItHas) {
  options_.engine.transports = {TransportKind::kWebSocket};
  start();
  EXPECT_EQ(body_of(talk("GET", kPolling)), R"({"code":0,"message":"Transport unknown"})");
  TestClient client(port());
  EXPECT_TRUE(client.connect().starts_with("40{"));
}

TEST_F(EngineServerTest, EndsASessionAtASecondPoll) {
  start();
  const std::string sid = open();
  net::TestSocket first = begin_poll(sid);
  EXPECT_TRUE(talk("GET", own(sid)).starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(first.read_all().ends_with("\r\n\r\n1"));
  EXPECT_FALSE(is_known(sid));
}

TEST_F(EngineServerTest, EndsASessionWhosePollIsGivenUp) {
  start();
  const std::string sid = open();
  net::TestSocket poll = begin_poll(sid);
  poll.close();
  EXPECT_TRUE(wait_until([&] { return gateway_->stats().engine.connections_now == 0; }));
  EXPECT_EQ(gateway_->stats().engine.transport_errors, 1u);
}

TEST_F(EngineServerTest, AnswersAGoodbyeAndFreesThePoll) {
  start();
  const std::string sid = open();
  net::TestSocket poll = begin_poll(sid);
  EXPECT_EQ(body_of(talk("POST", own(sid), "", "1")), "ok");
  EXPECT_TRUE(poll.read_all().ends_with("\r\n\r\n6"));
  EXPECT_FALSE(is_known(sid));
}

TEST_F(EngineServerTest, EndsASessionAtBytesThatAreNoPackets) {
  start();
  const std::string sid = open();
  EXPECT_TRUE(talk("POST", own(sid), "", "abc").starts_with("HTTP/1.1 400 "));
  EXPECT_FALSE(is_known(sid));
}

TEST_F(EngineServerTest, RefusesAPostOverTheLimit) {
  options_.engine.max_payload = 100;
  start();
  const std::string sid = open();
  EXPECT_TRUE(talk("POST", own(sid), "", std::string(101, '3')).starts_with("HTTP/1.1 413 "));
  EXPECT_FALSE(is_known(sid));
}

TEST_F(EngineServerTest, LimitsTheConnections) {
  options_.engine.max_connections = 2;
  start();
  open();
  const std::string second = open();
  EXPECT_TRUE(talk("GET", kPolling).starts_with("HTTP/1.1 503 "));
  talk("POST", own(second), "", "1");
  EXPECT_NE(open(), "");
}

TEST_F(EngineServerTest, GivesBinaryInBase64WhenAskedTo) {
  options_.recovery_window = TimeDelta::zero();
  start();
  TestClient client(port(), "&b64=1");
  client.connect();
  owner_.sockets.take()->emit({.name = "b", .arguments = {R"({"_placeholder":true,"num":0})"}, .attachments = {"\1"}});
  client.next();
  EXPECT_EQ(client.next(), "bAQ==");
}

class EngineOriginTest : public EngineServerTest {
 protected:
  void SetUp() override {
    options_.engine.check_origin = [](const net::HttpRequest& request) {
      const std::string_view origin = request.headers.get("Origin");
      if (origin.empty()) return OriginVerdict::kSame;
      return origin == "https://good.example" ? OriginVerdict::kAllowed : OriginVerdict::kRefused;
    };
    start();
  }
};

TEST_F(EngineOriginTest, TellsBrowsersOfAllowedPages) {
  const std::string answer = talk("GET", kPolling, "Origin: https://good.example\r\n");
  EXPECT_TRUE(answer.contains("\r\nAccess-Control-Allow-Origin: https://good.example\r\n")) << answer;
  EXPECT_TRUE(answer.contains("\r\nAccess-Control-Allow-Credentials: true\r\n")) << answer;
  EXPECT_TRUE(answer.contains("\r\nVary: Origin\r\n")) << answer;
  const std::string error = talk("GET", own("nobody"), "Origin: https://good.example\r\n");
  EXPECT_TRUE(error.contains("\r\nAccess-Control-Allow-Origin: https://good.example\r\n")) << "errors are read too";
  EXPECT_FALSE(talk("GET", kPolling).contains("Access-Control-Allow-Origin"));
}

TEST_F(EngineOriginTest, AnswersPreflights) {
  const std::string answer = talk("OPTIONS", kPolling,
                                  "Origin: https://good.example\r\nAccess-Control-Request-Method: POST\r\n"
                                  "Access-Control-Request-Headers: content-type\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 204 ")) << answer;
  EXPECT_TRUE(answer.contains("\r\nAccess-Control-Allow-Methods: GET, POST\r\n")) << answer;
  EXPECT_TRUE(answer.contains("\r\nAccess-Control-Allow-Headers: content-type\r\n")) << answer;
}

TEST_F(EngineOriginTest, RefusesOtherPagesOnBothTransports) {
  const std::string answer = talk("GET", kPolling, "Origin: https://evil.example\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 403 ")) << answer;
  EXPECT_EQ(body_of(answer), R"({"code":4,"message":"Forbidden"})");
  EXPECT_FALSE(answer.contains("Access-Control-Allow-Origin"));
  const std::string upgrade = talk("GET", "EIO=4&transport=websocket",
                                   "Origin: https://evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  EXPECT_TRUE(upgrade.starts_with("HTTP/1.1 403 ")) << upgrade;
}

}  // namespace
}  // namespace parley::gateway
