#include "edge/gateway/engine_packet.h"

#include "base/base64.h"
#include "base/bytes.h"
#include "base/utf8.h"
#include "net/websocket_codec.h"
#include "net/websocket_deflate.h"

namespace parley::gateway {
namespace {

constexpr char kSeparator = '\x1e';
constexpr char kBinaryMark = 'b';

}  // namespace

std::optional<EnginePacket> parse_engine_packet(std::string_view text) {
  if (text.starts_with(kBinaryMark)) {
    const auto bytes = base64_decode(text.substr(1));
    if (!bytes) return std::nullopt;
    return EnginePacket{EngineType::kMessage, PayloadKind::kBinary, std::string(as_text(*bytes))};
  }
  if (text.empty() || text[0] < '0' || text[0] > '6' || !is_utf8(text)) return std::nullopt;
  return EnginePacket{static_cast<EngineType>(text[0]), PayloadKind::kText, std::string(text.substr(1))};
}

std::optional<EnginePacket> EnginePayloadReader::next() {
  const size_t end = rest_.find(kSeparator);
  auto packet = parse_engine_packet(rest_.substr(0, end));
  is_done_ = packet && end == std::string_view::npos;
  rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
  return packet;
}

void EngineMessage::add(EngineType type, std::string_view text) {
  std::string packet(1, static_cast<char>(type));
  packet += text;
  net::append_websocket_frame(frames_, net::WebSocketOpcode::kText, packet);
}

void EngineMessage::add_binary(std::string_view bytes) {
  net::append_websocket_frame(frames_, net::WebSocketOpcode::kBinary, bytes);
  has_binary_ = true;
}

template <class F>
void EngineMessage::for_each(F&& use) const {
  ByteReader in(as_bytes(frames_));
  while (in.remaining() > 0) {
    const auto opcode = static_cast<net::WebSocketOpcode>(in.u8() & 0x0f);
    uint64_t size = in.u8();
    if (size == 126) {
      size = in.u16();
    } else if (size == 127) {
      size = in.u64();
    }
    const bool is_binary = opcode == net::WebSocketOpcode::kBinary;
    use(is_binary ? PayloadKind::kBinary : PayloadKind::kText, in.bytes(size));
  }
}

void EngineMessage::append_to_payload(std::string& payload) const {
  for_each([&](PayloadKind kind, ByteView data) {
    if (!payload.empty()) payload += kSeparator;
    if (kind == PayloadKind::kText) {
      payload += as_text(data);
    } else {
      payload += kBinaryMark;
      payload += base64_encode(data);
    }
  });
}

EngineMessagePtr EngineMessage::as_text_only() const {
  auto out = std::make_shared<EngineMessage>();
  for_each([&](PayloadKind kind, ByteView data) {
    const std::string text =
        kind == PayloadKind::kText ? std::string(as_text(data)) : kBinaryMark + base64_encode(data);
    net::append_websocket_frame(out->frames_, net::WebSocketOpcode::kText, text);
  });
  return out;
}

const std::string& EngineMessage::deflated_frames(size_t threshold) const {
  if (frames_.size() < threshold) return frames_;
  std::call_once(is_deflated_, [&] {
    for_each([&](PayloadKind kind, ByteView data) {
      const auto opcode = kind == PayloadKind::kText ? net::WebSocketOpcode::kText : net::WebSocketOpcode::kBinary;
      if (data.size() >= threshold) {
        net::append_deflated_frame(deflated_, opcode, as_text(data));
      } else {
        net::append_websocket_frame(deflated_, opcode, as_text(data));
      }
    });
  });
  return deflated_;
}

EngineMessagePtr make_engine_message(EngineType type, std::string_view text) {
  auto message = std::make_shared<EngineMessage>();
  message->add(type, text);
  return message;
}

}  // namespace parley::gateway
