#include "media/livekit/room.h"

#include <algorithm>

#include "base/log.h"
#include "media/livekit/sdp_codecs.h"

namespace parley::livekit {
namespace {

/// A client that has not connected its media by then never will (reference 2.6).
constexpr TimeDelta kJoinTimeout = TimeDelta::seconds(60);
constexpr TimeDelta kTokenInterval = TimeDelta::seconds(300);
constexpr TimeDelta kTokenValidity = TimeDelta::seconds(600);
/// Told to clients: ping this often, and give up after that long without an answer.
constexpr int kPingIntervalS = 5;
constexpr int kPingTimeoutS = 15;
/// A requirement or an offer that the client does not follow up makes the connection useless.
constexpr TimeDelta kNegotiationTimeout = TimeDelta::seconds(15);

}  // namespace

std::string make_sid(Rng& rng, std::string_view prefix) { return std::string(prefix) + rng.base62(12); }

Room::Room(Context& ctx, std::string name, const RoomSettings& settings)
    : settings_(settings), media_(ctx.sfu.add_room()), empty_since_(ctx.now.mono) {
  const RoomDefaults& defaults = ctx.config.room;
  const auto seconds_or = [](uint32_t value, TimeDelta fallback) {
    return value > 0 ? value : static_cast<uint32_t>(fallback.ms() / 1000);
  };
  info_.set_sid(make_sid(ctx.rng, "RM_"));
  info_.set_name(std::move(name));
  info_.set_empty_timeout(seconds_or(settings.empty_timeout_s, defaults.empty_timeout));
  info_.set_departure_timeout(seconds_or(settings.departure_timeout_s, defaults.departure_timeout));
  info_.set_max_participants(settings.max_participants > 0 ? settings.max_participants : defaults.max_participants);
  info_.set_creation_time(ctx.now.wall.unix_s());
  info_.set_creation_time_ms(ctx.now.wall.unix_ms());
  info_.set_metadata(settings.metadata);
  info_.set_turn_password(ctx.rng.base62(32));
  for (const SupportedCodec& codec : supported_codecs()) {
    info_.add_enabled_codecs()->set_mime(std::string(sfu::mime_type(codec.codec)));
  }
  log::info("room_started", {{"room", info_.name()}, {"sid", info_.sid()}});
  webhook(ctx, "room_started");
}

Room::~Room() = default;

pb::Room Room::info() const {
  pb::Room info = info_;
  uint32_t participants = 0;
  uint32_t publishers = 0;
  bool is_recorded = false;
  for (const auto& [sid, participant] : participants_) {
    is_recorded |= participant->is_recorder();
    if (participant->is_dependent() || participant->is_hidden()) continue;
    ++participants;
    if (std::ranges::any_of(participant->tracks, [](const auto& t) { return t->is_announced; })) ++publishers;
  }
  info.set_num_participants(participants);
  info.set_num_publishers(publishers);
  info.set_active_recording(is_recorded);
  return info;
}

Participant* Room::by_sid(std::string_view sid) {
  const auto it = participants_.find(std::string(sid));
  return it == participants_.end() ? nullptr : it->second.get();
}

Participant* Room::by_identity(std::string_view identity) {
  for (const auto& [sid, participant] : participants_) {
    if (participant->identity() == identity) return participant.get();
  }
  return nullptr;
}

Participant* Room::by_media(const sfu::Participant* media) {
  for (const auto& [sid, participant] : participants_) {
    if (participant->media == media) return participant.get();
  }
  return nullptr;
}

bool Room::is_full(const JoinParams& join) const {
  const VideoGrant grant = join.claims.video.value_or(VideoGrant{});
  if (info_.max_participants() == 0 || grant.recorder || grant.agent || join.claims.kind == "agent") return false;
  uint32_t count = 0;
  for (const auto& [sid, participant] : participants_) {
    if (!participant->is_dependent() && participant->identity() != join.claims.identity) ++count;
  }
  return count >= info_.max_participants();
}

bool Room::is_over(Timestamp now) const {
  const bool has_people =
      std::ranges::any_of(participants_, [](const auto& entry) { return !entry.second->is_dependent(); });
  if (has_people) return false;
  const uint32_t timeout = was_entered_ ? info_.departure_timeout() : info_.empty_timeout();
  return now - empty_since_ >= TimeDelta::seconds(timeout);
}

void Room::close(Context& ctx, pb::DisconnectReason reason) {
  while (!participants_.empty()) leave(ctx, *participants_.begin()->second, {.reason = reason});
  log::info("room_finished", {{"room", info_.name()}, {"sid", info_.sid()}});
  webhook(ctx, "room_finished");
  ctx.sfu.remove_room(media_);
  media_ = nullptr;
}

void Room::join(Context& ctx, const JoinParams& join, SessionId session) {
  if (Participant* old = by_identity(join.claims.identity)) leave(ctx, *old, {.reason = pb::DUPLICATE_IDENTITY});
  auto owned = std::make_unique<Participant>(make_sid(ctx.rng, "PA_"), join, ctx.now);
  Participant& participant = *owned;
  participants_[participant.sid()] = std::move(owned);
  participant.session = session;
  participant.media = ctx.sfu.add_participant(media_);
  participant.publisher().peer = ctx.sfu.add_peer(participant.media);
  participant.publisher().session_id = ctx.rng.next_u64() >> 2;
  if (!participant.is_single()) {
    participant.subscriber().peer = ctx.sfu.add_peer(participant.media);
    participant.subscriber().session_id = ctx.rng.next_u64() >> 2;
  }
  // Reference 2.6: offer ids start at a small random number.
  participant.negotiation.offer_id = static_cast<uint32_t>(ctx.rng.below(100)) + 1;
  participant.mutable_info().set_state(pb::ParticipantInfo::JOINED);
  was_entered_ = true;

  pb::SignalResponse response;
  fill_join(ctx, participant, *response.mutable_join());
  send(ctx, participant, std::move(response));
  refresh_token(ctx, participant);
  log::info("participant_joined", {{"room", name()}, {"sid", participant.sid()}, {"identity", participant.identity()}});
  for (const pb::AddTrackRequest& request : join.add_tracks) on_add_track(ctx, participant, request);
  reconcile(ctx, participant);
  if (join.publisher_offer) on_offer(ctx, participant, *join.publisher_offer);
  start_connections(ctx, participant);
}

void Room::fill_join(Context& ctx, Participant& participant, pb::JoinResponse& join) {
  *join.mutable_room() = info();
  *join.mutable_participant() = participant.info();
  for (const auto& [sid, other] : participants_) {
    if (other.get() == &participant || other->is_hidden() || !other->was_active) continue;
    *join.add_other_participants() = other->info();
  }
  join.set_server_version(kServerVersion);
  for (const pb::ICEServer& server : ctx.config.ice_servers) *join.add_ice_servers() = server;
  join.set_subscriber_primary(participant.is_subscriber_primary);
  join.set_ping_interval(kPingIntervalS);
  join.set_ping_timeout(kPingTimeoutS);
  pb::ServerInfo& server = *join.mutable_server_info();
  server.set_version(kServerVersion);
  server.set_protocol(kSignalProtocol);
  server.set_node_id(ctx.config.node_id);
  // Clients of end-to-end encryption recognise frames that the server made by this suffix; we make none.
  join.set_sif_trailer(info_.turn_password());
  for (const SupportedCodec& codec : supported_codecs()) {
    join.add_enabled_publish_codecs()->set_mime(std::string(sfu::mime_type(codec.codec)));
  }
  join.set_fast_publish(participant.info().permission().can_publish());
}

void Room::start_connections(Context& ctx, Participant& participant) {
  if (participant.is_single()) return;
  // Dual mode: the first offer carries only the data channels when there is nothing to subscribe to, and is what makes
  // the primary connection connect (pitfall 33).
  if (participant.is_subscriber_primary || !participant.subscriptions.empty()) send_offer(ctx, participant);
}

void Room::send(Context& ctx, const Participant& participant, pb::SignalResponse response) {
  if (!participant.session) return;
  ctx.out.signals.push_back({.session = *participant.session, .response = std::move(response)});
}

void Room::send_update(Context& ctx, const Participant& to, const pb::ParticipantInfo& info) {
  pb::SignalResponse response;
  *response.mutable_update()->add_participants() = info;
  send(ctx, to, std::move(response));
}

void Room::broadcast(Context& ctx, const Participant& participant) {
  const pb::ParticipantInfo info = participant.info();
  for (const auto& [sid, other] : participants_) {
    const bool is_self = other.get() == &participant;
    if (!is_self && (participant.is_hidden() || !participant.was_active)) continue;
    send_update(ctx, *other, info);
  }
}

void Room::broadcast_room(Context& ctx) {
  pb::SignalResponse response;
  *response.mutable_room_update()->mutable_room() = info();
  for (const auto& [sid, participant] : participants_) send(ctx, *participant, response);
}

void Room::refresh_token(Context& ctx, Participant& participant) {
  participant.next_token = ctx.now.mono + kTokenInterval;
  if (ctx.config.keys.empty()) return;
  Claims claims = participant.claims;
  claims.name = participant.info().name();
  claims.metadata = participant.info().metadata();
  claims.attributes.clear();
  for (const auto& [key, value] : participant.info().attributes()) claims.attributes[key] = value;
  VideoGrant grant = claims.video.value_or(VideoGrant{});
  apply_permission(participant.info().permission(), grant);
  claims.video = grant;
  const TimeDelta left = TimeDelta::seconds(claims.expires_unix_s - ctx.now.wall.unix_s());
  pb::SignalResponse response;
  response.set_refresh_token(make_token(claims, ctx.config.keys.first(), ctx.now.wall, std::max(left, kTokenValidity)));
  send(ctx, participant, std::move(response));
}

void Room::send_leave(Context& ctx, Participant& participant, const Departure& departure) {
  if (!participant.session) return;
  if (departure.tells_client) {
    pb::SignalResponse response;
    pb::LeaveRequest& leave = *response.mutable_leave();
    leave.set_reason(departure.reason);
    leave.set_action(departure.action);
    // Clients of protocol 12 and older know only this flag.
    leave.set_can_reconnect(departure.action == pb::LeaveRequest::RECONNECT);
    send(ctx, participant, std::move(response));
  }
  ctx.out.signals.push_back({.session = *participant.session, .kind = SignalOut::Kind::kClose});
  participant.session.reset();
}

void Room::leave(Context& ctx, Participant& participant, Departure departure) {
  send_leave(ctx, participant, departure);
  const auto it = participants_.find(participant.sid());
  const std::unique_ptr<Participant> gone = std::move(it->second);
  participants_.erase(it);
  for (const auto& track : gone->tracks) {
    if (track->is_announced) webhook(ctx, "track_unpublished", gone.get(), track.get());
    for (const auto& [sid, other] : participants_) remove_subscription(ctx, *other, track->info.sid());
  }
  gone->tracks.clear();
  gone->subscriptions.clear();
  ctx.sfu.remove_participant(gone->media, ctx.out.sfu);
  pb::ParticipantInfo& info = gone->mutable_info();
  info.set_state(pb::ParticipantInfo::DISCONNECTED);
  info.set_disconnect_reason(departure.reason);
  gone->bump();
  if (gone->was_active && !gone->is_hidden()) {
    for (const auto& [sid, other] : participants_) send_update(ctx, *other, gone->info());
  }
  speakers_.erase(gone->sid());
  webhook(ctx, gone->was_active ? "participant_left" : "participant_connection_aborted", gone.get());
  log::info("participant_left",
            {{"room", name()}, {"sid", gone->sid()}, {"reason", static_cast<int>(departure.reason)}});
  empty_since_ = ctx.now.mono;
}

void Room::on_socket_closed(Context& ctx, Participant& participant) {
  participant.session.reset();
  // Reference 2.12: without media there is nothing to resume.
  if (!participant.primary().is_connected) leave(ctx, participant, {.reason = pb::SIGNAL_CLOSE});
}

void Room::check_participant(Context& ctx, Participant& participant) {
  const Timestamp now = ctx.now.mono;
  if (participant.remove_at <= now) {
    leave(ctx, participant, {.reason = pb::CONNECTION_TIMEOUT, .action = pb::LeaveRequest::RECONNECT});
    return;
  }
  if (!participant.was_active && now - participant.joined >= kJoinTimeout) {
    leave(ctx, participant, {.reason = pb::JOIN_FAILURE});
    return;
  }
  const Negotiation& negotiation = participant.negotiation;
  if (negotiation.is_outstanding && participant.session && now - negotiation.since >= kNegotiationTimeout) {
    log::warn("negotiation_timeout", {{"room", name()}, {"sid", participant.sid()}});
    leave(ctx, participant, {.reason = pb::STATE_MISMATCH, .action = pb::LeaveRequest::RECONNECT});
    return;
  }
  if (participant.next_token <= now) refresh_token(ctx, participant);
  if (participant.negotiation.due <= now) negotiate(ctx, participant);
}

void Room::on_timer(Context& ctx) {
  std::vector<std::string> sids;
  for (const auto& [sid, participant] : participants_) sids.push_back(sid);
  for (const std::string& sid : sids) {
    if (Participant* participant = by_sid(sid)) check_participant(ctx, *participant);
  }
  next_negotiation_ = Timestamp::never();
  for (const auto& [sid, participant] : participants_) {
    next_negotiation_ = earlier(next_negotiation_, participant->negotiation.due);
  }
  expire_data(ctx);
}

void Room::webhook(Context& ctx, std::string_view event, const Participant* participant, const PublishedTrack* track) {
  WebhookOut out{name(), {}};
  out.event.set_event(std::string(event));
  out.event.set_id(make_sid(ctx.rng, "EV_"));
  out.event.set_created_at(ctx.now.wall.unix_s());
  if (track) {
    // Track events name room and participant only; subscribers of the webhook know the rest.
    out.event.mutable_room()->set_sid(info_.sid());
    out.event.mutable_room()->set_name(info_.name());
    out.event.mutable_participant()->set_sid(participant->sid());
    out.event.mutable_participant()->set_identity(participant->identity());
    *out.event.mutable_track() = track->info;
  } else {
    *out.event.mutable_room() = info();
    if (participant) *out.event.mutable_participant() = participant->info();
  }
  ctx.out.webhooks.push_back(std::move(out));
}

}  // namespace parley::livekit
