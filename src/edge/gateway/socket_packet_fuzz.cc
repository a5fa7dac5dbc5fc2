#include "base/bytes.h"
#include "base/check.h"
#include "base/utf8.h"
#include "edge/gateway/json_text.h"
#include "edge/gateway/socket_packet.h"

/// The input is a series of messages, each a length byte (its highest bit says binary) and that many bytes. Whatever
/// comes, the decoder stays within its limits; what it takes can be written and read again as the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  using namespace parley::gateway;
  constexpr SocketPacketLimits kLimits{.attachments = 3, .attachment_bytes = 200};
  SocketPacketDecoder decoder(kLimits);
  ByteReader in(ByteView(data, size));
  while (in.remaining() > 0) {
    const uint8_t head = in.u8();
    const std::string message(as_text(in.bytes(std::min<size_t>(head & 0x7f, in.remaining()))));
    const bool is_binary = (head & 0x80) != 0;
    if (!is_binary && !is_utf8(message)) break;  // The transport takes no other text.
    const auto packet = is_binary ? decoder.add_binary(message) : decoder.add_text(message);
    if (!packet) break;
    if (!*packet || (*packet)->type != SocketType::kEvent) continue;
    const SocketPacket& event = **packet;
    PARLEY_CHECK(event.attachments.size() <= kLimits.attachments && event.values.size() < kMaxArguments);
    PARLEY_CHECK(is_utf8(event.event));
    const std::vector<std::string_view> values(event.values.begin(), event.values.end());
    const std::vector<std::string_view> attachments(event.attachments.begin(), event.attachments.end());
    std::string payload;
    encode_event(event.namespace_name, event.event, {values, attachments, event.id})->append_to_payload(payload);
    SocketPacketDecoder again(kLimits);
    EnginePayloadReader reader(payload);
    std::optional<SocketPacket> copy;
    while (!reader.is_done()) {
      auto part = reader.next();
      PARLEY_CHECK(part.has_value());
      auto read = part->kind == PayloadKind::kText ? again.add_text(part->data) : again.add_binary(part->data);
      PARLEY_CHECK(read.has_value());
      copy = std::move(*read);
    }
    PARLEY_CHECK(copy && copy->event == event.event && copy->values == event.values && copy->id == event.id);
    PARLEY_CHECK(copy->attachments == event.attachments && copy->namespace_name == event.namespace_name);
  }
  return 0;
}
