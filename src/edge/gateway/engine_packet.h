#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace parley::gateway {

/// Engine.IO 4 (docs/engine.io-protocol/v4-current.md of socketio/socket.io, "Packet encoding").
enum class EngineType : char {
  kOpen = '0',
  kClose = '1',
  kPing = '2',
  kPong = '3',
  kMessage = '4',
  kUpgrade = '5',
  kNoop = '6',
};

enum class PayloadKind : uint8_t { kText, kBinary };

/// A packet that arrived. Binary ones are messages always.
struct EnginePacket {
  EngineType type = EngineType::kMessage;
  PayloadKind kind = PayloadKind::kText;
  std::string data;
};

/// One packet in the form of text: of a WebSocket text message, or of a polling payload. Binary data is "b" and base64
/// there. nullopt when the type is none. (A binary WebSocket message is its packet's data.)
std::optional<EnginePacket> parse_engine_packet(std::string_view text);

/// Takes the packets out of a polling payload one by one: they are separated by U+001E. The payload must outlive it.
class EnginePayloadReader {
 public:
  explicit EnginePayloadReader(std::string_view payload) : rest_(payload) {}
  /// Nothing left to read, and nothing went wrong.
  bool is_done() const { return is_done_; }
  /// The next packet; nullopt when it is none, after which the rest must be left alone.
  std::optional<EnginePacket> next();

 private:
  std::string_view rest_;
  bool is_done_ = false;
};

/// One or more packets that go out together, encoded once and shared by all who get them: as unmasked WebSocket
/// frames, from which a polling payload is made where one is needed.
class EngineMessage {
 public:
  void add(EngineType type, std::string_view text);
  void add_binary(std::string_view bytes);
  /// What a WebSocket sends.
  const std::string& frames() const { return frames_; }
  /// The same with packets of `threshold` bytes and more compressed; made once, by the first who asks.
  const std::string& deflated_frames(size_t threshold) const;
  /// Appends the packets to a polling payload, with separators.
  void append_to_payload(std::string& payload) const;
  size_t size() const { return frames_.size(); }
  bool has_binary() const { return has_binary_; }
  /// The same with binary packets as text, for clients that cannot take them.
  std::shared_ptr<const EngineMessage> as_text_only() const;

 private:
  /// Calls `use(kind, data)` for every packet.
  template <class F>
  void for_each(F&& use) const;

  std::string frames_;
  bool has_binary_ = false;
  mutable std::once_flag is_deflated_;
  mutable std::string deflated_;
};
/// Shared by the queues of all receivers.
using EngineMessagePtr = std::shared_ptr<const EngineMessage>;

EngineMessagePtr make_engine_message(EngineType type, std::string_view text = {});

}  // namespace parley::gateway
