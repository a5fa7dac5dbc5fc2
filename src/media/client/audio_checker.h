#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace parley::client {

/// Plays the part of a jitter buffer of fixed delay: which audio packets came in time to be heard, and how long the
/// longest silence is that missing ones leave. Owner: one received audio stream.
class AudioChecker {
 public:
  static constexpr TimeDelta kPacketTime = TimeDelta::millis(20);
  /// Packets looked back at; longer delays are cut to this.
  static constexpr size_t kWindow = 64;

  explicit AudioChecker(TimeDelta playout_delay) : delay_(playout_delay) {}

  enum class Outcome : uint8_t { kNew, kDuplicate, kTooOld };
  /// `timestamp` counts 48 kHz: where it rises by more than the sequence number says, the sender was silent.
  Outcome on_packet(int64_t sequence, uint32_t timestamp, Timestamp now);
  /// Begins anew with the next packet.
  void pause();

  struct Counts {
    uint64_t heard = 0;
    uint64_t missed = 0;  ///< Not there when their time came.
    TimeDelta longest_gap;
  };
  const Counts& counts() const { return counts_; }

 private:
  void play(int64_t up_to);
  bool has(int64_t sequence) const { return came_ >> (static_cast<uint64_t>(sequence) % kWindow) & 1; }

  TimeDelta delay_;
  int64_t newest_ = -1;
  int64_t next_ = -1;  ///< To be played.
  uint64_t came_ = 0;  ///< Bit per packet of the window, by sequence modulo its size.
  TimeDelta gap_;
  Timestamp base_;  ///< When packet `base_sequence_` is played.
  int64_t base_sequence_ = 0;
  uint32_t newest_timestamp_ = 0;
  Counts counts_;
};

}  // namespace parley::client
