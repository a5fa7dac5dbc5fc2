#include "media/client/media_source.h"

#include <algorithm>
#include <array>

namespace parley::client {
namespace {

/// Three temporal layers, as browsers send VP8 simulcast: 0 2 1 2.
constexpr std::array<uint8_t, 4> kTemporalCycle{0, 2, 1, 2};
/// Upper layers of a cycle are smaller than its base; together they average one.
constexpr std::array<double, 4> kTemporalShare{1.6, 0.7, 1.0, 0.7};

}  // namespace

VideoSource::VideoSource(DataRate bitrate, int frames_per_second)
    : average_(static_cast<double>(bitrate.bps()) / 8 / frames_per_second) {}

VideoSource::Frame VideoSource::next(Rng& rng) {
  if (!has_picture_id_) {
    // RFC 7741 section 4.2: both may start at random values.
    picture_id_ = rng.next_u16() & 0x7fff;
    tl0_ = static_cast<uint8_t>(rng.next_u16());
    has_picture_id_ = true;
  }
  Frame frame;
  frame.is_key = wants_key_;
  double bytes = 0;
  if (wants_key_) {
    phase_ = 0;
    ++key_frames_;
    bytes = average_ * (6 + 4 * rng.unit());
    debt_ += bytes - average_;
  } else {
    const double wanted = average_ * kTemporalShare[phase_] * (0.75 + 0.5 * rng.unit());
    // Half of each frame at most pays for the key frame before.
    const double repaid = std::min(debt_, wanted / 2);
    debt_ -= repaid;
    bytes = wanted - repaid;
  }
  wants_key_ = false;
  picture_id_ = (picture_id_ + 1) & 0x7fff;
  frame.temporal_id = kTemporalCycle[phase_];
  if (frame.temporal_id == 0) ++tl0_;
  phase_ = (phase_ + 1) % kTemporalCycle.size();
  frame.bytes = static_cast<size_t>(std::max(bytes, kMinFrame));
  frame.picture_id = picture_id_;
  frame.tl0_picture_index = tl0_;
  return frame;
}

size_t next_audio_size(DataRate bitrate, Rng& rng) {
  const double average = static_cast<double>(bitrate.bps()) / 8 / 50;
  return static_cast<size_t>(std::max(40.0, average * (0.8 + 0.4 * rng.unit())));
}

}  // namespace parley::client
