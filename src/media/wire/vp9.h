#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "base/bytes.h"
#include "media/wire/vp8.h"

namespace parley::wire {

/// The parts of the VP9 payload descriptor (RFC 9628 section 4.2) that forwarding needs.
struct Vp9Descriptor {
  std::optional<uint16_t> picture_id;
  std::optional<uint8_t> tl0_picture_index;  ///< Non-flexible mode only.
  uint8_t temporal_id = 0;                   ///< 0 without layer indices.
  uint8_t spatial_id = 0;                    ///< 0 without layer indices.
  uint16_t size = 0;                         ///< Of the descriptor: the offset of the VP9 data.
  uint8_t spatial_layer_count = 0;           ///< From the scalability structure; 0 when it is absent.
  bool is_long_picture_id = false;           ///< 15 bits.
  bool has_layers = false;                   ///< L.
  bool is_inter_predicted = false;           ///< P.
  bool is_flexible_mode = false;             ///< F.
  bool is_frame_start = false;               ///< B: first packet of a layer frame.
  bool is_frame_end = false;                 ///< E: last packet of a layer frame.
  bool has_scalability_structure = false;    ///< V.
  bool is_not_reference_for_upper = false;   ///< Z.
  bool is_switching_up_point = false;        ///< U.
  bool is_inter_layer_predicted = false;     ///< D.

  /// First packet of a key picture: nothing decoded before is needed.
  bool is_keyframe() const { return is_frame_start && !is_inter_predicted && spatial_id == 0; }
  bool operator==(const Vp9Descriptor&) const = default;
};
std::expected<Vp9Descriptor, DescriptorError> parse_vp9(ByteView payload);

}  // namespace parley::wire
