#include "net/websocket.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "net/http_server.h"
#include "net/test_socket.h"

namespace parley::net {
namespace {

struct Closed {
  uint16_t code = 0;
  std::string reason;
};

/// A server that accepts every WebSocket, hands it to the test and echoes messages.
class WebSocketTest : public testing::Test {
 protected:
  void start(WebSocketLimits limits = {}) {
    HttpServerOptions options;
    options.bind_addresses = {"127.0.0.1"};
    options.websocket = limits;
    server_.emplace(options, [this](std::shared_ptr<HttpExchange> exchange) { accept(std::move(exchange)); });
    ASSERT_TRUE(server_->start());
  }
  void accept(std::shared_ptr<HttpExchange> exchange) {
    auto holder = std::make_shared<std::shared_ptr<WebSocket>>();
    WebSocketHandlers handlers;
    handlers.on_text = [holder](std::string text) { (*holder)->send_text(text); };
    handlers.on_binary = [holder](std::string bytes) { (*holder)->send_binary(bytes); };
    handlers.tuning = tuning_;
    handlers.on_close = [this](uint16_t code, std::string reason) { closed_.set_value({code, std::move(reason)}); };
    auto websocket = exchange->accept_websocket(std::move(handlers));
    if (websocket == nullptr) return exchange->respond(make_text_response(404));
    *holder = websocket;
    accepted_.set_value(std::move(websocket));
  }
  Closed wait_closed() { return closed_.get_future().get(); }
  std::shared_ptr<WebSocket> wait_accepted() { return accepted_.get_future().get(); }

