#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "edge/gateway/engine_packet.h"

namespace parley::gateway {

/// Socket.IO 5 (docs/socket.io-protocol/v5-current.md of socketio/socket.io, "Packet encoding").
enum class SocketType : char {
  kConnect = '0',
  kDisconnect = '1',
  kEvent = '2',
  kAck = '3',
  kConnectError = '4',
  kBinaryEvent = '5',
  kBinaryAck = '6',
};

/// Bytes of a namespace's name; names are ours, so longer ones are nobody's.
inline constexpr size_t kMaxNamespaceLength = 128;

/// A packet from a client, whole. A binary one has become the plain kind with attachments.
struct SocketPacket {
  SocketType type = SocketType::kEvent;  ///< kConnect, kDisconnect, kEvent or kAck.
  std::string namespace_name = "/";
  std::optional<uint64_t> id;            ///< Of the acknowledgement asked for, or given.
  std::string auth;                      ///< Of kConnect: a JSON object, or empty.
  std::string event;                     ///< Of kEvent.
  std::vector<std::string> values;       ///< JSON texts: of kEvent without the name.
  std::vector<std::string> attachments;  ///< As many as were announced.
};

enum class SocketPacketError : uint8_t {
  kMalformed,
  kUnexpectedText,    ///< An attachment was due.
  kUnexpectedBinary,  ///< No attachment was due.
  kTooManyAttachments,
  kTooLarge,  ///< Attachments of one packet together.
};

struct SocketPacketLimits {
  size_t attachments = 10;
  size_t attachment_bytes = size_t{4} * 1000 * 1000;  ///< Of one packet together.
};

/// Puts packets together from messages. Holds one unfinished packet and nothing more. Sans-IO.
class SocketPacketDecoder {
 public:
  explicit SocketPacketDecoder(SocketPacketLimits limits) : limits_(limits) {}
  /// nullopt while attachments are missing. After an error the connection must be closed.
  Result<std::optional<SocketPacket>, SocketPacketError> add_text(std::string_view text);
  Result<std::optional<SocketPacket>, SocketPacketError> add_binary(std::string bytes);

 private:
  SocketPacketLimits limits_;
  std::optional<SocketPacket> unfinished_;
  size_t missing_ = 0;
  size_t held_bytes_ = 0;
};

/// What goes out: `values` are JSON texts and trusted; with attachments the packet is of the binary kind.
struct SocketPacketContent {
  std::span<const std::string_view> values;
  std::span<const std::string_view> attachments;
  std::optional<uint64_t> id;
};
/// `offset`, unless empty, is pushed behind the values.
EngineMessagePtr encode_event(std::string_view namespace_name, std::string_view event,
                              const SocketPacketContent& content, std::string_view offset = {});
EngineMessagePtr encode_ack(std::string_view namespace_name, const SocketPacketContent& content);
/// `pid`, unless empty, is what the client shows when it comes back.
EngineMessagePtr encode_connect(std::string_view namespace_name, std::string_view sid, std::string_view pid);
/// `data` is JSON text and trusted, or empty.
EngineMessagePtr encode_connect_error(std::string_view namespace_name, std::string_view message, std::string_view data);
EngineMessagePtr encode_disconnect(std::string_view namespace_name);

}  // namespace parley::gateway
