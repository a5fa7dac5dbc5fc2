#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "media/livekit/context.h"
#include "media/livekit/participant.h"

namespace parley::livekit {

/// What a room is created with; from CreateRoom, a token's roomConfig, or nothing.
struct RoomSettings {
  uint32_t empty_timeout_s = 0;  ///< 0 takes the default, also below.
  uint32_t departure_timeout_s = 0;
  uint32_t max_participants = 0;
  std::string metadata;
};

/// How a participant's session ends, as its client is told.
struct Departure {
  pb::DisconnectReason reason = pb::UNKNOWN_REASON;
  pb::LeaveRequest::Action action = pb::LeaveRequest::DISCONNECT;
  bool tells_client = true;
};

/// One LiveKit room: its participants, and every rule of how they come, publish, subscribe, talk and go. Its parts
/// stand in room_*.cc by subject. Sans-IO. Owner: Engine, on the home shard.
class Room {
 public:
  Room(Context& ctx, std::string name, const RoomSettings& settings);
  ~Room();

  const std::string& name() const { return info_.name(); }
  /// As RoomService and webhooks report it.
  pb::Room info() const;
  sfu::Room* media() const { return media_; }
  const std::map<std::string, std::unique_ptr<Participant>>& participants() const { return participants_; }
  Participant* by_sid(std::string_view sid);
  Participant* by_identity(std::string_view identity);
  Participant* by_media(const sfu::Participant* media);
  bool is_full(const JoinParams& join) const;
  /// Nobody is left and the timeout has passed.
  bool is_over(Timestamp now) const;
  void close(Context& ctx, pb::DisconnectReason reason);

  // room.cc: coming and going.
  void join(Context& ctx, const JoinParams& join, SessionId session);
  void leave(Context& ctx, Participant& participant, Departure departure);
  void on_socket_closed(Context& ctx, Participant& participant);
  void on_timer(Context& ctx);
  /// When on_timer() has something to do before its regular second.
  Timestamp next_deadline() const { return next_negotiation_; }

  // room_signal.cc, room_resume.cc
  void on_request(Context& ctx, Participant& participant, const pb::SignalRequest& request);
  void resume(Context& ctx, Participant& participant, const JoinParams& join, SessionId session);

  // room_media.cc: what the SFU reports.
  void on_peer_connected(Context& ctx, sfu::MediaPeer& peer);
  void on_peer_failed(Context& ctx, sfu::MediaPeer& peer);
  void on_channel_opened(Context& ctx, const sfu::DataChannelOpened& event);
  void on_data(Context& ctx, const sfu::DataReceived& event);
  void on_data_room(Context& ctx, sfu::MediaPeer& peer);
  void on_track_started(Context& ctx, sfu::Track& track);
  void on_speakers(Context& ctx, const sfu::SpeakersMeasured& measured);

  // room_admin.cc: RoomService.
  Result<pb::MuteRoomTrackResponse> mute_track(Context& ctx, const pb::MuteRoomTrackRequest& request);
  Result<pb::ParticipantInfo> update_participant(Context& ctx, const pb::UpdateParticipantRequest& request);
  Result<void> update_subscriptions(Context& ctx, const pb::UpdateSubscriptionsRequest& request);
  Result<void> send_data(Context& ctx, const pb::SendDataRequest& request);
  void update_metadata(Context& ctx, std::string metadata);
  Result<void> perform_rpc(Context& ctx, const pb::PerformRpcRequest& request, uint64_t call_id);

 private:
  struct ReliablePacket {
    Timestamp at;
    std::string sender_sid;
    uint32_t sequence;
    bool is_directed = false;               ///< For `destinations` alone, even when that is nobody.
    std::vector<std::string> destinations;  ///< Identities.
    std::string bytes;
  };
  struct PendingRpc {
    uint64_t call_id;
    Timestamp deadline;
  };

