#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "media/shard/udp_socket.h"
#include "net/websocket_codec.h"
#include "tools/tcp_stream.h"

namespace parley::tools {

/// A client's WebSocket on a socket that never blocks: the HTTP upgrade, then binary messages. Its owner waits for
/// readiness and calls on_readable() and on_writable(). Failures are a state, not an event.
class SignalSocket {
 public:
  /// Largest message taken: a join of a room with thousands of participants.
  static constexpr size_t kMaxMessage = 16 * 1024 * 1024;
  /// Of an HTTP answer: head, and the text of a refusal.
  static constexpr size_t kMaxAnswer = 64 * 1024;

  struct Target {
    std::string host;    ///< For the Host header.
    std::string target;  ///< Path and query, escaped.
  };
  SignalSocket(TcpStream stream, const Target& target, Rng& rng);

  int fd() const { return stream_.fd(); }
  bool is_open() const { return state_ == State::kOpen; }
  bool is_closed() const { return state_ == State::kClosed; }
  /// Of a refused upgrade; 0 otherwise.
  int refused_status() const { return refused_status_; }
  /// Why it is closed.
  const std::string& error() const { return error_; }
  bool wants_write() const { return stream_.wants_write(); }

  /// Appends the binary messages that became complete.
  void on_readable(std::vector<std::string>& messages);
  void on_writable();
  /// Queued while the upgrade is under way.
  void send(std::string_view message);
  /// Says goodbye. The socket closes when the server has answered: a socket closed with something unread resets the
  /// connection, and then the server may never see what was sent last.
  void close();

 private:
  enum class State : uint8_t { kUpgrading, kOpen, kClosed };
  void on_upgrade_bytes(ByteView bytes, std::vector<std::string>& messages);
  void on_frames(ByteView bytes, std::vector<std::string>& messages);
  void fail(std::string error);
  net::WebSocketMask make_mask();

  TcpStream stream_;
  Rng& rng_;
  State state_ = State::kUpgrading;
  std::string key_;
  std::string answer_;   ///< Of the upgrade, as far as it came.
  std::string waiting_;  ///< Frames made before the upgrade was answered.
  net::WebSocketReader reader_{net::WebSocketSide::kClient, kMaxMessage};
  std::vector<net::WebSocketEvent> events_;
  int refused_status_ = 0;
  std::string error_;
};

}  // namespace parley::tools
