#include "media/forward/vp8_rewriter.h"

#include "base/sequence.h"

namespace parley::forward {
namespace {
constexpr uint16_t kPictureMask = 0x7fff;
}

void Vp8Rewriter::on_switch(const stream::MediaMeta& first) {
  if (!has_sent_) return;
  if (first.has_picture_id) {
    picture_offset_ = static_cast<uint16_t>(newest_picture_ + 1 - first.picture_id) & kPictureMask;
  }
  if (first.has_tl0) tl0_offset_ = static_cast<uint8_t>(newest_tl0_ + 1 - first.tl0_picture_index);
}

Vp8Rewriter::Values Vp8Rewriter::map(const stream::MediaMeta& media) {
  const Values values{static_cast<uint16_t>((media.picture_id + picture_offset_) & kPictureMask),
                      static_cast<uint8_t>(media.tl0_picture_index + tl0_offset_)};
  // Shifted up by one, the 15-bit number compares as a 16-bit one.
  const auto shifted = static_cast<uint16_t>(values.picture_id << 1);
  if (!has_sent_ || is_newer<uint16_t>(shifted, static_cast<uint16_t>(newest_picture_ << 1))) {
    newest_picture_ = values.picture_id;
  }
  if (!has_sent_ || is_newer<uint8_t>(values.tl0_picture_index, newest_tl0_)) newest_tl0_ = values.tl0_picture_index;
  has_sent_ = true;
  return values;
}

}  // namespace parley::forward
