#include "media/stream/nack_tracker.h"

#include <algorithm>

namespace parley::stream {

void NackTracker::on_received(int64_t sequence, Timestamp now) {
  if (newest_ < 0) {
    newest_ = sequence;
    return;
  }
  if (sequence <= newest_) {
    const auto end = missing_.begin() + static_cast<std::ptrdiff_t>(count_);
    const auto it =
        std::lower_bound(missing_.begin(), end, sequence, [](const Missing& m, int64_t s) { return m.sequence < s; });
    if (it != end && it->sequence == sequence) remove(static_cast<size_t>(it - missing_.begin()));
    return;
  }
  const int64_t gap = sequence - newest_ - 1;
  if (gap > static_cast<int64_t>(kMaxMissing)) {
    // A burst or a restart: nothing of it can be repaired in time.
    count_ = 0;
    gave_up_ = true;
  } else {
    const size_t overflow =
        count_ + static_cast<size_t>(gap) > kMaxMissing ? count_ + static_cast<size_t>(gap) - kMaxMissing : 0;
    if (overflow > 0) {
      gave_up_ = true;
      std::move(missing_.begin() + static_cast<std::ptrdiff_t>(overflow),
                missing_.begin() + static_cast<std::ptrdiff_t>(count_), missing_.begin());
      count_ -= overflow;
    }
    const TimeDelta first = std::clamp(rtt_, kMinInterval, kMaxInterval);
    for (int64_t s = newest_ + 1; s < sequence; ++s) missing_[count_++] = {s, now, first, 0};
  }
  newest_ = sequence;
}

size_t NackTracker::take_due(Timestamp now, std::span<uint16_t> out) {
  size_t written = 0;
  size_t i = 0;
  while (i < count_ && written < out.size()) {
    Missing& m = missing_[i];
    if (m.next_try > now) {
      ++i;
      continue;
    }
    if (m.tries >= kMaxTries) {
      remove(i);
      gave_up_ = true;
      continue;
    }
    out[written++] = static_cast<uint16_t>(m.sequence);
    ++m.tries;
    m.next_try = now + m.interval;
    m.interval = std::min(m.interval * 5 / 4, kMaxInterval);
    ++i;
  }
  return written;
}

Timestamp NackTracker::next_deadline() const {
  Timestamp next = Timestamp::never();
  for (size_t i = 0; i < count_; ++i) next = earlier(next, missing_[i].next_try);
  return next;
}

void NackTracker::remove(size_t i) {
  std::move(missing_.begin() + static_cast<std::ptrdiff_t>(i) + 1,
            missing_.begin() + static_cast<std::ptrdiff_t>(count_), missing_.begin() + static_cast<std::ptrdiff_t>(i));
  --count_;
}

void NackTracker::reset() {
  count_ = 0;
  newest_ = -1;
  gave_up_ = false;
}

}  // namespace parley::stream
