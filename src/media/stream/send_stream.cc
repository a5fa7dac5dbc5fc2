#include "media/stream/send_stream.h"

namespace parley::stream {

const SentPacket* SendStream::take_resend(uint16_t sequence_number, Timestamp now) {
  SentPacket& packet = map_[sequence_number & (map_.size() - 1)];
  if (!packet.is_used || packet.sequence_number != sequence_number || packet.resends >= kMaxResends) return nullptr;
  const auto now_ms = static_cast<uint16_t>(now.ms());
  const auto since_last = static_cast<uint16_t>(now_ms - packet.last_resend_ms);
  if (packet.resends > 0 && since_last < kMinResendGap.ms()) return nullptr;
  packet.last_resend_ms = now_ms;
  ++packet.resends;
  ++resends_;
  return &packet;
}

uint32_t SendStream::timestamp_at(Timestamp now) const {
  const int64_t elapsed = (now - last_sent_).us() * static_cast<int64_t>(clock_rate_) / 1'000'000;
  return last_timestamp_ + static_cast<uint32_t>(elapsed);
}

}  // namespace parley::stream
