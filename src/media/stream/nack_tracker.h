#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/time.h"

namespace parley::stream {

/// Decides which lost packets of one received layer to ask for again, and when to give up (RFC 4585 §6.2.1).
/// Knows sequence numbers only. Allocates nothing.
class NackTracker {
 public:
  /// More than this many outstanding losses cannot be repaired faster than by a key frame.
  static constexpr size_t kMaxMissing = 100;
  /// Five tries at growing intervals span about 700 ms at 70 ms RTT; later packets miss their playout anyway.
  static constexpr int kMaxTries = 5;
  static constexpr TimeDelta kMinInterval = TimeDelta::millis(20);
  static constexpr TimeDelta kMaxInterval = TimeDelta::millis(400);
  /// Assumed until a round-trip time is known.
  static constexpr TimeDelta kDefaultRtt = TimeDelta::millis(70);

  /// A packet with this unwrapped number arrived. Gaps before it become missing at once.
  void on_received(int64_t sequence, Timestamp now);
  void set_rtt(TimeDelta rtt) { rtt_ = rtt; }

  /// Writes the numbers to ask for now into `out` (wrapped to 16 bits), oldest first, and returns how many.
  size_t take_due(Timestamp now, std::span<uint16_t> out);
  Timestamp next_deadline() const;
  /// True once after losses were given up: the caller should ask for a key frame.
  bool take_gave_up() {
    const bool result = gave_up_;
    gave_up_ = false;
    return result;
  }
  size_t missing_count() const { return count_; }
  void reset();

 private:
  struct Missing {
    int64_t sequence;
    Timestamp next_try;
    TimeDelta interval;
    int tries;
  };
  void remove(size_t i);

  std::array<Missing, kMaxMissing> missing_;  ///< Ascending by sequence.
  size_t count_ = 0;
  int64_t newest_ = -1;
  TimeDelta rtt_ = kDefaultRtt;
  bool gave_up_ = false;
};

}  // namespace parley::stream
