#include "edge/gateway/socket_packet.h"

#include <algorithm>
#include <charconv>

#include "edge/gateway/json_text.h"
#include "json/writer.h"

namespace parley::gateway {
namespace {

/// Names that mean something to the emitters on either side; a client that sends one is refused, as by the reference.
constexpr std::string_view kReservedEvents[] = {"connect",       "connect_error", "disconnect",
                                                "disconnecting", "newListener",   "removeListener"};
/// The largest integer that JavaScript holds exactly.
constexpr uint64_t kMaxId = (uint64_t{1} << 53) - 1;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The number at the beginning of `text`, which is cut; nullopt when there is none or it is above `max`.
std::optional<uint64_t> take_number(std::string_view& text, uint64_t max) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number > max) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

struct Header {
  SocketPacket packet;
  size_t attachments = 0;
  std::string_view payload;
};
using Malformed = std::unexpected<SocketPacketError>;

/// `<type>[<attachments>-][<namespace>,][<id>][<payload>]`
Result<Header, SocketPacketError> parse_header(std::string_view text, size_t max_attachments) {
  if (text.empty() || text[0] < '0' || text[0] > '6') return Malformed(SocketPacketError::kMalformed);
  Header header;
  header.packet.type = static_cast<SocketType>(text[0]);
  text.remove_prefix(1);
  if (header.packet.type == SocketType::kBinaryEvent || header.packet.type == SocketType::kBinaryAck) {
    const auto count = take_number(text, kMaxId);
    if (!count || !text.starts_with('-')) return Malformed(SocketPacketError::kMalformed);
    if (*count > max_attachments) return Malformed(SocketPacketError::kTooManyAttachments);
    header.attachments = *count;
    text.remove_prefix(1);
    const bool is_event = header.packet.type == SocketType::kBinaryEvent;
    header.packet.type = is_event ? SocketType::kEvent : SocketType::kAck;
  }
  if (text.starts_with('/')) {
    const std::string_view name = text.substr(0, text.find(','));
    // A control character would go back in the refusal, where U+001E separates packets.
    const bool has_control = std::ranges::any_of(name, [](unsigned char c) { return c < 0x20; });
    if (name.size() > kMaxNamespaceLength || has_control) return Malformed(SocketPacketError::kMalformed);
    header.packet.namespace_name = name;
    text.remove_prefix(std::min(text.size(), name.size() + 1));
  }
  if (!text.empty() && is_digit(text[0])) {
    header.packet.id = take_number(text, kMaxId);
    if (!header.packet.id) return Malformed(SocketPacketError::kMalformed);
  }
  header.payload = text;
  return header;
}

/// Moves the payload into the packet; false when it is not what the type wants.
bool parse_payload(Header& header) {
  SocketPacket& packet = header.packet;
  switch (packet.type) {
    case SocketType::kConnect:
      packet.auth = header.payload;
      return packet.auth.empty() || is_json_object(packet.auth);
    case SocketType::kDisconnect:
      return header.payload.empty();
    case SocketType::kEvent:
    case SocketType::kAck:
      break;
    default:
      return false;  // CONNECT_ERROR is for clients.
  }
  const auto items = split_json_array(header.payload, header.attachments);
  if (!items || (packet.type == SocketType::kAck && !packet.id)) return false;
  packet.values.assign(items->begin(), items->end());
  if (packet.type == SocketType::kAck) return true;
  if (packet.values.empty()) return false;
  const std::string& name = packet.values.front();
  const bool is_text = name.starts_with('"');
  if (!is_text && name[0] != '-' && !is_digit(name[0])) return false;
  packet.event = is_text ? decode_json_string(name) : name;
  packet.values.erase(packet.values.begin());
  return std::ranges::find(kReservedEvents, packet.event) == std::end(kReservedEvents);
}

/// `<type>[<attachments>-][<namespace>,][<id>]`
std::string encode_header(SocketType type, std::string_view namespace_name, const SocketPacketContent& content) {
  std::string text(1, static_cast<char>(type));
  if (!content.attachments.empty()) {
    text[0] = static_cast<char>(type == SocketType::kEvent ? SocketType::kBinaryEvent : SocketType::kBinaryAck);
    text += std::to_string(content.attachments.size()) + "-";
  }
  if (namespace_name != "/") {
    text += namespace_name;
    text += ',';
  }
  if (content.id) text += std::to_string(*content.id);
  return text;
}

EngineMessagePtr finish(std::string_view text, std::span<const std::string_view> attachments) {
  auto message = std::make_shared<EngineMessage>();
  message->add(EngineType::kMessage, text);
  for (const std::string_view attachment : attachments) message->add_binary(attachment);
  return message;
}

}  // namespace

