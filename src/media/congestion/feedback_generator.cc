#include "media/congestion/feedback_generator.h"

#include <algorithm>

namespace parley::congestion {

void FeedbackGenerator::on_packet(uint16_t sequence, Timestamp arrival) {
  const int64_t unwrapped = unwrapper_.unwrap(sequence);
  if (count_ == kMaxPending) return;   // The caller did not write in time; the sender takes these as lost.
  if (unwrapped < next_base_) return;  // Reported as lost already; a correction would only confuse the estimator.
  const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(count_);
  auto at = end;
  while (at != pending_.begin() && (at - 1)->sequence > unwrapped) --at;
  if (at != pending_.begin() && (at - 1)->sequence == unwrapped) return;
  std::move_backward(at, end, end + 1);
  *at = {unwrapped, arrival};
  if (count_++ == 0) first_pending_ = arrival;
}

Timestamp FeedbackGenerator::next_deadline() const {
  if (count_ == 0) return Timestamp::never();
  return is_full() ? first_pending_ : first_pending_ + kInterval;
}

void FeedbackGenerator::write(ByteWriter& out, uint32_t sender_ssrc, uint32_t media_ssrc) {
  if (count_ == 0) return;
  std::array<wire::PacketArrival, kMaxPending> arrivals;
  for (size_t i = 0; i < count_; ++i) {
    arrivals[i] = {static_cast<uint16_t>(pending_[i].sequence), pending_[i].at};
  }
  // The base is where the last feedback ended, so that a loss between two feedbacks is reported too, unless the gap is
  // a restart.
  int64_t base = next_base_ >= 0 ? next_base_ : pending_[0].sequence;
  if (pending_[0].sequence - base > static_cast<int64_t>(wire::kFeedbackMaxPackets / 2)) base = pending_[0].sequence;
  size_t done = 0;
  while (done < count_) {
    const size_t covered =
        wire::write_transport_feedback(out, {sender_ssrc, media_ssrc, feedback_count_}, static_cast<uint16_t>(base),
                                       std::span(arrivals).subspan(done, count_ - done));
    if (covered == 0) break;
    ++feedback_count_;
    done += covered;
    if (done < count_) base = pending_[done].sequence;
  }
  next_base_ = pending_[count_ - 1].sequence + 1;
  count_ = 0;
}

}  // namespace parley::congestion
