#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/time.h"
#include "media/forward/forwarder.h"
#include "media/sfu/media_params.h"
#include "media/sfu/speaker_detector.h"
#include "media/stream/receive_stream.h"

namespace parley::sfu {

class MediaPeer;
class Participant;
class Room;
class Subscription;

/// Asks for key frames of one layer, no more often than its publisher can bear, and again until one arrives.
class KeyFrameRequest {
 public:
  /// Key frames are large: more often than this they cost more quality than a late join loses.
  static constexpr TimeDelta kLowInterval = TimeDelta::millis(500);
  static constexpr TimeDelta kHighInterval = TimeDelta::seconds(1);

  void want() { is_wanted_ = true; }
  void on_key_frame() { is_wanted_ = false; }
  bool is_wanted() const { return is_wanted_; }
  /// True when a PLI should be sent now; it then counts as sent.
  bool take_due(Timestamp now, int layer) {
    const TimeDelta interval = layer == 0 ? kLowInterval : kHighInterval;
    if (!is_wanted_ || (sent_ > 0 && now - last_sent_ < interval)) return false;
    last_sent_ = now;
    ++sent_;
    return true;
  }
  uint64_t sent() const { return sent_; }

 private:
  bool is_wanted_ = false;
  Timestamp last_sent_;
  uint64_t sent_ = 0;
};

/// A packet that waits for the end of the pass.
struct PendingPacket {
  stream::PacketRef packet;
  int layer = 0;
};

struct TrackParams {
  MediaKind kind = MediaKind::kAudio;
  /// A client that sends simulcast may take seconds to start its upper layers.
  bool is_simulcast = false;
};

/// One published track: its received layers, and the packets that wait to be forwarded. Owner: its publisher's
/// Participant.
class Track {
 public:
  /// Packets collected before a frame is forwarded even though its end is not in sight: a 1080p key frame is about
  /// 100 packets; holding more delays without making larger bursts.
  static constexpr size_t kMaxPending = 64;
  /// A layer counts as stopped when a sibling kept flowing for this long without it.
  static constexpr TimeDelta kLayerPatience = TimeDelta::millis(1000);

  Track(Participant& publisher, TrackParams params, size_t slot) : publisher_(publisher), params_(params), slot_(slot) {
    pending_.reserve(kMaxPending + 1);
    leaving_.reserve(kMaxPending + 1);
  }

  Participant& publisher() const { return publisher_; }
  MediaKind kind() const { return params_.kind; }
  /// Place in the room's table of tracks; a participant's subscriptions are found by it.
  size_t slot() const { return slot_; }
  Codec codec() const { return codec_; }
  /// Tells the subscriptions that were made before it was known.
  void set_codec(Codec codec);
  bool is_muted() const { return is_muted_; }
  void set_muted(bool muted) { is_muted_ = muted; }
  /// The connection it is received on; null before negotiation.
  MediaPeer* peer() const { return peer_; }
  void set_peer(MediaPeer* peer) { peer_ = peer; }

  /// The stream of `layer`, made on first use. A new SSRC for a known layer (the client restarted its encoder's
  /// stream) replaces it.
  stream::ReceiveStream& layer(int layer, uint32_t ssrc, uint32_t clock_rate);
  const forward::LayerStreams& layers() const { return layer_view_; }
  KeyFrameRequest& key_frame(int layer) { return key_frames_[static_cast<size_t>(layer)]; }
  bool has_media() const { return has_media_; }
  /// Highest layer that is flowing, not above `limit`; kNoLayer when nothing flows.
  int best_live_layer(int limit) const;

  const std::vector<PendingPacket>& pending() const { return pending_; }
  bool has_complete_frame() const { return has_complete_frame_; }
  void add_pending(PendingPacket packet);
  /// The packets of the round under way: they go to one subscriber after the other.
  const std::vector<PendingPacket>& leaving() const { return leaving_; }
  void begin_round() {
    leaving_.swap(pending_);
    has_complete_frame_ = false;
  }
  void end_round() { leaving_.clear(); }
  /// `cell` is in this round or waits for the next one.
  bool holds(const stream::PacketCell& cell) const;
  void clear_packets() {
    pending_.clear();
    leaving_.clear();
    has_complete_frame_ = false;
  }

  std::vector<Subscription*>& subscriptions() { return subscriptions_; }
  const std::vector<Subscription*>& subscriptions() const { return subscriptions_; }
  SpeakerDetector& speaker() { return speaker_; }

 private:
  Participant& publisher_;
  TrackParams params_;
  size_t slot_;
  Codec codec_ = Codec::kUnknown;
  bool is_muted_ = false;
  bool has_media_ = false;
  bool has_complete_frame_ = false;
  MediaPeer* peer_ = nullptr;
  std::array<std::unique_ptr<stream::ReceiveStream>, forward::kMaxLayers> layers_;
  forward::LayerStreams layer_view_{};
  std::array<KeyFrameRequest, forward::kMaxLayers> key_frames_;
  std::vector<PendingPacket> pending_;
  std::vector<PendingPacket> leaving_;
  std::vector<Subscription*> subscriptions_;
  SpeakerDetector speaker_;
};

}  // namespace parley::sfu
