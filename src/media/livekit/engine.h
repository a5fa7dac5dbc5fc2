#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "media/livekit/admission.h"
#include "media/livekit/context.h"
#include "media/livekit/room.h"

namespace parley::livekit {

/// LiveKit on one shard: its rooms, the signal connections into them, and the SFU below. Everything that reaches a
/// shard (datagrams, signal frames, service calls, time) enters here; everything that leaves is in EngineOutputs.
/// Sans-IO. Owner: one shard.
class Engine {
 public:
  Engine(EngineConfig config, Rng& rng) : config_(std::move(config)), rng_(rng), sfu_(config_.sfu, rng_) {}
  ~Engine();

  // Signal connections. The first output for a new session is a message (Join, Reconnect or Leave) or a refusal.
  void open_session(SessionId session, const JoinParams& join, Now now, EngineOutputs& out);
  void on_request(SessionId session, const pb::SignalRequest& request, Now now, EngineOutputs& out);
  void on_socket_closed(SessionId session, Now now, EngineOutputs& out);

  // Media.
  sfu::Verdict on_datagram(const Path& from, ByteView datagram, Now now, EngineOutputs& out);
  /// After the datagrams that were waiting.
  void end_pass(Now now, EngineOutputs& out);

  // Time.
  void on_timer(Now now, EngineOutputs& out);
  Timestamp next_deadline() const;
  void collect_sctp(Now now, EngineOutputs& out);

  // RoomService on the rooms of this shard. Authorization is the caller's.
  Result<pb::Room> create_room(const pb::CreateRoomRequest& request, Now now, EngineOutputs& out);
  void list_rooms(const pb::ListRoomsRequest& request, pb::ListRoomsResponse& into) const;
  Result<void> delete_room(std::string_view name, Now now, EngineOutputs& out);
  Result<pb::ListParticipantsResponse> list_participants(std::string_view name);
  Result<pb::ParticipantInfo> get_participant(std::string_view name, std::string_view identity);
  Result<void> remove_participant(std::string_view name, std::string_view identity, Now now, EngineOutputs& out);
  Result<pb::MuteRoomTrackResponse> mute_track(const pb::MuteRoomTrackRequest& request, Now now, EngineOutputs& out);
  Result<pb::ParticipantInfo> update_participant(const pb::UpdateParticipantRequest& request, Now now,
                                                 EngineOutputs& out);
  Result<void> update_subscriptions(const pb::UpdateSubscriptionsRequest& request, Now now, EngineOutputs& out);
  Result<void> send_data(const pb::SendDataRequest& request, Now now, EngineOutputs& out);
  Result<pb::Room> update_room_metadata(const pb::UpdateRoomMetadataRequest& request, Now now, EngineOutputs& out);
  /// The answer comes as an RpcReply with `call_id` unless this fails at once.
  Result<void> perform_rpc(const pb::PerformRpcRequest& request, uint64_t call_id, Now now, EngineOutputs& out);

  /// Tells every client to reconnect (elsewhere, or here after the restart) and closes the rooms.
  void drain(Now now, EngineOutputs& out);

  sfu::Sfu& sfu() { return sfu_; }
  const sfu::Sfu& sfu() const { return sfu_; }
  size_t room_count() const { return rooms_.size(); }
  bool has_room(std::string_view name) const { return rooms_.contains(name); }
  size_t participant_count() const;

 private:
  struct Seat {
    std::string room;
    std::string participant_sid;
  };
  Context context(Now now, EngineOutputs& out) { return {now, config_, sfu_, rng_, out}; }
  Room* find_room(std::string_view name);
  Room& add_room(Context& ctx, std::string name, const RoomSettings& settings);
  void close_room(Context& ctx, std::string name, pb::DisconnectReason reason);
  void refuse(Context& ctx, SessionId session, int status, std::string text);
  void turn_away(Context& ctx, SessionId session, pb::DisconnectReason reason, pb::LeaveRequest::Action action);
  void reopen_session(Context& ctx, SessionId session, const JoinParams& join);
  /// Hands the SFU's events to their rooms, and forgets sessions that rooms ended.
  void settle(Context& ctx);
  void dispatch(Context& ctx, sfu::Event& event);
  Room* room_of(const sfu::Room* media) const;

  EngineConfig config_;
  Rng& rng_;
  sfu::Sfu sfu_;
  std::map<std::string, std::unique_ptr<Room>, std::less<>> rooms_;  ///< By name.
  std::unordered_map<const sfu::Room*, Room*> by_media_;
  std::unordered_map<SessionId, Seat> seats_;
  Timestamp next_second_;
};

}  // namespace parley::livekit
