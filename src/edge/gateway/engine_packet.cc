#include "edge/gateway/engine_packet.h"

#include "base/base64.h"
#include "base/bytes.h"
#include "base/utf8.h"
#include "net/websocket_codec.h"

namespace parley::gateway {
namespace {

constexpr char kSeparator = '\x1e';

}  // namespace

std::optional<EnginePacket> parse_engine_packet(std::string_view text) {
  if (text.empty() || text[0] < '0' || text[0] > '6') return std::nullopt;
  return EnginePacket{static_cast<EngineType>(text[0]), PayloadKind::kText, std::string(text.substr(1))};
}

std::optional<EnginePacket> EnginePayloadReader::next() {
  const size_t end = rest_.find(kSeparator);
  const std::string_view part = rest_.substr(0, end);
  is_done_ = end == std::string_view::npos;
  rest_ = is_done_ ? std::string_view() : rest_.substr(end + 1);
  std::optional<EnginePacket> packet;
  if (part.starts_with('b')) {
    const auto bytes = base64_decode(part.substr(1));
    if (bytes) packet = {EngineType::kMessage, PayloadKind::kBinary, std::string(as_text(*bytes))};
  } else if (is_utf8(part)) {
    packet = parse_engine_packet(part);
  }
  if (!packet) is_done_ = false;
  return packet;
}

void EngineMessage::add(EngineType type, std::string_view text) {
  std::string packet(1, static_cast<char>(type));
  packet += text;
  net::append_websocket_frame(frames_, net::WebSocketOpcode::kText, packet);
}

void EngineMessage::add_binary(std::string_view bytes) {
  net::append_websocket_frame(frames_, net::WebSocketOpcode::kBinary, bytes);
}

void EngineMessage::append_to_payload(std::string& payload) const {
  ByteReader in(as_bytes(frames_));
  while (in.remaining() > 0) {
    const auto opcode = static_cast<net::WebSocketOpcode>(in.u8() & 0x0f);
    uint64_t size = in.u8();
    if (size == 126) {
      size = in.u16();
    } else if (size == 127) {
      size = in.u64();
    }
    const ByteView data = in.bytes(size);
    if (!payload.empty()) payload += kSeparator;
    if (opcode == net::WebSocketOpcode::kBinary) {
      payload += 'b';
      payload += base64_encode(data);
    } else {
      payload += as_text(data);
    }
  }
}

EngineMessagePtr make_engine_message(EngineType type, std::string_view text) {
  auto message = std::make_shared<EngineMessage>();
  message->add(type, text);
  return message;
}

}  // namespace parley::gateway
