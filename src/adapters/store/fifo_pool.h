#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "adapters/store/clock.h"

namespace parley::store {

/// A fixed number of things that callers take and give back, handed over in the order of asking: who waits longest is
/// served first, and nobody overtakes. Its queue is bounded by the threads that call. Thread-safe.
template <class T>
class FifoPool {
 public:
  /// The last one added is the first one taken, and so the warmest is.
  void give(T item) {
    const std::lock_guard lock(mutex_);
    if (waiters_.empty()) {
      idle_.push_back(std::move(item));
      return;
    }
    Waiter& first = *waiters_.front();
    waiters_.pop_front();
    first.item = std::move(item);
    first.wake.notify_one();
  }

  /// nullopt when none was free by `deadline`.
  std::optional<T> take(Timestamp deadline) {
    std::unique_lock lock(mutex_);
    if (!idle_.empty()) {
      std::optional<T> item = std::move(idle_.back());
      idle_.pop_back();
      return item;
    }
    Waiter self;
    waiters_.push_back(&self);
    if (!wait_until(self.wake, lock, deadline, [&] { return self.item.has_value(); })) std::erase(waiters_, &self);
    return std::move(self.item);
  }

  /// Callers that wait now.
  size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return waiters_.size();
  }

 private:
  struct Waiter {
    std::condition_variable wake;
    std::optional<T> item;
  };
  mutable std::mutex mutex_;
  std::vector<T> idle_;
  std::deque<Waiter*> waiters_;
};

}  // namespace parley::store
