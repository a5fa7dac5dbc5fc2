#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "media/stream/receive_stream.h"

namespace parley::forward {

/// Turns the sequence numbers and timestamps of whichever layer is forwarded into one continuous outgoing stream.
///
/// A packet the publisher's network lost leaves a gap, so that the subscriber asks for it and a late arrival still
/// fits; a packet we chose not to forward leaves none. Owner: one subscription.
class RtpRewriter {
 public:
  /// `first_sequence` is random (RFC 3550 §5.1); the first packet keeps its own timestamp.
  explicit RtpRewriter(uint16_t first_sequence) : next_sequence_(first_sequence) {}

  /// Where a new source attaches: what is known of its clock and of the clock before it.
  struct SourceSwitch {
    int64_t source_sequence = 0;  ///< Of the first packet to forward.
    uint32_t source_timestamp = 0;
    std::optional<stream::ClockReference> old_clock;  ///< Sender report of the layer forwarded until now.
    std::optional<stream::ClockReference> new_clock;  ///< Of the layer forwarded from now on.
    uint32_t clock_rate = 90'000;
    Timestamp now;
  };
  /// From here on packets come from another layer (or the first one).
  void on_switch(const SourceSwitch& source);
  /// The outgoing numbers of a packet of the present source; nullopt when it is from before the switch, or was dropped.
  struct Numbers {
    uint16_t sequence_number;
    uint32_t timestamp;
  };
  std::optional<Numbers> map(int64_t source_sequence, uint32_t source_timestamp, Timestamp now);
  /// The newest packet of the source is deliberately not forwarded and must leave no gap. Late packets (older than one
  /// already mapped) need no call.
  void on_dropped(int64_t source_sequence);

 private:
  struct Range {
    int64_t first_source = 0;  ///< Holds from this source number on.
    int64_t offset = 0;        ///< Outgoing minus source.
  };
  /// Dropped packets are padding or unwanted temporal layers; a packet later than eight drops ago is not repaired.
  static constexpr size_t kRanges = 8;

  std::array<Range, kRanges> ranges_{};  ///< Newest first.
  size_t range_count_ = 0;
  int64_t newest_source_ = -1;
  uint16_t next_sequence_;  ///< Follows the highest outgoing number so far.
  uint32_t timestamp_offset_ = 0;
  uint32_t last_timestamp_ = 0;
  Timestamp last_time_;
  bool has_sent_ = false;
};

}  // namespace parley::forward
