#include "media/stream/receive_stream.h"

namespace parley::stream {

PacketHistory::Inserted ReceiveStream::on_packet(const PacketRef& packet, uint16_t sequence_number, size_t wire_size,
                                                 Timestamp now) {
  packet->sequence = unwrap_near_newest(sequence_number);
  if (packet->sequence < 0) return PacketHistory::Inserted::kTooOld;
  packet->arrival = now;
  const PacketHistory::Inserted inserted = history_.insert(packet);
  if (inserted != PacketHistory::Inserted::kNew) return inserted;
  unwrapper_.unwrap(sequence_number);
  nacks_.on_received(packet->sequence, now);
  stats_.on_packet(packet->sequence, packet->timestamp, now, wire_size);
  history_.expire(now);
  return inserted;
}

void ReceiveStream::on_sender_report(uint64_t ntp, uint32_t rtp_timestamp, Timestamp now) {
  stats_.on_sender_report(static_cast<uint32_t>(ntp >> 16), now);
  clock_reference_ = ClockReference{ntp, rtp_timestamp};
}

}  // namespace parley::stream
