#pragma once

#include <condition_variable>
#include <mutex>

#include "adapters/store/clock.h"

namespace parley::store {

/// Many may be inside, until somebody wants to be alone: then newcomers wait, those inside finish, and he goes first.
/// At most one may want that at a time. Thread-safe.
class Turnstile {
 public:
  /// False when it did not let in by `deadline`.
  bool enter(Timestamp deadline) {
    std::unique_lock lock(mutex_);
    if (!wait_until(changed_, lock, deadline, [&] { return !is_closed_; })) return false;
    ++inside_;
    return true;
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    if (--inside_ == 0) changed_.notify_all();
  }
  /// Keeps others out and waits until nobody is inside. False, and open again, when some still were at `deadline`.
  bool close(Timestamp deadline) {
    std::unique_lock lock(mutex_);
    is_closed_ = true;
    if (wait_until(changed_, lock, deadline, [&] { return inside_ == 0; })) return true;
    is_closed_ = false;
    changed_.notify_all();
    return false;
  }
  void open() {
    {
      const std::lock_guard lock(mutex_);
      is_closed_ = false;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  bool is_closed_ = false;
};

}  // namespace parley::store