  WebSocketTuning tuning_;
  std::promise<std::shared_ptr<WebSocket>> accepted_;
  std::promise<Closed> closed_;
  std::optional<HttpServer> server_;
};

TEST_F(WebSocketTest, CompletesTheHandshakeOfTheStandardsExample) {
  start();
  TestWebSocket client(server_->port());
  const std::string answer = client.read_handshake();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << answer;
  EXPECT_NE(answer.find("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos) << answer;
  EXPECT_EQ(answer.find("Content-Length"), std::string::npos) << answer;
}

TEST_F(WebSocketTest, EchoesTextAndBinaryOfEverySize) {
  start();
  TestWebSocket client(server_->port());
  client.read_handshake();
  for (const size_t size : {0u, 1u, 125u, 126u, 65'535u, 65'536u, 200'000u}) {
    const std::string payload(size, 'x');
    client.send(size % 2 == 0 ? WebSocketOpcode::kText : WebSocketOpcode::kBinary, payload);
    const WebSocketEvent event = client.read();
    EXPECT_EQ(event.kind, size % 2 == 0 ? WebSocketOpcode::kText : WebSocketOpcode::kBinary);
    EXPECT_EQ(event.payload, payload) << size;
  }
}

TEST_F(WebSocketTest, AnswersAPing) {
  start();
  TestWebSocket client(server_->port());
  client.read_handshake();
  client.send(WebSocketOpcode::kPing, "hello");
  const WebSocketEvent event = client.read();
  EXPECT_EQ(event.kind, WebSocketOpcode::kPong);
  EXPECT_EQ(event.payload, "hello");
}

TEST_F(WebSocketTest, ReadsWhatCameTogetherWithTheHandshake) {
  start();
  TestSocket socket(server_->port());
  std::string bytes =
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  append_websocket_frame(bytes, WebSocketOpcode::kText, "early", std::array<uint8_t, 4>{9, 8, 7, 6});
  socket.send(bytes);
  socket.read_until("\r\n\r\n");
  EXPECT_EQ(socket.read(7),
            "\x81\x05"
            "early");
}

TEST_F(WebSocketTest, AnswersTheClosingOfThePeerWithItsCode) {
  start();
  TestWebSocket client(server_->port());
  client.read_handshake();
  client.send(WebSocketOpcode::kClose, make_close_payload(4001, "bye"));
  const WebSocketEvent event = client.read();
  EXPECT_EQ(event.kind, WebSocketOpcode::kClose);
  EXPECT_EQ(event.close_code, 4001);
  EXPECT_EQ(client.read().kind, WebSocketOpcode::kContinuation);
  const Closed closed = wait_closed();
  EXPECT_EQ(closed.code, 4001);
  EXPECT_EQ(closed.reason, "bye");
}

TEST_F(WebSocketTest, ReportsAVanishedPeerAs1006) {
  start();
  {
    TestWebSocket client(server_->port());
    client.read_handshake();
  }
  EXPECT_EQ(wait_closed().code, close_code::kAbnormal);
}

TEST_F(WebSocketTest, SendsEverythingQueuedBeforeItCloses) {
  start();
  TestWebSocket client(server_->port());
  client.read_handshake();
  const auto websocket = wait_accepted();
  for (int i = 0; i < 1000; ++i) websocket->send_text(std::to_string(i));
  websocket->close(1000, "done");
  websocket->send_text("too late");
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(client.read().payload, std::to_string(i));
  const WebSocketEvent last = client.read();
  EXPECT_EQ(last.close_code, 1000);
  EXPECT_EQ(last.payload, "done");
  client.send(WebSocketOpcode::kClose, make_close_payload(1000, ""));
  EXPECT_EQ(client.read().kind, WebSocketOpcode::kContinuation);
  EXPECT_EQ(wait_closed().code, 1000);
}

TEST_F(WebSocketTest, DropsAPeerThatDoesNotAnswerTheClosing) {
  WebSocketLimits limits;
  limits.close_timeout = TimeDelta::millis(40);
  start(limits);
  TestWebSocket client(server_->port());
  client.read_handshake();
  wait_accepted()->close(1000, "");
  EXPECT_EQ(client.read().close_code, 1000);
  EXPECT_EQ(client.read().kind, WebSocketOpcode::kContinuation);
  EXPECT_EQ(wait_closed().code, 1000);
}

TEST_F(WebSocketTest, KeepsTheOrderOfEachSendingThread) {
  start();
  TestWebSocket client(server_->port());
  client.read_handshake();
  const auto websocket = wait_accepted();
  std::vector<std::thread> senders;
  for (const char name : {'a', 'b', 'c'}) {
    senders.emplace_back([websocket, name] {
      for (int i = 0; i < 500; ++i) websocket->send_text(name + std::to_string(i));
    });
  }
  std::map<char, int> next;
  for (int i = 0; i < 1500; ++i) {
    const std::string text = client.read().payload;
    ASSERT_FALSE(text.empty());
    ASSERT_EQ(text.substr(1), std::to_string(next[text[0]]++));
  }
  for (std::thread& sender : senders) sender.join();
}

TEST_F(WebSocketTest, ClosesWithTheCodeOfTheViolation) {
  WebSocketLimits limits;
  limits.message = 1000;
  struct Case {
    std::string bytes;
    uint16_t code;
  };
  std::string too_big;
  append_websocket_frame(too_big, WebSocketOpcode::kText, std::string(1001, 'x'), std::array<uint8_t, 4>{});
  std::string no_utf8;
  append_websocket_frame(no_utf8, WebSocketOpcode::kText, "\xff", std::array<uint8_t, 4>{});
  for (const Case& c : {Case{too_big, 1009}, Case{no_utf8, 1007}, Case{std::string("\x81\x01x", 3), 1002}}) {
    closed_ = {};
    accepted_ = {};
    start(limits);
    TestWebSocket client(server_->port());
    client.read_handshake();
    client.socket().send(c.bytes);
    EXPECT_EQ(client.read().close_code, c.code);
    EXPECT_EQ(client.read().kind, WebSocketOpcode::kContinuation);
    client.socket().close();
    EXPECT_EQ(wait_closed().code, c.code);
    EXPECT_EQ(server_->stats().websocket_bad_frames, 1u);
  }
}

TEST_F(WebSocketTest, DropsAReaderThatIsTooSlow) {
  WebSocketLimits limits;
  limits.outgoing = 100'000;
  start(limits);
  TestWebSocket client(server_->port(), "/", 4096);
  client.read_handshake();
  const auto websocket = wait_accepted();
  const std::string chunk(10'000, 'x');
  for (int i = 0; i < 2000; ++i) websocket->send_binary(chunk);  // 20 MB into a socket nobody reads.
  EXPECT_EQ(wait_closed().code, close_code::kAbnormal);
  EXPECT_EQ(server_->stats().websocket_overflows, 1u);
}

TEST_F(WebSocketTest, PingsAndDropsAPeerThatStaysSilent) {
  WebSocketLimits limits;
  limits.ping_interval = TimeDelta::millis(20);
  limits.dead_after = TimeDelta::millis(100);
  start(limits);
  TestWebSocket client(server_->port());
  client.read_handshake();
  EXPECT_TRUE(client.socket().read_all().starts_with(std::string("\x89\0", 2)));
  EXPECT_EQ(wait_closed().code, close_code::kAbnormal);
  EXPECT_EQ(server_->stats().websocket_dead_peers, 1u);
}

TEST_F(WebSocketTest, ClosesWith1001WhenTheServerStops) {
  start();
  TestWebSocket client(server_->port());
  client.read_handshake();
  std::thread stopper([this] { server_->stop(TimeDelta::seconds(60)); });
  EXPECT_EQ(client.read().close_code, close_code::kGoingAway);
  client.send(WebSocketOpcode::kClose, make_close_payload(1001, ""));
  stopper.join();
  EXPECT_EQ(wait_closed().code, close_code::kGoingAway);
  EXPECT_EQ(server_->stats().websockets_now, 0u);
}

TEST_F(WebSocketTest, IsHarmlessAfterTheServerIsGone) {
  start();
  TestWebSocket client(server_->port());
  client.read_handshake();
  const auto websocket = wait_accepted();
  server_.reset();
  EXPECT_EQ(wait_closed().code, close_code::kGoingAway);
  websocket->send_text("nobody hears this");
  websocket->close(1000, "");
}

TEST_F(WebSocketTest, IsRefusedToAPlainRequest) {
  start();
  TestSocket socket(server_->port());
  socket.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(socket.read_all().starts_with("HTTP/1.1 404 "));
}

TEST_F(WebSocketTest, SendsFramesThatWereMadeBefore) {
  start();
  TestWebSocket client(server_->port());
  client.read_handshake();
  std::string frames;
  append_websocket_frame(frames, WebSocketOpcode::kText, "a");
  append_websocket_frame(frames, WebSocketOpcode::kBinary, "b");
  wait_accepted()->send_frames(frames);
  EXPECT_EQ(client.read().payload, "a");
  EXPECT_EQ(client.read().payload, "b");
}

TEST_F(WebSocketTest, TakesAMessageLimitForOneConnection) {
  tuning_.max_message = 10;
  start();
  TestWebSocket client(server_->port());
  client.read_handshake();
  client.send(WebSocketOpcode::kText, std::string(10, 'x'));
  EXPECT_EQ(client.read().payload.size(), 10u);
  client.send(WebSocketOpcode::kText, std::string(11, 'x'));
  EXPECT_EQ(client.read().close_code, close_code::kTooBig);
}

TEST_F(WebSocketTest, DropsAPeerWithMoreWaitingThanItsOwnLimitAndSaysWhy) {
  tuning_.max_outgoing = 100'000;
  start();
  TestWebSocket client(server_->port(), "/", 4096);
  client.read_handshake();
  const auto websocket = wait_accepted();
  std::string frame;
  append_websocket_frame(frame, WebSocketOpcode::kBinary, std::string(50'000, 'x'));
  std::future<Closed> closed = closed_.get_future();
  while (closed.wait_for(std::chrono::seconds(0)) != std::future_status::ready) websocket->send_frames(frame);
  const Closed end = closed.get();
  EXPECT_EQ(end.code, close_code::kAbnormal);
  EXPECT_EQ(end.reason, kSlowReader);
}

TEST_F(WebSocketTest, DropsAPeerThatTakesNothingForTooLong) {
  tuning_.max_stuck = TimeDelta::millis(50);
  start({.outgoing = 64 * 1024 * 1024, .close_timeout = TimeDelta::millis(100)});
  TestWebSocket client(server_->port(), "/", 4096);
  client.read_handshake();
  const auto websocket = wait_accepted();
  websocket->send_binary(std::string(16 * 1024 * 1024, 'x'));  // More than the kernel takes.
  EXPECT_GT(websocket->waiting(), 0u);
  EXPECT_EQ(wait_closed().reason, kSlowReader);
}

TEST_F(WebSocketTest, LeavesTheHeartbeatToAnOwnerWhoHasOne) {
  tuning_.heartbeat = WebSocketTuning::Heartbeat::kOwner;
  start({.ping_interval = TimeDelta::millis(20), .dead_after = TimeDelta::millis(40)});
  TestWebSocket client(server_->port());
  client.read_handshake();
  // Another connection shows that much more than the limit has passed: its own is checked by the same timer.
  tuning_.heartbeat = WebSocketTuning::Heartbeat::kServer;
  accepted_ = {};
  TestWebSocket other(server_->port());
  EXPECT_EQ(other.socket().read_until("\x89").back(), '\x89') << "a ping";
  wait_closed();
  closed_ = {};
  client.send(WebSocketOpcode::kText, "still there");
  EXPECT_EQ(client.socket().read(2), std::string("\x81\x0b")) << "no ping came before";
}

}  // namespace
}  // namespace parley::net
