#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace parley::wire {

/// RFC 4588 section 4: a retransmission's payload is the original sequence number and the original payload.
inline constexpr size_t kRtxHeaderSize = 2;

struct RtxPayload {
  uint16_t original_sequence_number = 0;
  ByteView payload;
};
/// Nullopt below two bytes: padding sent on the RTX stream to probe has no original.
constexpr std::optional<RtxPayload> parse_rtx(ByteView payload) {
  if (payload.size() < kRtxHeaderSize) return std::nullopt;
  return RtxPayload{static_cast<uint16_t>(payload[0] << 8 | payload[1]), payload.subspan(kRtxHeaderSize)};
}
/// Writes the original sequence number to the first two bytes of `out`; false when there is no room.
constexpr bool write_rtx_header(uint16_t original_sequence_number, MutableByteView out) {
  if (out.size() < kRtxHeaderSize) return false;
  out[0] = static_cast<uint8_t>(original_sequence_number >> 8);
  out[1] = static_cast<uint8_t>(original_sequence_number);
  return true;
}

}  // namespace parley::wire
