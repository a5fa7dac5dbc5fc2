#include "media/client/audio_checker.h"

#include <algorithm>

namespace parley::client {
namespace {
constexpr int32_t kTicksPerMs = 48;
}

AudioChecker::Outcome AudioChecker::on_packet(int64_t sequence, uint32_t timestamp, Timestamp now) {
  constexpr auto kSize = static_cast<int64_t>(kWindow);
  if (next_ < 0) {
    next_ = sequence;
    newest_ = sequence - 1;
    base_ = now + delay_;
    base_sequence_ = sequence;
  } else if (sequence > newest_) {
    const auto ticks = static_cast<int32_t>(timestamp - newest_timestamp_);
    const TimeDelta silence = TimeDelta::millis(ticks / kTicksPerMs) - kPacketTime * (sequence - newest_);
    // Rounding, and the server's guess at a change of source, are not silence.
    if (silence >= kPacketTime) base_ += silence;
  }
  // What is due by now is played first, without this packet: it came too late for its own time.
  const int64_t due = base_sequence_ + (now - base_).us() / kPacketTime.us();
  if (now >= base_) play(due);
  if (sequence <= newest_ - kSize) return Outcome::kTooOld;
  if (sequence > newest_) {
    if (sequence - kSize >= next_) play(sequence - kSize);
    for (int64_t s = std::max(newest_ + 1, sequence - kSize + 1); s <= sequence; ++s) {
      came_ &= ~(uint64_t{1} << (static_cast<uint64_t>(s) % kWindow));
    }
    newest_ = sequence;
    newest_timestamp_ = timestamp;
  } else if (has(sequence)) {
    return Outcome::kDuplicate;
  }
  came_ |= uint64_t{1} << (static_cast<uint64_t>(sequence) % kWindow);
  return Outcome::kNew;
}

void AudioChecker::play(int64_t up_to) {
  for (; next_ <= std::min(up_to, newest_); ++next_) {
    if (next_ > newest_ - static_cast<int64_t>(kWindow) && has(next_)) {
      ++counts_.heard;
      gap_ = {};
      continue;
    }
    ++counts_.missed;
    gap_ = gap_ + kPacketTime;
    counts_.longest_gap = std::max(counts_.longest_gap, gap_);
  }
}

void AudioChecker::pause() {
  next_ = -1;
  newest_ = -1;
  came_ = 0;
  gap_ = {};
}

}  // namespace parley::client
