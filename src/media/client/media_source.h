#pragma once

#include <cstddef>
#include <cstdint>

#include "base/rng.h"
#include "base/units.h"

namespace parley::client {

/// Sizes of the frames of one VP8 encoding, as a rate-controlled encoder makes them: key frames 6 to 10 times the
/// average, the others smaller for as long as it takes to make up for them. Owner: one encoding.
class VideoSource {
 public:
  VideoSource(DataRate bitrate, int frames_per_second);

  struct Frame {
    size_t bytes = 0;
    uint16_t picture_id = 0;  ///< 15 bits.
    uint8_t tl0_picture_index = 0;
    uint8_t temporal_id = 0;
    bool is_key = false;
  };
  Frame next(Rng& rng);
  void request_key_frame() { wants_key_ = true; }
  uint64_t key_frames() const { return key_frames_; }

 private:
  /// Of a frame, in bytes: room for descriptor, VP8 header and stamp.
  static constexpr double kMinFrame = 120;

  double average_;   ///< Bytes per frame at the rate.
  double debt_ = 0;  ///< Bytes above the rate so far.
  uint64_t key_frames_ = 0;
  uint16_t picture_id_ = 0;
  uint8_t tl0_ = 0;
  uint8_t phase_ = 0;  ///< In the cycle of temporal layers.
  bool wants_key_ = true;
  bool has_picture_id_ = false;
};

/// Bytes of one 20 ms Opus packet of variable rate around `bitrate`.
size_t next_audio_size(DataRate bitrate, Rng& rng);

}  // namespace parley::client
