// What the SFU reports: connections, speakers.

#include <algorithm>

#include "base/log.h"
#include "media/livekit/room.h"

namespace parley::livekit {
namespace {
/// After a connection failed its client has this long to resume with an ICE restart.
constexpr TimeDelta kFailureGrace = TimeDelta::seconds(5);
}  // namespace

void Room::on_peer_connected(Context& ctx, sfu::MediaPeer& peer) {
  Participant* participant = by_media(&peer.participant());
  Connection* connection = participant ? participant->connection_of(&peer) : nullptr;
  if (!connection) return;
  connection->is_connected = true;
  participant->remove_at = Timestamp::never();
  if (!participant->is_single() && connection == &participant->subscriber()) open_channels(ctx, *participant);
  if (connection != &participant->primary() || participant->was_active) return;
  participant->was_active = true;
  participant->mutable_info().set_state(pb::ParticipantInfo::ACTIVE);
  participant->bump();
  broadcast(ctx, *participant);
  webhook(ctx, "participant_joined", participant);
  log::info("participant_active", {{"room", name()}, {"sid", participant->sid()}});
}

void Room::open_channels(Context& ctx, Participant& participant) {
  Connection& connection = participant.subscriber();
  transport::Peer& peer = connection.peer->transport();
  // Used from when the client acknowledges them: until then reliable packets wait in the replay buffer.
  (void)peer.open_channel({.label = "_reliable"}, ctx.out.sfu.transport);
  (void)peer.open_channel({.label = "_lossy", .order = transport::DataOrder::kUnordered, .max_retransmits = 0},
                          ctx.out.sfu.transport);
  ctx.sfu.after_transport(*connection.peer, ctx.out.sfu);
}

void Room::on_peer_failed(Context& ctx, sfu::MediaPeer& peer) {
  Participant* participant = by_media(&peer.participant());
  if (!participant) return;
  log::info("peer_failed", {{"room", name()}, {"sid", participant->sid()}});
  if (!participant->was_active) return leave(ctx, *participant, {.reason = pb::JOIN_FAILURE});
  participant->remove_at = ctx.now.mono + kFailureGrace;
  send_leave(ctx, *participant, {.reason = pb::UNKNOWN_REASON, .action = pb::LeaveRequest::RESUME});
}

void Room::on_speakers(Context& ctx, const sfu::SpeakersMeasured& measured) {
  std::map<std::string, float> now;
  for (const sfu::SpeakersMeasured::Speaker& speaker : measured.speakers) {
    const Participant* participant = by_media(speaker.participant);
    if (participant && !participant->is_hidden()) now[participant->sid()] = speaker.level;
  }
  pb::SpeakersChanged changed;
  const auto add = [&](const std::string& sid, float level) {
    pb::SpeakerInfo& info = *changed.add_speakers();
    info.set_sid(sid);
    info.set_level(level);
    info.set_active(level > 0);
  };
  for (const auto& [sid, level] : now) {
    const auto before = speakers_.find(sid);
    if (before == speakers_.end() || before->second != level) add(sid, level);
  }
  for (const auto& [sid, level] : speakers_) {
    if (!now.contains(sid)) add(sid, 0);
  }
  speakers_ = std::move(now);
  if (changed.speakers_size() == 0) return;
  pb::SignalResponse response;
  *response.mutable_speakers_changed() = std::move(changed);
  for (const auto& [sid, participant] : participants_) send(ctx, *participant, response);
}

}  // namespace parley::livekit
