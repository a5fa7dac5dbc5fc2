#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"

namespace parley::stream {

/// What was sent under one outgoing sequence number: enough to make the packet again from the layer's history.
struct SentPacket {
  uint16_t sequence_number = 0;         ///< Ours.
  uint16_t source_sequence_number = 0;  ///< The publisher's, low 16 bits.
  uint32_t timestamp = 0;               ///< Ours.
  uint16_t picture_id = 0;              ///< Ours (VP8).
  uint8_t tl0_picture_index = 0;        ///< Ours (VP8).
  uint8_t layer = 0;
  uint8_t resends = 0;
  bool rewrites_vp8 = false;  ///< The two fields above were written into the payload.
  bool is_used = false;
  uint16_t last_resend_ms = 0;  ///< Low bits of the time; only recent differences are looked at.
};

/// What a subscriber's receiver report said of a stream.
struct RemoteReception {
  double fraction_lost = 0;  ///< 0..1.
  uint32_t jitter = 0;       ///< RTP units.
  std::optional<TimeDelta> rtt;
};

/// One stream as it is sent to one subscriber: the map for retransmission, counts, reports. The sequence numbers
/// themselves are made by forward/. Owner: the subscriber's shard.
class SendStream {
 public:
  /// 256 packets are 1.3 s of 720p, the age limit of the history behind it; 64 are over a second of Opus.
  static constexpr size_t kVideoMap = 256;
  static constexpr size_t kAudioMap = 64;
  /// A packet lost four times will not arrive in time on a fifth try.
  static constexpr uint8_t kMaxResends = 3;
  /// A client repeats a NACK before our resend can have arrived; sooner repeats are ignored.
  static constexpr TimeDelta kMinResendGap = TimeDelta::millis(40);

  SendStream(uint32_t ssrc, uint32_t rtx_ssrc, uint32_t clock_rate, size_t map_size)
      : ssrc_(ssrc), rtx_ssrc_(rtx_ssrc), clock_rate_(clock_rate), map_(map_size) {}

  uint32_t ssrc() const { return ssrc_; }
  uint32_t rtx_ssrc() const { return rtx_ssrc_; }  ///< 0 without RTX.
  uint32_t clock_rate() const { return clock_rate_; }
  /// Before the first packet.
  void set_clock_rate(uint32_t clock_rate) { clock_rate_ = clock_rate; }

  void on_sent(const SentPacket& packet, size_t payload_size, Timestamp now) {
    map_[packet.sequence_number & (map_.size() - 1)] = packet;
    ++packets_;
    octets_ += payload_size;
    last_timestamp_ = packet.timestamp;
    last_sent_ = now;
  }
  /// A subscriber asks for `sequence_number` again. Null when it is unknown, was sent too often or just now; otherwise
  /// the resend is counted.
  const SentPacket* take_resend(uint16_t sequence_number, Timestamp now);
  uint16_t next_rtx_sequence() { return rtx_sequence_++; }
  void set_rtx_sequence(uint16_t first) { rtx_sequence_ = first; }

  bool has_sent() const { return packets_ > 0; }
  uint32_t packet_count() const { return static_cast<uint32_t>(packets_); }
  uint32_t octet_count() const { return static_cast<uint32_t>(octets_); }
  uint64_t resend_count() const { return resends_; }
  /// The RTP timestamp that belongs to `now`, extrapolated from the last packet (RFC 3550 §6.4.1).
  uint32_t timestamp_at(Timestamp now) const;

  void on_receiver_report(const RemoteReception& reception) { remote_ = reception; }
  const RemoteReception& remote() const { return remote_; }

 private:
  uint32_t ssrc_;
  uint32_t rtx_ssrc_;
  uint32_t clock_rate_;
  std::vector<SentPacket> map_;
  uint64_t packets_ = 0;
  uint64_t octets_ = 0;
  uint64_t resends_ = 0;
  uint32_t last_timestamp_ = 0;
  Timestamp last_sent_;
  uint16_t rtx_sequence_ = 0;
  RemoteReception remote_;
};

}  // namespace parley::stream
