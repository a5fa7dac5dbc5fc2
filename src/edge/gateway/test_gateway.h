#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/locked_rng.h"
#include "edge/gateway/gateway.h"
#include "net/test_socket.h"

namespace parley::gateway {

/// Longer than any step takes on a busy machine; only a failing test waits for it.
inline constexpr std::chrono::seconds kPatience(20);

/// What happened, in the order in which it did, for a test that waits for it.
template <class T>
class Happenings {
 public:
  void add(T value) {
    // Under the lock: whoever is waiting may end this object as soon as it has it.
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    there_.notify_all();
  }
  T take() {
    std::unique_lock lock(mutex_);
    if (!there_.wait_for(lock, kPatience, [this] { return !values_.empty(); })) {
      ADD_FAILURE() << "nothing happened";
      return T();
    }
    T value = std::move(values_.front());
    values_.pop_front();
    return value;
  }
  bool is_empty() {
    const std::lock_guard lock(mutex_);
    return values_.empty();
  }

 private:
  std::mutex mutex_;
  std::condition_variable there_;
  std::deque<T> values_;
};

struct Happened {
  SocketPtr socket;
  IncomingEvent event;
};
struct Left {
  SocketPtr socket;
  DisconnectReason reason = DisconnectReason::kTransportClose;
};

/// Accepts everybody at once unless told otherwise, and keeps what happens.
class TestOwner final : public GatewayHandler {
 public:
  void on_connect(std::shared_ptr<ConnectRequest> request) override {
    if (holds_requests) return requests.add(std::move(request));
    if (SocketPtr socket = request->accept({welcome_rooms, {}, nullptr})) sockets.add(std::move(socket));
  }
  void on_event(const SocketPtr& socket, IncomingEvent event) override { events.add({socket, std::move(event)}); }
  void on_disconnect(const SocketPtr& socket, DisconnectReason reason) override { left.add({socket, reason}); }

  std::atomic<bool> holds_requests = false;
  std::vector<std::string> welcome_rooms;  ///< Set before the first client.
  Happenings<std::shared_ptr<ConnectRequest>> requests;
  Happenings<SocketPtr> sockets;
  Happenings<Happened> events;
  Happenings<Left> left;
};

/// A client over a WebSocket that writes and reads packets as texts.
class TestClient {
 public:
  explicit TestClient(uint16_t port, std::string_view query = "", int receive_buffer = 0)
      : websocket_(port, "/socket.io/?EIO=4&transport=websocket" + std::string(query), receive_buffer) {
    websocket_.read_handshake();
    EXPECT_TRUE(next().starts_with("0{"));
  }
  void send(std::string_view packet) { websocket_.send(net::WebSocketOpcode::kText, packet); }
  void send_binary(std::string_view bytes) { websocket_.send(net::WebSocketOpcode::kBinary, bytes); }
  /// The next message that is no heartbeat; "closed N" at the end.
  std::string next() {
    while (true) {
      net::WebSocketEvent event = websocket_.read();
      if (event.kind == net::WebSocketOpcode::kContinuation) return "closed 1006";
      if (event.kind == net::WebSocketOpcode::kClose) return "closed " + std::to_string(event.close_code);
      if (event.payload == "2" && event.kind == net::WebSocketOpcode::kText) {
        send("3");
        continue;
      }
      return event.payload;
    }
  }
  /// Into the namespace `/` with this `auth`; returns what the server says.
  std::string connect(std::string_view auth = "") {
    send("40" + std::string(auth));
    return next();
  }
  /// Without saying goodbye.
  void drop() { websocket_.socket().close(); }
  net::TestSocket& socket() { return websocket_.socket(); }

 private:
  net::TestWebSocket websocket_;
};

/// A gateway on a free port.
class GatewayTest : public testing::Test {
 protected:
  void start() {
    gateway_.emplace(options_, owner_, rng_);
    net::HttpServerOptions http;
    http.bind_addresses = {"127.0.0.1"};
    server_.emplace(http, [this](std::shared_ptr<net::HttpExchange> exchange) {
      gateway_->handle(std::move(exchange));
      ++handled_;
    });
    ASSERT_TRUE(server_->start());
  }
  void TearDown() override {
    if (gateway_) gateway_->stop();
    server_.reset();
    gateway_.reset();
  }
  uint16_t port() const { return server_->port(); }
  /// A request on a connection of its own; the whole answer.
  std::string talk(std::string_view method, std::string_view query, std::string_view headers = "",
                   std::string_view body = "") const {
    net::TestSocket socket(port());
    std::string request(method);
    request += " /socket.io/?" + std::string(query) + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    request += std::string(headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    socket.send(request + std::string(body));
    return socket.read_all();
  }
  static std::string body_of(const std::string& answer) {
    const size_t at = answer.find("\r\n\r\n");
    return at == std::string::npos ? answer : answer.substr(at + 4);
  }
  /// The value of a text member of a JSON text.
  static std::string member(const std::string& json, const std::string& name) {
    const std::string mark = "\"" + name + "\":\"";
    const size_t at = json.find(mark);
    if (at == std::string::npos) return "";
    return json.substr(at + mark.size(), json.find('"', at + mark.size()) - at - mark.size());
  }
  /// Asks again and again until `is_so`, which nothing announces.
  template <class F>
  static bool wait_until(F&& is_so) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!is_so()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  GatewayOptions options_;
  LockedRng<SeededRng> rng_{SeededRng(7)};
  TestOwner owner_;
  std::atomic<uint64_t> handled_{0};  ///< Requests that the gateway has seen to.
  std::optional<Gateway> gateway_;
  std::optional<net::HttpServer> server_;
};

}  // namespace parley::gateway
