#include "media/wire/vp9.h"

namespace parley::wire {
namespace {

/// RFC 9628 section 4.2: up to three reference indices; the low bit says that another follows.
constexpr int kMaxReferences = 3;

void skip_references(ByteReader& r) {
  for (int i = 0; i < kMaxReferences && (r.u8() & 1) != 0; ++i) {
  }
}

/// RFC 9628 section 4.2.1.
void read_scalability_structure(ByteReader& r, Vp9Descriptor& d) {
  const uint8_t head = r.u8();
  d.spatial_layer_count = static_cast<uint8_t>((head >> 5) + 1);
  if ((head & 0x10) != 0) r.skip(size_t{d.spatial_layer_count} * 4);  // Width and height of each layer.
  if ((head & 0x08) == 0) return;
  const uint8_t pictures = r.u8();
  for (int i = 0; i < pictures && r.ok(); ++i) r.skip(r.u8() >> 2 & 3);
}

}  // namespace

std::expected<Vp9Descriptor, DescriptorError> parse_vp9(ByteView payload) {
  if (payload.empty()) return std::unexpected(DescriptorError::kEmptyPayload);
  ByteReader r(payload);
  Vp9Descriptor d;
  const uint8_t flags = r.u8();
  d.is_inter_predicted = (flags & 0x40) != 0;
  d.has_layers = (flags & 0x20) != 0;
  d.is_flexible_mode = (flags & 0x10) != 0;
  d.is_frame_start = (flags & 0x08) != 0;
  d.is_frame_end = (flags & 0x04) != 0;
  d.has_scalability_structure = (flags & 0x02) != 0;
  d.is_not_reference_for_upper = (flags & 0x01) != 0;
  if ((flags & 0x80) != 0) {
    const uint8_t first = r.u8();
    d.is_long_picture_id = (first & 0x80) != 0;
    d.picture_id = first & 0x7f;
    if (d.is_long_picture_id) d.picture_id = static_cast<uint16_t>((first & 0x7f) << 8 | r.u8());
  }
  if (d.has_layers) {
    const uint8_t layers = r.u8();
    d.temporal_id = static_cast<uint8_t>(layers >> 5);
    d.is_switching_up_point = (layers & 0x10) != 0;
    d.spatial_id = layers >> 1 & 7;
    d.is_inter_layer_predicted = (layers & 1) != 0;
    if (!d.is_flexible_mode) d.tl0_picture_index = r.u8();
  }
  if (d.is_flexible_mode && d.is_inter_predicted) skip_references(r);
  if (d.has_scalability_structure) read_scalability_structure(r, d);
  if (!r.ok()) return std::unexpected(DescriptorError::kTruncated);
  if (r.remaining() == 0) return std::unexpected(DescriptorError::kEmptyPayload);
  d.size = static_cast<uint16_t>(r.offset());
  return d;
}

}  // namespace parley::wire
