#include <algorithm>

#include "base/check.h"
#include "media/wire/keyframe.h"
#include "media/wire/red.h"
#include "media/wire/rtx.h"
#include "media/wire/vp8.h"
#include "media/wire/vp9.h"

using namespace parley;
using namespace parley::wire;

namespace {

/// Rewriting VP8 with the values it has changes nothing; with others it keeps the shape.
void check_vp8(ByteView bytes) {
  const auto d = parse_vp8(bytes);
  if (!d) return;
  PARLEY_CHECK(d->size < bytes.size());
  ByteVector copy(bytes.begin(), bytes.end());
  const Vp8Rewrite same{d->picture_id.value_or(0), d->tl0_picture_index.value_or(0), d->key_index.value_or(0)};
  PARLEY_CHECK(rewrite_vp8(copy, *d, same));
  PARLEY_CHECK(std::equal(copy.begin(), copy.end(), bytes.begin(), bytes.end()));
  PARLEY_CHECK(rewrite_vp8(copy, *d, {0x5aa5, 0x77, 0x15}));
  const auto again = parse_vp8(copy);
  PARLEY_CHECK(again.has_value() && again->size == d->size && again->temporal_id == d->temporal_id);
  PARLEY_CHECK(again->is_keyframe == d->is_keyframe);
}

/// RED blocks written again read the same; rewriting payload types keeps everything else.
void check_red(ByteView bytes) {
  const auto blocks = parse_red(bytes);
  if (!blocks) return;
  ByteVector out(bytes.size());
  PARLEY_CHECK(serialize_red(blocks->all(), out) == bytes.size());
  PARLEY_CHECK(std::equal(out.begin(), out.end(), bytes.begin(), bytes.end()));
  PARLEY_CHECK(rewrite_red_payload_type(out, 99));
  const auto again = parse_red(out);
  PARLEY_CHECK(again.has_value() && again->count == blocks->count && again->primary().payload_type == 99);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView bytes(data, size);
  check_vp8(bytes);
  check_red(bytes);
  const auto vp9 = parse_vp9(bytes);
  PARLEY_CHECK(!vp9 || vp9->size < size);
  (void)parse_rtx(bytes);
  for (const VideoCodec codec :
       {VideoCodec::kVp8, VideoCodec::kVp9, VideoCodec::kH264, VideoCodec::kH265, VideoCodec::kAv1}) {
    (void)is_keyframe(codec, bytes);
  }
  return 0;
}
