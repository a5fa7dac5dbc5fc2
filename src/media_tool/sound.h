// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "media_tool/av.h"

namespace parley::media_tool {

/// Everything is heard at this rate, in one channel.
inline constexpr int kSoundHz = 48'000;

/// Decodes `stream` to mono samples of +-1 at kSoundHz, handed on piece by piece. Damaged packets are left out. How
/// many samples there were; kMediaTooLarge as soon as they are more than `most`; kMediaUnreadable when there is no
/// decoder, no sound, or `sink` returns false.
Outcome<int64_t> decode_sound(const Container& source, const AVStream& stream, int64_t most,
                              const std::function<bool(std::span<const float>)>& sink);

/// What a voice message looks like: the loudest sample of each of 64 to 256 parts.
class Waveform {
 public:
  void add(std::span<const float> samples);
  /// Bytes of 0 to 255 (full scale), in base64. More parts for longer sounds, one for 100 ms.
  std::string finish() const;

 private:
  std::vector<float> peaks_;  ///< Of 10 ms each.
  float peak_ = 0;
  int filled_ = 0;
};

/// Writes AAC-LC (64 kb/s: voice without audible loss) at kSoundHz in one channel into an M4A.
class SoundWriter {
 public:
  static Outcome<SoundWriter> open(int fd);
  /// False when libav refuses.
  bool add(std::span<const float> samples);
  bool finish();

 private:
  SoundWriter(ContainerWriter writer, Codec encoder);
  bool encode(std::span<const float> samples);
  bool drain();

  ContainerWriter writer_;
  Codec encoder_;
  std::vector<float> waiting_;  ///< Less than one frame.
  int64_t position_ = 0;        ///< Samples encoded.
};

}  // namespace parley::media_tool
