#include "media/wire/vp8.h"

namespace parley::wire {
namespace {

/// Where the optional fields are; 0 when absent (offset 0 is the mandatory byte).
struct Layout {
  uint8_t picture_id = 0;
  uint8_t tl0 = 0;
  uint8_t tid_key = 0;
  uint8_t size = 1;
  bool is_long_picture_id = false;
  bool has_temporal_id = false;
  bool has_key_index = false;
};

/// RFC 7741 section 4.2. Nullopt when the payload ends inside the descriptor.
std::optional<Layout> layout_of(ByteView payload) {
  Layout layout;
  if (payload.empty()) return std::nullopt;
  if ((payload[0] & 0x80) == 0) return layout;
  if (payload.size() < 2) return std::nullopt;
  const uint8_t flags = payload[1];
  uint8_t at = 2;
  if ((flags & 0x80) != 0) {
    if (payload.size() <= at) return std::nullopt;
    layout.picture_id = at;
    layout.is_long_picture_id = (payload[at] & 0x80) != 0;
    at = static_cast<uint8_t>(at + (layout.is_long_picture_id ? 2 : 1));
  }
  if ((flags & 0x40) != 0) layout.tl0 = at++;
  layout.has_temporal_id = (flags & 0x20) != 0;
  layout.has_key_index = (flags & 0x10) != 0;
  // One byte holds TID, Y and KEYIDX, and is there when either flag is set.
  if (layout.has_temporal_id || layout.has_key_index) layout.tid_key = at++;
  layout.size = at;
  if (payload.size() < layout.size) return std::nullopt;
  return layout;
}

}  // namespace

std::expected<Vp8Descriptor, DescriptorError> parse_vp8(ByteView payload) {
  if (payload.empty()) return std::unexpected(DescriptorError::kEmptyPayload);
  const auto layout = layout_of(payload);
  if (!layout) return std::unexpected(DescriptorError::kTruncated);
  if (payload.size() == layout->size) return std::unexpected(DescriptorError::kEmptyPayload);
  Vp8Descriptor d;
  d.size = layout->size;
  d.is_non_reference = (payload[0] & 0x20) != 0;
  d.is_partition_start = (payload[0] & 0x10) != 0;
  d.partition_index = payload[0] & 7;
  d.is_long_picture_id = layout->is_long_picture_id;
  if (layout->picture_id != 0) {
    const uint8_t first = payload[layout->picture_id] & 0x7f;
    d.picture_id = d.is_long_picture_id ? static_cast<uint16_t>(first << 8 | payload[layout->picture_id + 1u]) : first;
  }
  if (layout->tl0 != 0) d.tl0_picture_index = payload[layout->tl0];
  if (layout->tid_key != 0) {
    const uint8_t byte = payload[layout->tid_key];
    if (layout->has_temporal_id) {
      d.temporal_id = static_cast<uint8_t>(byte >> 6);
      d.is_layer_sync = (byte & 0x20) != 0;
    }
    if (layout->has_key_index) d.key_index = byte & 0x1f;
  }
  // RFC 7741 section 4.3: the P bit of the payload header is the inverse of "key frame".
  d.is_keyframe = d.is_frame_start() && (payload[d.size] & 1) == 0;
  return d;
}

bool rewrite_vp8(MutableByteView payload, const Vp8Descriptor& descriptor, const Vp8Rewrite& values) {
  const auto layout = layout_of(payload);
  if (!layout || layout->size != descriptor.size || layout->is_long_picture_id != descriptor.is_long_picture_id) {
    return false;
  }
  if (layout->is_long_picture_id) {
    payload[layout->picture_id] = static_cast<uint8_t>(0x80 | (values.picture_id >> 8 & 0x7f));
    payload[layout->picture_id + 1u] = static_cast<uint8_t>(values.picture_id);
  } else if (layout->picture_id != 0) {
    payload[layout->picture_id] = values.picture_id & 0x7f;
  }
  if (layout->tl0 != 0) payload[layout->tl0] = values.tl0_picture_index;
  if (layout->has_key_index) {
    payload[layout->tid_key] = static_cast<uint8_t>((payload[layout->tid_key] & 0xe0) | (values.key_index & 0x1f));
  }
  return true;
}

}  // namespace parley::wire
