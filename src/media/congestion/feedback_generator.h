#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/sequence.h"
#include "base/time.h"
#include "media/wire/transport_feedback.h"

namespace parley::congestion {

/// Collects the arrivals of one connection's transport-wide sequence numbers and says when and what to report back to
/// the sender (draft-holmer-rmcat-transport-wide-cc-extensions-01). Allocates nothing. Owner: one peer.
class FeedbackGenerator {
 public:
  /// libwebrtc's estimator works best with 50 to 250 ms between feedbacks.
  static constexpr TimeDelta kInterval = TimeDelta::millis(100);
  /// A burst is reported at once when it has this many packets; also the bound of what is collected.
  static constexpr size_t kMaxPending = 128;

  void on_packet(uint16_t sequence, Timestamp arrival);
  /// When the next feedback is due; never() when nothing arrived.
  Timestamp next_deadline() const;
  bool is_full() const { return count_ == kMaxPending; }

  /// Appends feedback packets for everything collected. `sender_ssrc` is ours, `media_ssrc` any stream of the sender.
  void write(ByteWriter& out, uint32_t sender_ssrc, uint32_t media_ssrc);

 private:
  struct Arrival {
    int64_t sequence;
    Timestamp at;
  };
  Unwrapper<uint16_t> unwrapper_;
  std::array<Arrival, kMaxPending> pending_;  ///< Ascending by sequence.
  size_t count_ = 0;
  Timestamp first_pending_;
  int64_t next_base_ = -1;  ///< Numbers below were reported already.
  uint8_t feedback_count_ = 0;
};

}  // namespace parley::congestion
