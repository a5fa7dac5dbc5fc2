#include "media/wire/keyframe.h"

#include <optional>

#include "media/wire/vp8.h"
#include "media/wire/vp9.h"

namespace parley::wire {
namespace {

/// RFC 6184 section 5.2 and H.264 table 7-1.
enum H264Type : uint8_t { kH264Idr = 5, kH264Sps = 7, kH264StapA = 24, kH264FuA = 28 };
bool is_h264_start(uint8_t type) { return type == kH264Idr || type == kH264Sps; }

/// RFC 7798 section 4.4 and H.265 table 7-1.
enum H265Type : uint8_t {
  kH265FirstIrap = 16,
  kH265LastIrap = 23,
  kH265Vps = 32,
  kH265Sps = 33,
  kH265Aggregation = 48,
  kH265Fragment = 49,
};
bool is_h265_start(uint8_t type) {
  return (type >= kH265FirstIrap && type <= kH265LastIrap) || type == kH265Vps || type == kH265Sps;
}
uint8_t h265_type(uint8_t first_byte) { return first_byte >> 1 & 0x3f; }

/// True when one of the size-prefixed units at the reader begins with a byte for which `is_start` holds.
template <class F>
bool any_aggregated(ByteReader r, F is_start) {
  while (r.remaining() > 2) {
    const ByteView unit = r.bytes(r.u16());
    if (!r.ok() || unit.empty()) return false;
    if (is_start(unit[0])) return true;
  }
  return false;
}

/// AV1 specification section 4.10.5, at most four bytes here: an RTP payload has fewer than 2^16.
std::optional<size_t> read_leb128(ByteReader& r) {
  size_t value = 0;
  for (unsigned shift = 0; shift < 28; shift += 7) {
    const uint8_t byte = r.u8();
    value |= static_cast<size_t>(byte & 0x7f) << shift;
    if (!r.ok()) return std::nullopt;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

}  // namespace

bool is_h264_keyframe(ByteView payload) {
  if (payload.empty()) return false;
  const uint8_t type = payload[0] & 0x1f;
  if (type == kH264StapA) {
    return any_aggregated(ByteReader(payload.subspan(1)), [](uint8_t first) { return is_h264_start(first & 0x1f); });
  }
  if (type == kH264FuA) {
    return payload.size() > 2 && (payload[1] & 0x80) != 0 && is_h264_start(payload[1] & 0x1f);
  }
  return is_h264_start(type);
}

bool is_h265_keyframe(ByteView payload) {
  if (payload.size() < 3) return false;
  const uint8_t type = h265_type(payload[0]);
  if (type == kH265Aggregation) {
    return any_aggregated(ByteReader(payload.subspan(2)),
                          [](uint8_t first) { return is_h265_start(h265_type(first)); });
  }
  if (type == kH265Fragment) return (payload[2] & 0x80) != 0 && is_h265_start(payload[2] & 0x3f);
  return is_h265_start(type);
}

bool is_av1_keyframe(ByteView payload) {
  ByteReader r(payload);
  const uint8_t head = r.u8();
  // Z: the packet begins inside an OBU of the packet before, so no frame starts here.
  if (!r.ok() || r.remaining() == 0 || (head & 0x80) != 0) return false;
  if ((head & 0x08) != 0) return true;
  // Senders that leave N clear: a coded video sequence begins with a sequence header (type 1).
  // W = 1 means one element, which then has no size before it.
  if ((head & 0x30) != 0x10 && read_leb128(r).value_or(0) == 0) return false;
  constexpr uint8_t kSequenceHeader = 1;
  return (r.u8() >> 3 & 15) == kSequenceHeader && r.ok();
}

bool is_keyframe(VideoCodec codec, ByteView payload) {
  switch (codec) {
    case VideoCodec::kVp8: {
      const auto descriptor = parse_vp8(payload);
      return descriptor && descriptor->is_keyframe;
    }
    case VideoCodec::kVp9: {
      const auto descriptor = parse_vp9(payload);
      return descriptor && descriptor->is_keyframe();
    }
    case VideoCodec::kH264:
      return is_h264_keyframe(payload);
    case VideoCodec::kH265:
      return is_h265_keyframe(payload);
    case VideoCodec::kAv1:
      return is_av1_keyframe(payload);
  }
  return false;
}

}  // namespace parley::wire
