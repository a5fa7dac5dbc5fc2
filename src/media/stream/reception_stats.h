#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "base/units.h"

namespace parley::stream {

/// RFC 3550 §6.4.1 statistics of one received stream, for receiver reports, and of its rate.
class ReceptionStats {
 public:
  explicit ReceptionStats(uint32_t clock_rate) : clock_rate_(clock_rate) {}

  void on_packet(int64_t sequence, uint32_t rtp_timestamp, Timestamp arrival, size_t bytes);
  /// A sender report for this stream arrived: `ntp_middle` is the middle 32 bits of its NTP time.
  void on_sender_report(uint32_t ntp_middle, Timestamp arrival);

  struct Report {
    uint8_t fraction_lost = 0;      ///< In 1/256 since the last report.
    int32_t cumulative_lost = 0;    ///< 24 bits, signed.
    uint32_t highest_sequence = 0;  ///< Extended: cycles and number.
    uint32_t jitter = 0;            ///< RTP timestamp units.
    uint32_t last_sender_report = 0;
    uint32_t delay_since_last_sender_report = 0;  ///< 1/65536 s.
  };
  /// Closes the interval since the previous call.
  Report take_report(Timestamp now);

  bool has_packets() const { return received_ > 0; }
  uint64_t packets() const { return received_; }
  uint64_t bytes() const { return bytes_; }
  Timestamp last_arrival() const { return last_arrival_; }
  double jitter_ms() const { return clock_rate_ ? jitter_ * 1000.0 / clock_rate_ : 0; }
  /// Fraction lost in the interval before the last report, 0..1.
  double last_fraction_lost() const { return last_fraction_; }

 private:
  uint32_t clock_rate_;
  int64_t base_sequence_ = 0;
  int64_t highest_ = 0;
  uint64_t received_ = 0;
  uint64_t bytes_ = 0;
  int64_t expected_prior_ = 0;
  int64_t received_prior_ = 0;
  double jitter_ = 0;
  int64_t last_transit_ = 0;
  Timestamp last_arrival_;
  uint32_t last_sr_ = 0;
  Timestamp last_sr_arrival_ = Timestamp::never();
  double last_fraction_ = 0;
};

}  // namespace parley::stream
