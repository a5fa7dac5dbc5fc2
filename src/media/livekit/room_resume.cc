// A client whose signal connection broke comes back to the session it had (reference 2.12).

#include <algorithm>

#include "base/log.h"
#include "media/livekit/room.h"

namespace parley::livekit {

void Room::resume(Context& ctx, Participant& participant, const JoinParams& join, SessionId session) {
  // The old socket may still be half open; it must not take the participant with it when it closes.
  if (participant.session)
    ctx.out.signals.push_back({.session = *participant.session, .kind = SignalOut::Kind::kClose});
  participant.session = session;
  participant.client = join.client;
  participant.remove_at = Timestamp::never();
  Negotiation& negotiation = participant.negotiation;
  negotiation.is_outstanding = false;
  negotiation.asked_audio = 0;
  negotiation.asked_video = 0;

  pb::SignalResponse response;
  pb::ReconnectResponse& reconnect = *response.mutable_reconnect();
  for (const pb::ICEServer& server : ctx.config.ice_servers) *reconnect.add_ice_servers() = server;
  reconnect.mutable_server_info()->set_version(kServerVersion);
  reconnect.mutable_server_info()->set_protocol(kSignalProtocol);
  reconnect.mutable_server_info()->set_node_id(ctx.config.node_id);
  reconnect.set_last_message_seq(participant.last_reliable_sequence);
  send(ctx, participant, std::move(response));

  pb::SignalResponse update;
  *update.mutable_update()->add_participants() = participant.info();
  for (const auto& [sid, other] : participants_) {
    if (other.get() == &participant || other->is_hidden() || !other->was_active) continue;
    *update.mutable_update()->add_participants() = other->info();
  }
  send(ctx, participant, std::move(update));
  pb::SignalResponse room;
  *room.mutable_room_update()->mutable_room() = info();
  send(ctx, participant, std::move(room));
  refresh_token(ctx, participant);
  log::info("participant_resumed", {{"room", name()}, {"sid", participant.sid()}});
  if (join.publisher_offer) on_offer(ctx, participant, *join.publisher_offer);
  if (!participant.is_single()) {
    ctx.sfu.restart_ice(participant.subscriber().peer);
    send_offer(ctx, participant);
  } else if (negotiation.is_dirty) {
    negotiation_changed(ctx, participant);
  }
}

void Room::on_sync_state(Context& ctx, Participant& participant, const pb::SyncState& state) {
  for (const pb::TrackPublishedResponse& published : state.publish_tracks()) {
    if (participant.find_track(published.track().sid())) continue;
    // The client publishes something we know nothing of: only a new session can mend that.
    return leave(ctx, participant, {.reason = pb::STATE_MISMATCH, .action = pb::LeaveRequest::RECONNECT});
  }
  for (const std::string& sid : state.track_sids_disabled()) {
    pb::UpdateTrackSettings settings;
    settings.add_track_sids(sid);
    settings.set_disabled(true);
    settings.set_quality(pb::HIGH);
    on_track_setting(ctx, participant, settings);
  }
  if (state.has_subscription()) on_subscription(ctx, participant, state.subscription());
  std::map<std::string, uint32_t> last;
  for (const pb::DataChannelReceiveState& received : state.datachannel_receive_states()) {
    last[received.publisher_sid()] = received.last_seq();
  }
  replay(ctx, participant, last);
}

}  // namespace parley::livekit
