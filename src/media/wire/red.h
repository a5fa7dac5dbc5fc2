#pragma once

#include <cstdint>
#include <expected>
#include <span>

#include "base/bytes.h"

namespace parley::wire {

/// One block of a RED payload (RFC 2198 section 3).
struct RedBlock {
  ByteView payload;               ///< Into the RED payload.
  uint16_t timestamp_offset = 0;  ///< RTP clock units before the packet's timestamp; 0 for the primary.
  uint8_t payload_type = 0;
};

/// Primary and redundancy together. Browsers send one or two redundant blocks; LiveKit clients at most three.
inline constexpr size_t kRedMaxBlocks = 8;

enum class RedError : uint8_t {
  kTruncated,      ///< Headers or block sizes run over the end.
  kTooManyBlocks,  ///< More than kRedMaxBlocks.
};

/// The blocks of a RED payload, oldest first; the last is the primary. Fixed capacity, no allocation.
struct RedBlocks {
  RedBlock blocks[kRedMaxBlocks];
  size_t count = 0;
  std::span<const RedBlock> all() const { return {blocks, count}; }
  const RedBlock& primary() const { return blocks[count - 1]; }
};
std::expected<RedBlocks, RedError> parse_red(ByteView payload);

/// Gives every block the payload type `payload_type`, in place: for payloads whose blocks are all of one codec (Opus),
/// as browsers send. False, with nothing changed, when the payload is malformed.
bool rewrite_red_payload_type(MutableByteView payload, uint8_t payload_type);

/// Writes a RED payload of `blocks` (oldest first, primary last). Returns the size, or 0 when it does not fit or a
/// redundant block passes 1023 bytes or an offset of 16383.
size_t serialize_red(std::span<const RedBlock> blocks, MutableByteView out);

}  // namespace parley::wire
