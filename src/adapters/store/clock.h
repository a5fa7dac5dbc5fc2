#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/time.h"

namespace parley::store {

/// The steady clock.
inline Timestamp read_clock() {
  const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
  return Timestamp::micros(std::chrono::duration_cast<std::chrono::microseconds>(since_start).count());
}

inline WallTime read_wall_clock() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()};
}

/// Waits until `is_due()` or `deadline`, which may be Timestamp::never(); returns is_due().
template <class Condition>
bool wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock, Timestamp deadline,
                Condition is_due) {
  while (!is_due()) {
    const Timestamp now = read_clock();
    if (now >= deadline) return false;
    // An hour at a time: the clock's nanoseconds cannot hold "never".
    const TimeDelta step = std::min(deadline - now, TimeDelta::seconds(3600));
    changed.wait_for(lock, std::chrono::microseconds(step.us()));
  }
  return true;
}

}  // namespace parley::store
