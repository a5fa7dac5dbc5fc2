#pragma once

#include <cstdint>
#include <optional>

#include "base/sequence.h"
#include "base/time.h"
#include "media/stream/nack_tracker.h"
#include "media/stream/packet_history.h"
#include "media/stream/packet_pool.h"
#include "media/stream/reception_stats.h"

namespace parley::stream {

enum class MediaKind : uint8_t { kAudio, kVideo };

/// Where a stream's RTP timestamps lie on the sender's wall clock: the last sender report (RFC 3550 §6.4.1).
struct ClockReference {
  uint64_t ntp = 0;  ///< 32.32 fixed-point seconds.
  uint32_t rtp_timestamp = 0;
};

/// One layer as it is received from its publisher: order, loss, history, reports. Knows nothing of subscribers.
/// Owner: the shard of the publisher.
class ReceiveStream {
 public:
  /// 512 packets are about 2.5 s of 720p; 64 are over a second of Opus. Older ones cannot be played any more.
  static constexpr size_t kVideoHistory = 512;
  static constexpr size_t kAudioHistory = 64;
  /// Long enough for three resends at 300 ms round trip.
  static constexpr TimeDelta kHistoryAge = TimeDelta::millis(1200);

  ReceiveStream(uint32_t ssrc, MediaKind kind, uint32_t clock_rate)
      : ssrc_(ssrc),
        kind_(kind),
        clock_rate_(clock_rate),
        history_(kind == MediaKind::kVideo ? kVideoHistory : kAudioHistory, kHistoryAge),
        stats_(clock_rate) {}

  /// Takes a parsed packet whose 16-bit number is `sequence_number`; sets packet->sequence. `wire_size` is the size of
  /// the datagram. kNew means: forward it.
  PacketHistory::Inserted on_packet(const PacketRef& packet, uint16_t sequence_number, size_t wire_size, Timestamp now);
  void on_sender_report(uint64_t ntp, uint32_t rtp_timestamp, Timestamp now);

  uint32_t ssrc() const { return ssrc_; }
  MediaKind kind() const { return kind_; }
  uint32_t clock_rate() const { return clock_rate_; }
  PacketHistory& history() { return history_; }
  NackTracker& nacks() { return nacks_; }
  ReceptionStats& stats() { return stats_; }
  const ReceptionStats& stats() const { return stats_; }
  std::optional<ClockReference> clock_reference() const { return clock_reference_; }
  /// The unwrapped number nearest to the newest one received.
  int64_t unwrap_near_newest(uint16_t sequence_number) const { return unwrapper_.peek(sequence_number) + kFirstCycle; }
  /// The newest unwrapped number received; meaningless before the first packet.
  int64_t newest_sequence() const { return unwrapper_.newest().value_or(0) + kFirstCycle; }
  bool is_live(Timestamp now, TimeDelta patience) const {
    return stats_.has_packets() && now - stats_.last_arrival() <= patience;
  }

 private:
  /// Numbers begin one cycle up, so that a packet from before the first one received is not negative.
  static constexpr int64_t kFirstCycle = 65536;

  uint32_t ssrc_;
  MediaKind kind_;
  uint32_t clock_rate_;
  Unwrapper<uint16_t> unwrapper_;
  PacketHistory history_;
  NackTracker nacks_;
  ReceptionStats stats_;
  std::optional<ClockReference> clock_reference_;
};

}  // namespace parley::stream
