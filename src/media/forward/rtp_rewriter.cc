#include "media/forward/rtp_rewriter.h"

#include <algorithm>

namespace parley::forward {
namespace {

/// The new source's timestamp on the old source's clock, through both sender reports; they share the publisher's wall
/// clock (RFC 3550 §6.4.1).
std::optional<uint32_t> align(const RtpRewriter::SourceSwitch& s) {
  if (!s.old_clock || !s.new_clock) return std::nullopt;
  const auto ntp_delta = static_cast<int64_t>(s.new_clock->ntp - s.old_clock->ntp);
  // Reports more than a minute apart come from different clocks.
  if (ntp_delta > (int64_t{60} << 32) || ntp_delta < -(int64_t{60} << 32)) return std::nullopt;
  const auto ticks = static_cast<int64_t>(static_cast<double>(ntp_delta) / 4294967296.0 * s.clock_rate);
  return s.old_clock->rtp_timestamp + static_cast<uint32_t>(ticks) + (s.source_timestamp - s.new_clock->rtp_timestamp);
}

}  // namespace

void RtpRewriter::on_switch(const SourceSwitch& source) {
  if (!has_sent_) {
    timestamp_offset_ = 0;
  } else {
    // On the wire the new frame must lie after the last one, about as much later as it came later.
    const int64_t elapsed = (source.now - last_time_).us() * source.clock_rate / 1'000'000;
    const uint32_t by_arrival = last_timestamp_ + static_cast<uint32_t>(std::max<int64_t>(elapsed, 1));
    uint32_t target = by_arrival;
    if (const auto aligned = align(source)) {
      const uint32_t on_wire = *aligned + timestamp_offset_;
      const auto ahead = static_cast<int32_t>(on_wire - last_timestamp_);
      const auto skew = static_cast<int32_t>(on_wire - by_arrival);
      // Half a second between report and arrival means that a report is wrong; then arrival is the better guess.
      const auto limit = static_cast<int32_t>(source.clock_rate / 2);
      if (ahead > 0 && skew < limit && skew > -limit) target = on_wire;
    }
    timestamp_offset_ = target - source.source_timestamp;
  }
  ranges_[0] = {source.source_sequence, static_cast<int64_t>(next_sequence_) - source.source_sequence};
  range_count_ = 1;
  newest_source_ = source.source_sequence - 1;
}

std::optional<RtpRewriter::Numbers> RtpRewriter::map(int64_t source_sequence, uint32_t source_timestamp,
                                                     Timestamp now) {
  for (size_t i = 0; i < range_count_; ++i) {
    const Range& range = ranges_[i];
    if (source_sequence < range.first_source) continue;
    const auto sequence = static_cast<uint16_t>(source_sequence + range.offset);
    const uint32_t timestamp = source_timestamp + timestamp_offset_;
    if (source_sequence > newest_source_) {
      newest_source_ = source_sequence;
      next_sequence_ = static_cast<uint16_t>(sequence + 1);
      last_timestamp_ = timestamp;
      last_time_ = now;
      has_sent_ = true;
    } else if (i > 0 && source_sequence == ranges_[i - 1].first_source - 1) {
      return std::nullopt;  // The dropped packet itself, again.
    }
    return Numbers{sequence, timestamp};
  }
  return std::nullopt;
}

void RtpRewriter::on_dropped(int64_t source_sequence) {
  if (range_count_ == 0 || source_sequence <= newest_source_) return;
  const Range next{source_sequence + 1, ranges_[0].offset - 1};
  std::move_backward(ranges_.begin(), ranges_.end() - 1, ranges_.end());
  ranges_[0] = next;
  range_count_ = std::min(range_count_ + 1, kRanges);
  newest_source_ = source_sequence;
}

}  // namespace parley::forward
