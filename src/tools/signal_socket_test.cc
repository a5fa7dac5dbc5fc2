#include "tools/signal_socket.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "net/http_server.h"

namespace parley::tools {
namespace {

using net::HttpExchange;
using net::WebSocket;

/// What the server does with an upgrade.
using Answer = std::function<void(const std::shared_ptr<HttpExchange>&)>;

void echo(const std::shared_ptr<HttpExchange>& exchange) {
  auto holder = std::make_shared<std::shared_ptr<WebSocket>>();
  *holder = exchange->accept_websocket({
      .on_text = [](const std::string&) {},
      .on_binary =
          [holder](const std::string& bytes) {
            if (bytes == "close") return (*holder)->close(1000, "");
            (*holder)->send_binary(bytes);
          },
      .on_close = [](uint16_t, const std::string&) {},
  });
}

class SignalSocketTest : public testing::Test {
 protected:
  void start(Answer answer) {
    net::HttpServerOptions options;
    options.bind_addresses = {"127.0.0.1"};
    server_.emplace(options, std::move(answer));
    ASSERT_TRUE(server_->start());
    connect(server_->port());
  }
  void connect(uint16_t port) {
    auto stream = TcpStream::connect(SocketAddress::v4(0x7f000001, port));
    ASSERT_TRUE(stream);
    socket_.emplace(std::move(*stream), SignalSocket::Target{"127.0.0.1", "/rtc?a=b"}, rng_);
  }
  /// Serves the socket until `count` messages came or it closed; ten seconds without anything are the end.
  std::vector<std::string> run_until(size_t count) {
    std::vector<std::string> messages;
    while (!socket_->is_closed() && messages.size() < count) {
      pollfd waiting{socket_->fd(), POLLIN, 0};
      if (!socket_->is_open() || socket_->wants_write()) waiting.events |= POLLOUT;
      if (poll(&waiting, 1, 10'000) <= 0) break;
      if (waiting.revents & (POLLOUT | POLLERR)) socket_->on_writable();
      if (waiting.revents & (POLLIN | POLLHUP)) socket_->on_readable(messages);
    }
    return messages;
  }

  SeededRng rng_{1};
  std::optional<net::HttpServer> server_;
  std::optional<SignalSocket> socket_;
};

TEST_F(SignalSocketTest, SendsWhatWasQueuedBeforeTheUpgradeAndReceivesMessages) {
  start(echo);
  const std::string large(300'000, 'x');
  socket_->send("first");
  socket_->send(large);
  EXPECT_EQ(run_until(2), (std::vector<std::string>{"first", large}));
  EXPECT_TRUE(socket_->is_open());
}

TEST_F(SignalSocketTest, TellsStatusAndTextOfARefusal) {
  start([](const auto& exchange) { exchange->respond(net::make_text_response(401, "no permission")); });
  run_until(1);
  EXPECT_TRUE(socket_->is_closed());
  EXPECT_EQ(socket_->refused_status(), 401);
  EXPECT_NE(socket_->error().find("no permission"), std::string::npos) << socket_->error();
}

TEST_F(SignalSocketTest, EndsWhenTheServerCloses) {
  start(echo);
  socket_->send("close");
  run_until(1);
  EXPECT_TRUE(socket_->is_closed());
  EXPECT_EQ(socket_->error(), "closed with 1000");
}

TEST_F(SignalSocketTest, FailsWhereNobodyListens) {
  start(echo);
  const uint16_t port = server_->port();
  server_.reset();
  connect(port);
  run_until(1);
  EXPECT_TRUE(socket_->is_closed());
  EXPECT_FALSE(socket_->error().empty());
}

}  // namespace
}  // namespace parley::tools
