#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "net/websocket_codec.h"

namespace parley::net {

/// How one connection differs from what WebSocketLimits say.
struct WebSocketTuning {
  /// kOwner: the owner's protocol has a heartbeat of its own, so no pings are sent and silence is no death.
  enum class Heartbeat : uint8_t { kServer, kOwner };
  Heartbeat heartbeat = Heartbeat::kServer;
  /// Take a client's offer of permessage-deflate. Only what send_frames() is given is ever sent compressed.
  WebSocketCompression compression = WebSocketCompression::kNone;
  size_t max_message = 0;   ///< Instead of WebSocketLimits::message, unless 0.
  size_t max_outgoing = 0;  ///< Instead of WebSocketLimits::outgoing, unless 0.
  TimeDelta max_stuck;      ///< Without the peer taking a byte of what waits; zero: no limit.
};

/// Reason given to on_close, with kAbnormal, when the connection was dropped because the peer takes too little.
inline constexpr std::string_view kSlowReader = "slow reader";

/// What the owner of a connection wants to hear. All three are called on the connection's own thread, never two at
/// once, and must not block. They may hold the WebSocket itself: they are dropped after on_close.
struct WebSocketHandlers {
  std::function<void(std::string)> on_text;  ///< Valid UTF-8.
  std::function<void(std::string)> on_binary;
  /// Exactly once, whatever ended the connection: the peer's code, ours if we closed first, or 1006.
  std::function<void(uint16_t code, std::string reason)> on_close;
  WebSocketTuning tuning;
};

/// One accepted WebSocket connection. Thread-safe. It lives until it is closed, also when nobody holds it.
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  /// Queues one message. Messages queued in the same turn leave in one write. When more than the outgoing limit is
  /// waiting the connection is dropped; after a close, nothing happens.
  virtual void send_text(std::string_view text) = 0;
  virtual void send_binary(std::string_view bytes) = 0;
  /// Queues whole frames that append_websocket_frame() made, so that one encoding serves many connections.
  virtual void send_frames(std::string_view frames) = 0;
  /// Whether frames of append_deflated_frame() may be sent.
  virtual bool takes_deflated() const = 0;
  /// Bytes queued and not yet taken by the kernel.
  virtual size_t waiting() const = 0;
  /// Everything queued before still goes out, then the close frame; a peer that does not answer it is dropped after
  /// five seconds.
  virtual void close(uint16_t code, std::string_view reason) = 0;
};

}  // namespace parley::net
