#include "media/sfu/speaker_detector.h"

#include <algorithm>
#include <cmath>

namespace parley::sfu {

void SpeakerDetector::on_level(uint8_t level, TimeDelta duration) {
  if (level > kActiveLevel) return;
  active_ = active_ + duration;
  loudest_ = std::min(loudest_, level);
}

float SpeakerDetector::take_level() {
  double linear = 0;
  const double share = static_cast<double>(active_.us()) / static_cast<double>(kWindow.us());
  if (share * 100 >= kMinActivePercent) {
    // Speech that fills only part of the window sounds quieter.
    const double corrected = loudest_ - 20 * std::log10(std::min(share, 1.0));
    linear = std::pow(10.0, -corrected / 20);
  }
  loudest_ = 127;
  active_ = {};
  // Exponential smoothing over two windows.
  constexpr double kFactor = 2.0 / 3.0;
  smoothed_ += (linear - smoothed_) * kFactor;
  if (smoothed_ < 0.001) smoothed_ = 0;
  return static_cast<float>(std::ceil(smoothed_ * 8) / 8);
}

}  // namespace parley::sfu
