#pragma once

#include <cstdint>

#include "base/time.h"

namespace parley::sfu {

/// Decides from the audio levels of one track (RFC 6464) whether its owner speaks, and how loudly. The numbers are
/// LiveKit's defaults, so that applications tuned to it behave the same. Owner: one audio track.
class SpeakerDetector {
 public:
  /// How often speakers are compared and reported.
  static constexpr TimeDelta kWindow = TimeDelta::millis(400);
  /// Samples at this level in -dBov or louder count as speech.
  static constexpr uint8_t kActiveLevel = 35;
  /// Share of the window that must be speech, in percent.
  static constexpr int kMinActivePercent = 40;

  /// `level` is -dBov: 0 loudest, 127 silence. `duration` is what the packet covers.
  void on_level(uint8_t level, TimeDelta duration);
  /// Ends a window: the smoothed loudness, 0 for silence up to 1, in steps of 1/8.
  float take_level();

 private:
  uint8_t loudest_ = 127;
  TimeDelta active_;
  double smoothed_ = 0;
};

}  // namespace parley::sfu
