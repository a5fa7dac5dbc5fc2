#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "net/websocket_codec.h"

namespace parley::net {

/// What the owner of a connection wants to hear. All three are called on the connection's own thread, never two at
/// once, and must not block. They may hold the WebSocket itself: they are dropped after on_close.
struct WebSocketHandlers {
  std::function<void(std::string)> on_text;  ///< Valid UTF-8.
  std::function<void(std::string)> on_binary;
  /// Exactly once, whatever ended the connection: the peer's code, ours if we closed first, or 1006.
  std::function<void(uint16_t code, std::string reason)> on_close;
};

/// One accepted WebSocket connection. Thread-safe. It lives until it is closed, also when nobody holds it.
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  /// Queues one message. Messages queued in the same turn leave in one write. When more than the outgoing limit is
  /// waiting the connection is dropped; after a close, nothing happens.
  virtual void send_text(std::string_view text) = 0;
  virtual void send_binary(std::string_view bytes) = 0;
  /// Everything queued before still goes out, then the close frame; a peer that does not answer it is dropped after
  /// five seconds.
  virtual void close(uint16_t code, std::string_view reason) = 0;
};

}  // namespace parley::net
