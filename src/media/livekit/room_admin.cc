// What RoomService may do to a room and those in it.

#include <algorithm>

#include "media/livekit/room.h"

namespace parley::livekit {
namespace {

std::unexpected<Error> no_participant() { return fail(Error::Code::kNotFound, "participant does not exist"); }
constexpr size_t kNonceSize = 16;
/// RPC v1 payload limit (reference 3.8).
constexpr size_t kMaxRpcPayload = 15 * 1024;
constexpr uint32_t kDefaultRpcTimeoutMs = 15'000;

}  // namespace

Result<pb::MuteRoomTrackResponse> Room::mute_track(Context& ctx, const pb::MuteRoomTrackRequest& request) {
  Participant* participant = by_identity(request.identity());
  if (!participant) return no_participant();
  PublishedTrack* track = participant->find_track(request.track_sid());
  if (!track) return fail(Error::Code::kNotFound, "track does not exist");
  if (!request.muted() && !ctx.config.room.enable_remote_unmute) {
    return fail(Error::Code::kFailedPrecondition, "remote unmute is not enabled");
  }
  if (track->info.muted() != request.muted()) {
    track->info.set_muted(request.muted());
    ctx.sfu.set_muted(track->media, request.muted());
    participant->bump();
    pb::SignalResponse response;
    response.mutable_mute()->set_sid(request.track_sid());
    response.mutable_mute()->set_muted(request.muted());
    send(ctx, *participant, std::move(response));
    broadcast(ctx, *participant);
    tell_muted(ctx, *participant, *track);
  }
  pb::MuteRoomTrackResponse response;
  *response.mutable_track() = track->info;
  return response;
}

Result<pb::ParticipantInfo> Room::update_participant(Context& ctx, const pb::UpdateParticipantRequest& request) {
  Participant* participant = by_identity(request.identity());
  if (!participant) return no_participant();
  pb::UpdateParticipantMetadata change;
  change.set_metadata(request.metadata());
  change.set_name(request.name());
  *change.mutable_attributes() = request.attributes();
  if (const auto changed = change_profile(*participant, change); !changed) return std::unexpected(changed.error());
  if (request.has_permission()) change_permission(ctx, *participant, request.permission());
  broadcast(ctx, *participant);
  refresh_token(ctx, *participant);
  return participant->info();
}

void Room::change_permission(Context& ctx, Participant& participant, const pb::ParticipantPermission& permission) {
  const bool was_hidden = participant.is_hidden();
  *participant.mutable_info().mutable_permission() = permission;
  participant.bump();
  std::vector<std::string> forbidden;
  for (const auto& track : participant.tracks) {
    if (!participant.may_publish(track->info.source())) forbidden.push_back(track->info.sid());
  }
  for (const std::string& sid : forbidden) {
    unpublish(ctx, participant, sid);
    pb::SignalResponse response;
    response.mutable_track_unpublished()->set_track_sid(sid);
    send(ctx, participant, std::move(response));
  }
  reconcile(ctx, participant);
  if (was_hidden || !participant.is_hidden()) return;
  // Others must forget one who becomes invisible.
  pb::ParticipantInfo gone = participant.info();
  gone.set_state(pb::ParticipantInfo::DISCONNECTED);
  for (const auto& [sid, other] : participants_) {
    if (other.get() != &participant) send_update(ctx, *other, gone);
  }
}

Result<void> Room::update_subscriptions(Context& ctx, const pb::UpdateSubscriptionsRequest& request) {
  Participant* participant = by_identity(request.identity());
  if (!participant) return no_participant();
  pb::UpdateSubscription update;
  update.set_subscribe(request.subscribe());
  *update.mutable_track_sids() = request.track_sids();
  *update.mutable_participant_tracks() = request.participant_tracks();
  on_subscription(ctx, *participant, update);
  return {};
}

Result<void> Room::send_data(Context& ctx, const pb::SendDataRequest& request) {
  if (!request.nonce().empty() && request.nonce().size() != kNonceSize) {
    return fail(Error::Code::kInvalidArgument, "nonce must be empty or 16 bytes");
  }
  pb::DataPacket packet;
  packet.set_kind(request.kind());
  *packet.mutable_destination_identities() = request.destination_identities();
  pb::UserPacket& user = *packet.mutable_user();
  user.set_payload(request.data());
  user.set_nonce(request.nonce());
  if (request.has_topic()) user.set_topic(request.topic());
  *user.mutable_destination_sids() = request.destination_sids();
  *user.mutable_destination_identities() = request.destination_identities();
  deliver(ctx, nullptr, packet, request.kind());
  return {};
}

void Room::update_metadata(Context& ctx, std::string metadata) {
  info_.set_metadata(std::move(metadata));
  broadcast_room(ctx);
}

Result<void> Room::perform_rpc(Context& ctx, const pb::PerformRpcRequest& request, uint64_t call_id) {
  Participant* participant = by_identity(request.destination_identity());
  if (!participant) return no_participant();
  if (request.payload().size() > kMaxRpcPayload) {
    return fail(Error::Code::kInvalidArgument, "payload exceeds 15 KiB");
  }
  const uint32_t timeout_ms = request.response_timeout_ms() > 0 ? request.response_timeout_ms() : kDefaultRpcTimeoutMs;
  pb::DataPacket packet;
  packet.set_kind(pb::DataPacket::RELIABLE);
  packet.set_participant_identity("server-" + ctx.rng.base62(8));
  packet.add_destination_identities(request.destination_identity());
  pb::RpcRequest& rpc = *packet.mutable_rpc_request();
  rpc.set_id(ctx.rng.base62(20));
  rpc.set_method(request.method());
  rpc.set_payload(request.payload());
  rpc.set_response_timeout_ms(timeout_ms);
  rpc.set_version(1);
  if (!send_packet(ctx, *participant, pb::DataPacket::RELIABLE, packet.SerializeAsString())) {
    return fail(Error::Code::kUnavailable, "the participant's data channel is not open");
  }
  rpcs_[rpc.id()] = {call_id, ctx.now.mono + TimeDelta::millis(timeout_ms)};
  return {};
}

bool Room::take_rpc_reply(Context& ctx, const pb::DataPacket& packet) {
  const std::string id = packet.has_rpc_response() ? packet.rpc_response().request_id()
                         : packet.has_rpc_ack()    ? packet.rpc_ack().request_id()
                                                   : std::string();
  const auto it = id.empty() ? rpcs_.end() : rpcs_.find(id);
  if (it == rpcs_.end()) return false;
  if (packet.has_rpc_ack()) return true;
  RpcReply reply{it->second.call_id, packet.rpc_response().payload()};
  if (packet.rpc_response().has_error()) {
    const pb::RpcError& error = packet.rpc_response().error();
    reply.payload = fail(Error::Code::kFailedPrecondition, std::to_string(error.code()) + ": " + error.message());
  }
  ctx.out.rpc_replies.push_back(std::move(reply));
  rpcs_.erase(it);
  return true;
}

}  // namespace parley::livekit
