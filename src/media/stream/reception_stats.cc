#include "media/stream/reception_stats.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace parley::stream {

void ReceptionStats::on_packet(int64_t sequence, uint32_t rtp_timestamp, Timestamp arrival, size_t bytes) {
  if (received_ == 0) {
    base_sequence_ = sequence;
    highest_ = sequence;
  }
  ++received_;
  bytes_ += bytes;
  // RFC 3550 §A.8: jitter is a running estimate over packets in order of arrival, in timestamp units.
  const int64_t arrival_units = arrival.us() * static_cast<int64_t>(clock_rate_) / 1'000'000;
  const auto transit = static_cast<int32_t>(static_cast<uint32_t>(arrival_units) - rtp_timestamp);
  if (received_ > 1 && sequence > highest_) {
    const auto d = std::abs(static_cast<double>(
        static_cast<int32_t>(static_cast<uint32_t>(transit) - static_cast<uint32_t>(last_transit_))));
    // A jump of over ten seconds is a restarted clock, not jitter.
    if (d < 10.0 * clock_rate_) jitter_ += (d - jitter_) / 16.0;
  }
  last_transit_ = transit;
  highest_ = std::max(highest_, sequence);
  last_arrival_ = arrival;
}

void ReceptionStats::on_sender_report(uint32_t ntp_middle, Timestamp arrival) {
  last_sr_ = ntp_middle;
  last_sr_arrival_ = arrival;
}

ReceptionStats::Report ReceptionStats::take_report(Timestamp now) {
  Report report;
  const int64_t expected = highest_ - base_sequence_ + 1;
  const auto received = static_cast<int64_t>(received_);
  const int64_t expected_interval = expected - expected_prior_;
  const int64_t lost_interval = expected_interval - (received - received_prior_);
  expected_prior_ = expected;
  received_prior_ = received;
  if (expected_interval > 0 && lost_interval > 0) {
    report.fraction_lost = static_cast<uint8_t>(std::min<int64_t>(255, lost_interval * 256 / expected_interval));
  }
  last_fraction_ = report.fraction_lost / 256.0;
  // 24-bit signed, clamped rather than wrapped (RFC 3550 §A.3).
  report.cumulative_lost = static_cast<int32_t>(std::clamp<int64_t>(expected - received, -0x800000, 0x7fffff));
  report.highest_sequence = static_cast<uint32_t>(highest_);
  report.jitter = static_cast<uint32_t>(jitter_);
  if (!last_sr_arrival_.is_never()) {
    report.last_sender_report = last_sr_;
    report.delay_since_last_sender_report = static_cast<uint32_t>((now - last_sr_arrival_).us() * 65536 / 1'000'000);
  }
  return report;
}

}  // namespace parley::stream
