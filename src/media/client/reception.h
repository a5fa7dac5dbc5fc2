#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/sequence.h"
#include "base/time.h"
#include "media/client/audio_checker.h"
#include "media/client/frame_checker.h"
#include "media/client/latency_histogram.h"
#include "media/stream/nack_tracker.h"
#include "media/stream/reception_stats.h"
#include "media/wire/rtp.h"

namespace parley::client {

/// What is received of one track.
struct ReceptionOptions {
  std::string track_sid;
  std::string publisher_sid;
  std::string mid;
  bool is_audio = false;
  bool has_nack = true;
  uint32_t ssrc = 0;
  uint32_t rtx_ssrc = 0;  ///< 0 without.
  uint8_t payload_type = 0;
  uint8_t rtx_payload_type = 0;
  TimeDelta audio_playout_delay;
  bool verifies_all_bytes = false;
};

/// Plain numbers; what FrameChecker and AudioChecker count stands there.
struct ReceptionCounts {
  uint64_t packets = 0;  ///< New ones, however they came.
  uint64_t bytes = 0;    ///< Their payloads.
  uint64_t duplicates = 0;
  uint64_t too_old = 0;
  uint64_t out_of_order = 0;
  uint64_t by_rtx = 0;         ///< New ones that came on the repair stream.
  uint64_t wrong_content = 0;  ///< Payloads that do not parse or were changed on the way.
  uint64_t unstamped = 0;      ///< Media of another program: only counted.
  uint64_t nacks = 0;          ///< Packets asked for.
  uint64_t plis = 0;
};

/// One track as this client receives it: order, loss, repair, content, latency. Allocates nothing per packet.
/// Owner: a PeerConnection.
class Reception {
 public:
  explicit Reception(ReceptionOptions options);

  const ReceptionOptions& options() const { return options_; }
  void set_mid(std::string mid) { options_.mid = std::move(mid); }
  const ReceptionCounts& counts() const { return counts_; }
  const LatencyHistogram& latency() const { return latency_; }
  /// Of video; all zero for audio.
  const FrameChecker::Counts& frames() const;
  /// Null for audio.
  const FrameChecker* video() const { return video_ ? &*video_ : nullptr; }
  const AudioChecker::Counts& audio() const { return audio_.counts(); }
  /// Numbers between the first and the newest packet that never came.
  uint64_t lost() const;
  double jitter_ms() const { return stats_.jitter_ms(); }
  /// Whose media it is, by the stamp of the newest packet; 0 before the first.
  uint32_t publisher_id() const { return publisher_id_; }

  /// A packet of the media stream or of the repair stream.
  void on_packet(const wire::RtpView& packet, Timestamp now);
  void on_sender_report(uint32_t ntp_middle, Timestamp now) { stats_.on_sender_report(ntp_middle, now); }
  bool has_packets() const { return counts_.packets > 0; }
  stream::ReceptionStats::Report take_report(Timestamp now) { return stats_.take_report(now); }

  /// The track was muted, paused or goes on: standing still is meant.
  void pause();
  stream::NackTracker& nacks() { return nacks_; }
  const stream::NackTracker& nacks() const { return nacks_; }
  void count_nacks(size_t count) { counts_.nacks += count; }
  /// True when a picture loss should be reported now; it then counts as sent.
  bool take_pli(Timestamp now);
  Timestamp next_deadline() const;

 private:
  struct Arrival {
    ByteView payload;
    int64_t sequence;
    bool is_repair;
  };
  void check_video(const Arrival& arrival, const wire::RtpView& packet, Timestamp now);
  void check_audio(const Arrival& arrival, const wire::RtpView& packet, Timestamp now);
  void check_stamp(ByteView bytes, Timestamp now);
  void count_new(const Arrival& arrival);

  ReceptionOptions options_;
  ReceptionCounts counts_;
  LatencyHistogram latency_;
  Unwrapper<uint16_t> unwrapper_;
  int64_t first_ = -1;
  int64_t newest_ = -1;
  stream::ReceptionStats stats_;
  stream::NackTracker nacks_;
  std::optional<FrameChecker> video_;
  AudioChecker audio_;
  uint32_t publisher_id_ = 0;
  std::optional<Timestamp> last_pli_;
};

}  // namespace parley::client
