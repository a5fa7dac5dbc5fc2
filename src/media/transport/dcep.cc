#include "media/transport/dcep.h"

namespace parley::transport {
namespace {

constexpr uint8_t kAck = 0x02;
constexpr uint8_t kOpen = 0x03;
constexpr size_t kOpenHeader = 12;

/// RFC 8832 section 5.1: the top bit means unordered, the rest which limit there is.
constexpr uint8_t kUnorderedBit = 0x80;
enum class Reliability : uint8_t { kReliable = 0, kRetransmits = 1, kLifetime = 2 };

}  // namespace

std::optional<DcepMessage> parse_dcep(ByteView bytes) {
  ByteReader reader(bytes);
  const uint8_t type = reader.u8();
  if (reader.ok() && type == kAck) return DcepAck{};
  if (!reader.ok() || type != kOpen) return std::nullopt;
  DcepOpen open;
  const uint8_t channel_type = reader.u8();
  open.parameters.priority = reader.u16();
  const uint32_t limit = reader.u32();
  const uint16_t label_size = reader.u16();
  const uint16_t protocol_size = reader.u16();
  const ByteView label = reader.bytes(label_size);
  const ByteView protocol = reader.bytes(protocol_size);
  if (!reader.ok() || label.size() > kSctpMaxLabel || protocol.size() > kSctpMaxLabel) return std::nullopt;
  open.parameters.label = as_text(label);
  open.parameters.protocol = as_text(protocol);
  if ((channel_type & kUnorderedBit) != 0) open.parameters.order = DataOrder::kUnordered;
  switch (static_cast<Reliability>(channel_type & ~kUnorderedBit)) {
    case Reliability::kReliable:
      break;
    case Reliability::kRetransmits:
      open.parameters.max_retransmits = limit;
      break;
    case Reliability::kLifetime:
      open.parameters.max_lifetime_ms = limit;
      break;
    default:
      return std::nullopt;
  }
  return open;
}

ByteVector serialize_dcep_open(const DataChannelParameters& p) {
  Reliability reliability = Reliability::kReliable;
  uint32_t limit = 0;
  if (p.max_retransmits) {
    reliability = Reliability::kRetransmits;
    limit = *p.max_retransmits;
  } else if (p.max_lifetime_ms) {
    reliability = Reliability::kLifetime;
    limit = *p.max_lifetime_ms;
  }
  ByteVector bytes(kOpenHeader + p.label.size() + p.protocol.size());
  ByteWriter writer(bytes);
  writer.u8(kOpen);
  writer.u8(static_cast<uint8_t>(reliability) | (p.order == DataOrder::kUnordered ? kUnorderedBit : 0));
  writer.u16(p.priority);
  writer.u32(limit);
  writer.u16(static_cast<uint16_t>(p.label.size()));
  writer.u16(static_cast<uint16_t>(p.protocol.size()));
  writer.bytes(as_bytes(p.label));
  writer.bytes(as_bytes(p.protocol));
  return bytes;
}

ByteVector serialize_dcep_ack() { return {kAck}; }

}  // namespace parley::transport
