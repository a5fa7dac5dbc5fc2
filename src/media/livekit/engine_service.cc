// RoomService on this shard's rooms.

#include "media/livekit/engine.h"

namespace parley::livekit {
namespace {

std::unexpected<Error> no_room() { return fail(Error::Code::kNotFound, "requested room does not exist"); }
std::unexpected<Error> no_participant() { return fail(Error::Code::kNotFound, "participant does not exist"); }

}  // namespace

Result<pb::Room> Engine::create_room(const pb::CreateRoomRequest& request, Now now, EngineOutputs& out) {
  if (request.name().empty()) return fail(Error::Code::kInvalidArgument, "name is required");
  if (request.name().size() > kMaxNameLength) return fail(Error::Code::kInvalidArgument, "name exceeds 256 bytes");
  if (request.metadata().size() > kMaxMetadataSize) {
    return fail(Error::Code::kInvalidArgument, "metadata exceeds 512 KiB");
  }
  Context ctx = context(now, out);
  if (Room* existing = find_room(request.name())) {
    if (!request.metadata().empty()) existing->update_metadata(ctx, request.metadata());
    return existing->info();
  }
  return add_room(ctx, request.name(),
                  {.empty_timeout_s = request.empty_timeout(),
                   .departure_timeout_s = request.departure_timeout(),
                   .max_participants = request.max_participants(),
                   .metadata = request.metadata()})
      .info();
}

void Engine::list_rooms(const pb::ListRoomsRequest& request, pb::ListRoomsResponse& into) const {
  for (const auto& [name, room] : rooms_) {
    const auto& names = request.names();
    if (names.empty() || std::find(names.begin(), names.end(), name) != names.end()) *into.add_rooms() = room->info();
  }
}

Result<void> Engine::delete_room(std::string_view name, Now now, EngineOutputs& out) {
  if (!find_room(name)) return no_room();
  Context ctx = context(now, out);
  close_room(ctx, std::string(name), pb::ROOM_DELETED);
  settle(ctx);
  return {};
}

Result<pb::ListParticipantsResponse> Engine::list_participants(std::string_view name) {
  const Room* room = find_room(name);
  if (!room) return no_room();
  pb::ListParticipantsResponse response;
  for (const auto& [sid, participant] : room->participants()) *response.add_participants() = participant->info();
  return response;
}

Result<pb::ParticipantInfo> Engine::get_participant(std::string_view name, std::string_view identity) {
  Room* room = find_room(name);
  if (!room) return no_room();
  const Participant* participant = room->by_identity(identity);
  if (!participant) return no_participant();
  return participant->info();
}

Result<void> Engine::remove_participant(std::string_view name, std::string_view identity, Now now, EngineOutputs& out) {
  Room* room = find_room(name);
  if (!room) return no_room();
  Participant* participant = room->by_identity(identity);
  if (!participant) return no_participant();
  Context ctx = context(now, out);
  room->leave(ctx, *participant, {.reason = pb::PARTICIPANT_REMOVED});
  settle(ctx);
  return {};
}

Result<pb::MuteRoomTrackResponse> Engine::mute_track(const pb::MuteRoomTrackRequest& request, Now now,
                                                     EngineOutputs& out) {
  Room* room = find_room(request.room());
  if (!room) return no_room();
  Context ctx = context(now, out);
  return room->mute_track(ctx, request);
}

Result<pb::ParticipantInfo> Engine::update_participant(const pb::UpdateParticipantRequest& request, Now now,
                                                       EngineOutputs& out) {
  Room* room = find_room(request.room());
  if (!room) return no_room();
  Context ctx = context(now, out);
  return room->update_participant(ctx, request);
}

Result<void> Engine::update_subscriptions(const pb::UpdateSubscriptionsRequest& request, Now now, EngineOutputs& out) {
  Room* room = find_room(request.room());
  if (!room) return no_room();
  Context ctx = context(now, out);
  return room->update_subscriptions(ctx, request);
}

Result<void> Engine::send_data(const pb::SendDataRequest& request, Now now, EngineOutputs& out) {
  Room* room = find_room(request.room());
  if (!room) return no_room();
  Context ctx = context(now, out);
  const auto sent = room->send_data(ctx, request);
  settle(ctx);
  return sent;
}

Result<pb::Room> Engine::update_room_metadata(const pb::UpdateRoomMetadataRequest& request, Now now,
                                              EngineOutputs& out) {
  if (request.metadata().size() > kMaxMetadataSize) {
    return fail(Error::Code::kInvalidArgument, "metadata exceeds 512 KiB");
  }
  Room* room = find_room(request.room());
  if (!room) return no_room();
  Context ctx = context(now, out);
  room->update_metadata(ctx, request.metadata());
  return room->info();
}

Result<void> Engine::perform_rpc(const pb::PerformRpcRequest& request, uint64_t call_id, Now now, EngineOutputs& out) {
  Room* room = find_room(request.room());
  if (!room) return no_room();
  Context ctx = context(now, out);
  const auto started = room->perform_rpc(ctx, request, call_id);
  settle(ctx);
  return started;
}

}  // namespace parley::livekit
