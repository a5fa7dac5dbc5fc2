#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "media/client/client_options.h"
#include "media/client/encoding.h"
#include "media/client/media_source.h"

namespace parley::client {

/// One track that a client publishes: what the server was told of it, its encodings, and when the next frame is due.
/// Owner: a Client.
class Publication {
 public:
  Publication(PublishSpec spec, std::string cid, uint32_t publisher_id, Rng& rng);

  bool is_audio() const { return spec_.type == pb::AUDIO; }
  const PublishSpec& spec() const { return spec_; }
  const std::string& cid() const { return cid_; }  ///< Our id of the track; also its msid.
  pb::AddTrackRequest add_track_request() const;

  /// What the server made of it; its sid is empty until it said so.
  const pb::TrackInfo& info() const { return info_; }
  void set_info(pb::TrackInfo info) { info_ = std::move(info); }
  const std::string& mid() const { return mid_; }
  void set_mid(std::string mid) { mid_ = std::move(mid); }
  /// From the answer: media may be sent.
  void set_format(std::optional<EncodingFormat> format) { format_ = std::move(format); }
  const std::optional<EncodingFormat>& format() const { return format_; }
  bool is_muted() const { return is_muted_; }
  void set_muted(bool muted);
  bool is_ended() const { return is_ended_; }
  void end() { is_ended_ = true; }
  void set_layer_active(int layer, bool active);

  const std::vector<Encoding>& encodings() const { return encodings_; }
  uint64_t key_frames(int layer) const { return sources_[static_cast<size_t>(layer)].key_frames(); }
  uint64_t key_frame_requests() const { return key_frame_requests_; }

  /// Sends what is due. Frames that were due while nothing could be sent are skipped.
  void send_due(Timestamp now, SendTarget& target);
  Timestamp next_deadline() const;
  /// True when `ssrc` is one of ours.
  bool on_nack(uint32_t ssrc, uint16_t sequence_number, SendTarget& target);
  void on_key_frame_request(uint32_t ssrc);

 private:
  PublishSpec spec_;
  std::string cid_;
  Rng& rng_;
  pb::TrackInfo info_;
  std::string mid_;
  std::optional<EncodingFormat> format_;
  std::vector<Encoding> encodings_;  ///< Low to high.
  std::vector<VideoSource> sources_;
  std::vector<bool> is_active_;
  TimeDelta interval_;
  std::optional<Timestamp> next_;
  uint64_t key_frame_requests_ = 0;
  bool is_muted_ = false;
  bool is_ended_ = false;
};

}  // namespace parley::client
