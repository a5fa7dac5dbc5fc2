#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "media/livekit/admission.h"
#include "media/livekit/context.h"
#include "media/livekit/negotiation.h"
#include "media/sfu/room.h"

namespace parley::livekit {

/// A track that a participant announced: LiveKit's description of it, and its media.
struct PublishedTrack {
  pb::TrackInfo info;
  std::vector<std::string> cids;  ///< The client's own ids for it: of the request and of its codecs.
  std::string mid;                ///< Of the publisher's connection; empty until an offer carried it.
  sfu::Codec preferred_codec = sfu::Codec::kUnknown;
  sfu::Track* media = nullptr;
  bool is_announced = false;    ///< Others know of it: its media arrived.
  bool has_subscriber = false;  ///< The publisher was told of a first subscriber.
};

/// Who may subscribe to a participant's tracks (SubscriptionPermission).
struct SubscriptionRule {
  bool everyone = true;
  std::vector<pb::TrackPermission> exceptions;
};

/// One track that a participant receives, or is about to.
struct TrackSubscription {
  std::string track_sid;
  std::string publisher_sid;
  sfu::Track* media = nullptr;
  wire::MediaKind kind = wire::MediaKind::kAudio;
  OutgoingTrack outgoing;
  std::string mid;         ///< Of the slot it was given; empty while it waits for one.
  bool is_active = false;  ///< The SFU forwards it.
  bool is_failed = false;  ///< The client cannot decode it; told once.
  bool is_disabled = false;
  int max_layer = 2;
};

/// A section of the peer connection that we may send in.
struct SendSlot {
  std::string mid;
  wire::MediaKind kind = wire::MediaKind::kAudio;
  std::string track_sid;  ///< Empty when free.
  bool is_usable = true;  ///< The client's last offer lets us send (single mode).
};

/// The state of one of a participant's peer connections as negotiation sees it.
struct Connection {
  sfu::MediaPeer* peer = nullptr;
  uint64_t session_id = 0;
  uint64_t version = 0;
  std::string remote_ufrag;
  std::optional<transport::DataChannelId> reliable;
  std::optional<transport::DataChannelId> lossy;
  bool is_remote_offerer = false;
  bool is_connected = false;
};

/// Server-side offering (dual mode) or asking for offers (single mode).
struct Negotiation {
  bool is_dirty = false;        ///< Something changed that the client's description does not know.
  bool is_outstanding = false;  ///< An offer of ours is unanswered, or a requirement has not led to an offer yet.
  Timestamp since;              ///< When it became outstanding.
  Timestamp due = Timestamp::never();  ///< When a change is to be negotiated.
  uint32_t offer_id = 0;
  uint32_t asked_audio = 0;  ///< Sections asked for since the client's last offer.
  uint32_t asked_video = 0;
  wire::SessionDescription offer;  ///< The outstanding one (dual mode).
};

/// A participant of a room as LiveKit sees it. State only: what happens to it is decided in Room. Owner: its Room.
class Participant {
 public:
  Participant(std::string sid, const JoinParams& join, Now now);

  const std::string& sid() const { return info_.sid(); }
  const std::string& identity() const { return info_.identity(); }
  bool is_hidden() const { return info_.permission().hidden(); }
  bool is_recorder() const { return info_.permission().recorder(); }
  /// Agents, egress and recorders: not counted, and no reason to keep a room open.
  bool is_dependent() const;
  bool is_single() const { return is_single_; }
  bool may_publish(pb::TrackSource source) const;

  /// What others are told, with the tracks they know. `bump` first for a change.
  pb::ParticipantInfo info() const;
  pb::ParticipantInfo& mutable_info() { return info_; }
  void bump() { info_.set_version(info_.version() + 1); }
  pb::ParticipantInfo::State state() const { return info_.state(); }

  /// The connection on which the client publishes, and the one on which it receives; the same in single mode.
  Connection& publisher() { return publisher_; }
  Connection& subscriber() { return is_single_ ? publisher_ : subscriber_; }
  /// The one whose connecting makes the participant active.
  Connection& primary() { return is_subscriber_primary ? subscriber() : publisher_; }
  Connection* connection_of(const sfu::MediaPeer* peer);

  PublishedTrack* find_track(std::string_view sid);
  PublishedTrack* find_track(const sfu::Track* media);
  TrackSubscription* find_subscription(std::string_view track_sid);
  SendSlot* find_slot(std::string_view mid);

  // Plain state, changed by Room.
  Claims claims;
  pb::ClientInfo client;
  std::optional<SessionId> session;
  sfu::Participant* media = nullptr;
  bool is_subscriber_primary = false;
  bool auto_subscribe = true;
  bool adaptive_stream = false;
  std::vector<std::unique_ptr<PublishedTrack>> tracks;
  std::map<std::string, TrackSubscription> subscriptions;  ///< By track sid.
  std::map<std::string, bool> subscription_wishes;         ///< By track sid; overrides auto_subscribe.
  SubscriptionRule rule;
  std::vector<SendSlot> slots;
  Negotiation negotiation;
  Timestamp joined;
  Timestamp next_token;
  Timestamp remove_at = Timestamp::never();  ///< Its transport failed; a resume may still save it.
  uint32_t last_reliable_sequence = 0;       ///< From this participant, of the session.
  std::deque<std::string> unsent;            ///< Reliable packets its data channel has no room for yet.
  size_t unsent_bytes = 0;
  std::deque<std::string> nonces;       ///< Of the last user packets.
  std::set<std::string> speakers_told;  ///< Sids that this participant believes to be speaking.
  bool was_active = false;

 private:
  pb::ParticipantInfo info_;
  bool is_single_;
  Connection publisher_;
  Connection subscriber_;
};

/// The permission that grants add up to (reference 1.3).
pb::ParticipantPermission make_permission(const VideoGrant& grant);
/// The reverse, so that a token minted later carries a changed permission.
void apply_permission(const pb::ParticipantPermission& permission, VideoGrant& grant);

}  // namespace parley::livekit
