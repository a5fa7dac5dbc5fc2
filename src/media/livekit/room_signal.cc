// Requests on the signal connection: one case, one call.

#include <algorithm>

#include "base/log.h"
#include "media/livekit/room.h"

namespace parley::livekit {

void Room::on_request(Context& ctx, Participant& participant, const pb::SignalRequest& request) {
  using Kind = pb::SignalRequest::MessageCase;
  switch (request.message_case()) {
    case Kind::kOffer:
      return on_offer(ctx, participant, request.offer());
    case Kind::kAnswer:
      return on_answer(ctx, participant, request.answer());
    case Kind::kTrickle:
      return;  // ICE-lite never checks, so the client's candidates are of no use here.
    case Kind::kAddTrack:
      return on_add_track(ctx, participant, request.add_track());
    case Kind::kMute:
      return on_mute(ctx, participant, request.mute());
    case Kind::kSubscription:
      return on_subscription(ctx, participant, request.subscription());
    case Kind::kTrackSetting:
      return on_track_setting(ctx, participant, request.track_setting());
    case Kind::kLeave:
      return leave(ctx, participant, {.reason = pb::CLIENT_INITIATED, .tells_client = false});
    case Kind::kSubscriptionPermission:
      return on_subscription_permission(ctx, participant, request.subscription_permission());
    case Kind::kSyncState:
      return on_sync_state(ctx, participant, request.sync_state());
    case Kind::kSimulate:
      return on_simulate(ctx, participant, request.simulate());
    case Kind::kPing:
      return on_ping(ctx, participant, {});
    case Kind::kUpdateMetadata:
      return on_update_metadata(ctx, participant, request.update_metadata());
    case Kind::kPingReq:
      return on_ping(ctx, participant, request.ping_req());
    case Kind::kUpdateAudioTrack:
      return on_update_audio_track(ctx, participant, request.update_audio_track());
    case Kind::kUpdateVideoTrack:
      return on_update_video_track(ctx, participant, request.update_video_track());
    case Kind::kPublishDataTrackRequest:
      return refuse_data_track(ctx, participant, request.publish_data_track_request());
    case Kind::kUnpublishDataTrackRequest:
    case Kind::MESSAGE_NOT_SET:
      return;  // From a newer client; ignored like any unknown field.
  }
}

void Room::on_ping(Context& ctx, Participant& participant, const pb::Ping& ping) {
  // Clients differ in which answer they read (pitfall 13); they send both requests or the one they understand.
  pb::SignalResponse response;
  if (ping.timestamp() == 0) {
    response.set_pong(ctx.now.wall.unix_ms());
  } else {
    response.mutable_pong_resp()->set_last_ping_timestamp(ping.timestamp());
    response.mutable_pong_resp()->set_timestamp(ctx.now.wall.unix_ms());
  }
  send(ctx, participant, std::move(response));
}

void Room::refuse_data_track(Context& ctx, Participant& participant, const pb::PublishDataTrackRequest& request) {
  pb::SignalResponse response;
  response.mutable_request_response()->set_reason(pb::RequestResponse::UNSUPPORTED_TYPE);
  response.mutable_request_response()->set_message("data tracks are not offered by this server");
  *response.mutable_request_response()->mutable_publish_data_track() = request;
  send(ctx, participant, std::move(response));
}

Result<void> Room::change_profile(Participant& participant, const pb::UpdateParticipantMetadata& change) {
  if (change.name().size() > kMaxNameLength) return fail(Error::Code::kInvalidArgument, "name exceeds 256 bytes");
  if (change.metadata().size() > kMaxMetadataSize) {
    return fail(Error::Code::kInvalidArgument, "metadata exceeds 512 KiB");
  }
  std::map<std::string, std::string> attributes;
  for (const auto& [key, value] : participant.info().attributes()) attributes[key] = value;
  for (const auto& [key, value] : change.attributes()) {
    if (value.empty()) {
      attributes.erase(key);
    } else {
      attributes[key] = value;
    }
  }
  size_t size = 0;
  for (const auto& [key, value] : attributes) size += key.size() + value.size();
  if (size > kMaxAttributesSize) return fail(Error::Code::kInvalidArgument, "attributes exceed 64 KiB");
  pb::ParticipantInfo& info = participant.mutable_info();
  if (!change.metadata().empty()) info.set_metadata(change.metadata());
  if (!change.name().empty()) info.set_name(change.name());
  info.clear_attributes();
  for (auto& [key, value] : attributes) (*info.mutable_attributes())[key] = value;
  participant.bump();
  return {};
}

void Room::on_update_metadata(Context& ctx, Participant& participant, const pb::UpdateParticipantMetadata& request) {
  pb::SignalResponse response;
  pb::RequestResponse& answer = *response.mutable_request_response();
  answer.set_request_id(request.request_id());
  *answer.mutable_update_metadata() = request;
  if (!participant.info().permission().can_update_metadata()) {
    answer.set_reason(pb::RequestResponse::NOT_ALLOWED);
    answer.set_message("does not have permission to update own metadata");
    return send(ctx, participant, std::move(response));
  }
  if (const auto changed = change_profile(participant, request); !changed) {
    answer.set_reason(pb::RequestResponse::LIMIT_EXCEEDED);
    answer.set_message(changed.error().message);
    return send(ctx, participant, std::move(response));
  }
  answer.set_reason(pb::RequestResponse::OK);
  send(ctx, participant, std::move(response));
  broadcast(ctx, participant);
  refresh_token(ctx, participant);
}

void Room::on_simulate(Context& ctx, Participant& participant, const pb::SimulateScenario& scenario) {
  if (!ctx.config.allow_simulate) return;
  using Kind = pb::SimulateScenario::ScenarioCase;
  switch (scenario.scenario_case()) {
    case Kind::kNodeFailure:
      return leave(ctx, participant, {.reason = pb::UNKNOWN_REASON, .tells_client = false});
    case Kind::kServerLeave:
    case Kind::kLeaveRequestFullReconnect:
      return leave(ctx, participant, {.reason = pb::SERVER_SHUTDOWN, .action = pb::LeaveRequest::RECONNECT});
    case Kind::kMigration:
    case Kind::kDisconnectSignalOnResume:
    case Kind::kDisconnectSignalOnResumeNoMessages:
      if (participant.session) {
        ctx.out.signals.push_back({.session = *participant.session, .kind = SignalOut::Kind::kClose});
        on_socket_closed(ctx, participant);
      }
      return;
    default:
      return;  // Scenarios of estimators and candidate switching: nothing to provoke here.
  }
}

}  // namespace parley::livekit
