#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "net/websocket_codec.h"

namespace parley::net {

/// A blocking TCP client of loopback for tests: what it sends and sees is bytes, so that it shares no code with the
/// server under test. A read that gets nothing for ten seconds counts as the end of the stream.
class TestSocket {
 public:
  explicit TestSocket(uint16_t port, int receive_buffer = 0) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  TestSocket(TestSocket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), is_connected_(other.is_connected_), buffer_(std::move(other.buffer_)) {}
  ~TestSocket() { close(); }

  bool is_connected() const { return is_connected_; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  /// False once the peer has gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(size));
    }
    return true;
  }
  /// Up to and including `mark`; what there was, when the stream ends before it.
  std::string read_until(std::string_view mark) {
    while (!buffer_.contains(mark) && receive()) continue;
    const size_t at = buffer_.find(mark);
    return take(at == std::string::npos ? buffer_.size() : at + mark.size());
  }
  std::string read(size_t size) {
    while (buffer_.size() < size && receive()) continue;
    return take(std::min(size, buffer_.size()));
  }
  std::string read_all() {
    while (receive()) continue;
    return take(buffer_.size());
  }

 private:
  bool receive() {
    char chunk[16384];
    const ssize_t size = ::recv(fd_, chunk, sizeof chunk, 0);
    if (size <= 0) return false;
    buffer_.append(chunk, static_cast<size_t>(size));
    return true;
  }
  std::string take(size_t size) {
    std::string out = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return out;
  }

  int fd_;
  bool is_connected_ = false;
  std::string buffer_;
};

/// The client side of a WebSocket, over a TestSocket.
class TestWebSocket {
 public:
  explicit TestWebSocket(uint16_t port, std::string_view path = "/", int receive_buffer = 0)
      : socket_(port, receive_buffer) {
    socket_.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\n" +
                 "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  }

  std::string read_handshake() { return socket_.read_until("\r\n\r\n"); }
  bool send(WebSocketOpcode opcode, std::string_view payload) {
    std::string frame;
    append_websocket_frame(frame, opcode, payload, std::array<uint8_t, 4>{1, 2, 3, 4});
    return socket_.send(frame);
  }
  /// The next event that is not a ping; kind kContinuation when the stream has ended.
  WebSocketEvent read() {
    while (true) {
      while (next_ < events_.size()) {
        if (events_[next_++].kind != WebSocketOpcode::kPing) return events_[next_ - 1];
      }
      const std::string byte = socket_.read(1);
      if (byte.empty()) return {WebSocketOpcode::kContinuation, {}, 0};
      reader_.consume(as_bytes(byte), events_);
    }
  }
  TestSocket& socket() { return socket_; }

 private:
  TestSocket socket_;
  WebSocketReader reader_{WebSocketSide::kClient, 64 * 1024 * 1024};
  std::vector<WebSocketEvent> events_;
  size_t next_ = 0;
};

}  // namespace parley::net
