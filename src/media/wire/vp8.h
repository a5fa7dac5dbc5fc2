#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "base/bytes.h"

namespace parley::wire {

/// Why a VP8 or VP9 payload descriptor could not be read.
enum class DescriptorError : uint8_t { kTruncated, kEmptyPayload };

/// The VP8 payload descriptor (RFC 7741 section 4.2).
struct Vp8Descriptor {
  std::optional<uint16_t> picture_id;  ///< 7 or 15 bits.
  std::optional<uint8_t> tl0_picture_index;
  std::optional<uint8_t> temporal_id;  ///< 0 to 3.
  std::optional<uint8_t> key_index;    ///< 5 bits.
  uint8_t size = 0;                    ///< Of the descriptor, 1 to 6 bytes: the offset of the VP8 data.
  uint8_t partition_index = 0;
  bool is_long_picture_id = false;  ///< 15 bits.
  bool is_layer_sync = false;       ///< Y: depends on the base layer only.
  bool is_non_reference = false;    ///< N: may be dropped without harm.
  bool is_partition_start = false;  ///< S.
  bool is_keyframe = false;         ///< First packet of a key frame.

  /// First packet of a frame: start of partition 0.
  bool is_frame_start() const { return is_partition_start && partition_index == 0; }
  bool operator==(const Vp8Descriptor&) const = default;
};
std::expected<Vp8Descriptor, DescriptorError> parse_vp8(ByteView payload);

/// New values for the fields that a descriptor has.
struct Vp8Rewrite {
  uint16_t picture_id = 0;  ///< Cut to 7 bits when the descriptor's field is short.
  uint8_t tl0_picture_index = 0;
  uint8_t key_index = 0;
};
/// Rewrites the fields that are present, in place; presence and size stay. `payload` must be the one (or a copy of the
/// one) that `descriptor` was read from; false, with nothing changed, when its size or flags show that it is not.
bool rewrite_vp8(MutableByteView payload, const Vp8Descriptor& descriptor, const Vp8Rewrite& values);

}  // namespace parley::wire