  // room.cc
  void send(Context& ctx, const Participant& participant, pb::SignalResponse response);
  void send_leave(Context& ctx, Participant& participant, const Departure& departure);
  void send_update(Context& ctx, const Participant& to, const pb::ParticipantInfo& info);
  /// Tells everyone who may know of `participant`, itself included.
  void broadcast(Context& ctx, const Participant& participant);
  void broadcast_room(Context& ctx);
  void refresh_token(Context& ctx, Participant& participant);
  void fill_join(Context& ctx, Participant& participant, pb::JoinResponse& join);
  void start_connections(Context& ctx, Participant& participant);
  void webhook(Context& ctx, std::string_view event, const Participant* participant = nullptr,
               const PublishedTrack* track = nullptr);
  void check_participant(Context& ctx, Participant& participant);
  // room_publish.cc
  void on_add_track(Context& ctx, Participant& participant, const pb::AddTrackRequest& request);
  void on_mute(Context& ctx, Participant& participant, const pb::MuteTrackRequest& request);
  void on_update_audio_track(Context& ctx, Participant& participant, const pb::UpdateLocalAudioTrack& request);
  void on_update_video_track(Context& ctx, Participant& participant, const pb::UpdateLocalVideoTrack& request);
  void announce(Context& ctx, Participant& participant, PublishedTrack& track);
  void unpublish(Context& ctx, Participant& participant, std::string_view track_sid);
  PublishedTrack* match_section(Participant& participant, const wire::MediaSection& section);
  // room_negotiate.cc
  void on_offer(Context& ctx, Participant& participant, const pb::SessionDescription& offer);
  void on_answer(Context& ctx, Participant& participant, const pb::SessionDescription& answer);
  wire::MediaSection answer_section(Participant& participant, const wire::MediaSection& offered,
                                    std::vector<sfu::ReceiveSection>& receive);
  void drop_vanished_tracks(Context& ctx, Participant& participant, const wire::SessionDescription& offer);
  void take_remote(Context& ctx, Connection& connection, const wire::SessionDescription& remote);
  LocalTransport local_transport(Context& ctx, const Connection& connection) const;
  void negotiation_changed(Context& ctx, Participant& participant);
  void negotiate(Context& ctx, Participant& participant);
  void send_offer(Context& ctx, Participant& participant);
  void send_requirement(Context& ctx, Participant& participant);
  /// Gives waiting subscriptions free sections.
  void assign_slots(Participant& participant);
  void take_slots(Participant& participant, const wire::SessionDescription& offer);
  void announce_muted(Context& ctx, Participant& participant);
  void tell_first_subscriber(Context& ctx, const TrackSubscription& subscription);
  void activate(Context& ctx, Participant& participant, const wire::SessionDescription& ours);
  void reject_description(Context& ctx, Participant& participant, const wire::SdpError& error);
  // room_subscribe.cc
  void on_subscription(Context& ctx, Participant& participant, const pb::UpdateSubscription& request);
  void on_track_setting(Context& ctx, Participant& participant, const pb::UpdateTrackSettings& request);
  void on_subscription_permission(Context& ctx, Participant& participant, const pb::SubscriptionPermission& request);
  /// Makes `participant`'s subscriptions what wishes, permissions and published tracks say.
  void reconcile(Context& ctx, Participant& participant);
  void reconcile_everyone(Context& ctx);
  bool wants(const Participant& participant, const PublishedTrack& track) const;
  bool may_subscribe(const Participant& subscriber, const Participant& publisher, const PublishedTrack& track) const;
  void add_subscription(Context& ctx, Participant& participant, Participant& publisher, PublishedTrack& track);
  void remove_subscription(Context& ctx, Participant& participant, const std::string& track_sid);
  // room_data.cc
  void relay(Context& ctx, Participant& sender, pb::DataPacket packet, pb::DataPacket::Kind kind);
  void deliver(Context& ctx, const Participant* sender, const pb::DataPacket& packet, pb::DataPacket::Kind kind);
  bool send_packet(Context& ctx, Participant& to, pb::DataPacket::Kind kind, const std::string& bytes);
  void send_unsent(Context& ctx, Participant& to);
  void replay(Context& ctx, Participant& to, const std::map<std::string, uint32_t>& last_by_sender);
  bool take_rpc_reply(Context& ctx, const pb::DataPacket& packet);
  void expire_data(Context& ctx);
  TimeDelta replay_age(Timestamp now);
  // room_signal.cc
  void on_update_metadata(Context& ctx, Participant& participant, const pb::UpdateParticipantMetadata& request);
  void on_ping(Context& ctx, Participant& participant, const pb::Ping& ping);
  void refuse_data_track(Context& ctx, Participant& participant, const pb::PublishDataTrackRequest& request);
  void on_simulate(Context& ctx, Participant& participant, const pb::SimulateScenario& scenario);
  Result<void> change_profile(Participant& participant, const pb::UpdateParticipantMetadata& change);
  // room_media.cc
  void open_channels(Context& ctx, Participant& participant);
  // room_admin.cc
  void change_permission(Context& ctx, Participant& participant, const pb::ParticipantPermission& permission);
  // room_resume.cc
  void on_sync_state(Context& ctx, Participant& participant, const pb::SyncState& state);

  pb::Room info_;
  RoomSettings settings_;
  sfu::Room* media_;
  std::map<std::string, std::unique_ptr<Participant>> participants_;  ///< By sid.
  Timestamp empty_since_;
  Timestamp next_negotiation_ = Timestamp::never();  ///< No participant negotiates before it.
  bool was_entered_ = false;
  std::deque<ReliablePacket> reliable_;  ///< The last kReplayAge, for those who resume.
  size_t reliable_bytes_ = 0;
  std::map<std::string, PendingRpc> rpcs_;  ///< By RPC id.
  std::map<std::string, float> speakers_;   ///< Loudness by participant sid.
};

/// Wishes about tracks that one participant may leave, known or not.
inline constexpr size_t kMaxSubscriptionWishes = 4096;

std::string make_sid(Rng& rng, std::string_view prefix);

}  // namespace parley::livekit
