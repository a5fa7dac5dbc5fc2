#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace parley::net {

/// RFC 6455 section 5.2.
enum class WebSocketOpcode : uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

/// Close codes (RFC 6455 section 7.4.1).
namespace close_code {
inline constexpr uint16_t kNormal = 1000;
inline constexpr uint16_t kGoingAway = 1001;
inline constexpr uint16_t kProtocolError = 1002;
inline constexpr uint16_t kNoStatus = 1005;  ///< Never sent: the peer's close frame had no code.
inline constexpr uint16_t kAbnormal = 1006;  ///< Never sent: the connection ended without a close frame.
inline constexpr uint16_t kInvalidText = 1007;
inline constexpr uint16_t kPolicy = 1008;
inline constexpr uint16_t kTooBig = 1009;
}  // namespace close_code

/// A control frame's payload, bytes; of a close reason two less.
inline constexpr size_t kMaxControlPayload = 125;

/// Something whole that arrived.
struct WebSocketEvent {
  WebSocketOpcode kind = WebSocketOpcode::kText;  ///< Never kContinuation.
  std::string payload;      ///< The message; of a close frame the reason. Text and reasons are valid UTF-8.
  uint16_t close_code = 0;  ///< Of a close frame.
};

/// Clients mask, servers do not (RFC 6455 section 5.1).
enum class WebSocketSide : uint8_t { kServer, kClient };

/// Whether the peer may compress its messages (RFC 7692).
enum class WebSocketCompression : uint8_t { kNone, kDeflate };

/// Turns received bytes into messages and control frames. Enforces masking, lengths, fragmentation, UTF-8 and the
/// message limit; holds one unfinished message and nothing more. Sans-IO.
class WebSocketReader {
 public:
  WebSocketReader(WebSocketSide self, size_t max_message_size,
                  WebSocketCompression compression = WebSocketCompression::kNone)
      : self_(self), max_message_size_(max_message_size), compression_(compression) {}

  /// Appends what became complete. After a failure or a close frame further bytes are ignored.
  void consume(ByteView bytes, std::vector<WebSocketEvent>& events);
  /// The code with which the connection must be closed; 0 as long as the peer behaves.
  uint16_t failure() const { return failure_; }

 private:
  size_t header_size() const;
  size_t consume_header(ByteView bytes);
  void on_header();
  uint16_t check_header() const;
  size_t consume_payload(ByteView bytes);
  void on_frame(std::vector<WebSocketEvent>& events);
  void on_message_end(std::vector<WebSocketEvent>& events);
  void on_close_frame(std::vector<WebSocketEvent>& events);
  bool is_control() const { return (header_[0] & 0x08) != 0; }
  bool is_final() const { return (header_[0] & 0x80) != 0; }
  WebSocketOpcode opcode() const { return static_cast<WebSocketOpcode>(header_[0] & 0x0f); }
  void fail(uint16_t code) { failure_ = code; }

  WebSocketSide self_;
  size_t max_message_size_;
  WebSocketCompression compression_;
  std::array<uint8_t, 14> header_{};
  size_t header_fill_ = 0;
  bool in_payload_ = false;
  uint64_t payload_size_ = 0;
  uint64_t payload_done_ = 0;
  std::array<uint8_t, 4> mask_{};
  std::string control_;
  std::string message_;
  std::optional<WebSocketOpcode> message_kind_;  ///< Set between the first and the last fragment.
  bool is_compressed_ = false;                   ///< The message.
  bool is_closed_ = false;
  uint16_t failure_ = 0;
};

/// A client's mask; absent on the server's side.
using WebSocketMask = std::optional<std::array<uint8_t, 4>>;

/// Appends one unfragmented frame.
void append_websocket_frame(std::string& out, WebSocketOpcode opcode, std::string_view payload,
                            const WebSocketMask& mask = std::nullopt);
/// Payload of a close frame; the reason is cut to what fits, at a character's border. kNoStatus gives an empty one.
std::string make_close_payload(uint16_t code, std::string_view reason);
/// Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455 section 4.2.2).
std::string websocket_accept_key(std::string_view key);

}  // namespace parley::net
