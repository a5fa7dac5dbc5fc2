#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

#include "base/check.h"

namespace parley {

/// A bounded queue between exactly one producer thread and one consumer thread, without locks. A full ring refuses;
/// the producer decides what that means (and counts it).
template <class T>
class SpscRing {
 public:
  /// `capacity` must be a power of two.
  explicit SpscRing(size_t capacity) : mask_(capacity - 1), slots_(std::make_unique<T[]>(capacity)) {
    PARLEY_CHECK(capacity > 0 && (capacity & mask_) == 0);
  }

  /// Producer only. The slot to fill next, or null when full; it is seen by the consumer after end_push().
  T* begin_push() {
    const size_t head = head_.load(std::memory_order_relaxed);
    if (head - tail_.load(std::memory_order_acquire) > mask_) return nullptr;
    return &slots_[head & mask_];
  }
  /// Producer only, after begin_push() gave a slot.
  void end_push() { head_.store(head_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }
  /// Consumer only. The oldest value, or null when empty; valid until pop().
  T* front() {
    const size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail == head_.load(std::memory_order_acquire)) return nullptr;
    return &slots_[tail & mask_];
  }
  /// Consumer only, after front() gave a value.
  void pop() { tail_.store(tail_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

  size_t size() const { return head_.load(std::memory_order_acquire) - tail_.load(std::memory_order_acquire); }
  size_t capacity() const { return mask_ + 1; }

 private:
  const size_t mask_;
  std::unique_ptr<T[]> slots_;
  alignas(64) std::atomic<size_t> head_{0};
  alignas(64) std::atomic<size_t> tail_{0};
};

}  // namespace parley