Result<std::optional<SocketPacket>, SocketPacketError> SocketPacketDecoder::add_text(std::string_view text) {
  if (unfinished_) return std::unexpected(SocketPacketError::kUnexpectedText);
  auto header = parse_header(text, limits_.attachments);
  if (!header) return std::unexpected(header.error());
  if (!parse_payload(*header)) return std::unexpected(SocketPacketError::kMalformed);
  if (header->attachments == 0) return std::move(header->packet);
  missing_ = header->attachments;
  held_bytes_ = 0;
  unfinished_ = std::move(header->packet);
  return std::nullopt;
}

Result<std::optional<SocketPacket>, SocketPacketError> SocketPacketDecoder::add_binary(std::string bytes) {
  if (!unfinished_) return std::unexpected(SocketPacketError::kUnexpectedBinary);
  held_bytes_ += bytes.size();
  if (held_bytes_ > limits_.attachment_bytes) return std::unexpected(SocketPacketError::kTooLarge);
  unfinished_->attachments.push_back(std::move(bytes));
  if (--missing_ > 0) return std::nullopt;
  return std::exchange(unfinished_, std::nullopt);
}

EngineMessagePtr encode_event(std::string_view namespace_name, std::string_view event,
                              const SocketPacketContent& content, std::string_view offset) {
  std::string text = encode_header(SocketType::kEvent, namespace_name, content);
  text += '[';
  json::append_string(text, event);
  for (const std::string_view value : content.values) {
    text += ',';
    text += value;
  }
  if (!offset.empty()) {
    text += ',';
    json::append_string(text, offset);
  }
  text += ']';
  return finish(text, content.attachments);
}

EngineMessagePtr encode_ack(std::string_view namespace_name, const SocketPacketContent& content) {
  std::string text = encode_header(SocketType::kAck, namespace_name, content);
  text += '[';
  for (size_t i = 0; i < content.values.size(); ++i) {
    if (i > 0) text += ',';
    text += content.values[i];
  }
  text += ']';
  return finish(text, content.attachments);
}

EngineMessagePtr encode_connect(std::string_view namespace_name, std::string_view sid, std::string_view pid) {
  std::string text = encode_header(SocketType::kConnect, namespace_name, {});
  text += R"({"sid":)";
  json::append_string(text, sid);
  if (!pid.empty()) {
    text += R"(,"pid":)";
    json::append_string(text, pid);
  }
  text += '}';
  return finish(text, {});
}

EngineMessagePtr encode_connect_error(std::string_view namespace_name, std::string_view message,
                                      std::string_view data) {
  std::string text = encode_header(SocketType::kConnectError, namespace_name, {});
  text += R"({"message":)";
  json::append_string(text, message);
  if (!data.empty()) {
    text += R"(,"data":)";
    text += data;
  }
  text += '}';
  return finish(text, {});
}

EngineMessagePtr encode_disconnect(std::string_view namespace_name) {
  std::string text = encode_header(SocketType::kDisconnect, namespace_name, {});
  return finish(text, {});
}

}  // namespace parley::gateway
