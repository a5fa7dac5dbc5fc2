#include "media/livekit/engine.h"

#include <google/protobuf/util/json_util.h>

#include <variant>

#include "base/log.h"

namespace parley::livekit {
namespace {

/// Room and participant timeouts are stated in seconds.
constexpr TimeDelta kTick = TimeDelta::seconds(1);

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

RoomSettings settings_from_token(const JoinParams& join) {
  RoomSettings settings;
  if (join.claims.room_config.empty()) return settings;
  pb::RoomConfiguration config;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  if (!google::protobuf::util::JsonStringToMessage(join.claims.room_config, &config, options).ok()) return settings;
  return {.empty_timeout_s = config.empty_timeout(),
          .departure_timeout_s = config.departure_timeout(),
          .max_participants = config.max_participants(),
          .metadata = config.metadata()};
}

}  // namespace

Engine::~Engine() {
  EngineOutputs out;
  Context ctx = context({}, out);
  while (!rooms_.empty()) close_room(ctx, rooms_.begin()->first, pb::SERVER_SHUTDOWN);
}

size_t Engine::participant_count() const {
  size_t count = 0;
  for (const auto& [name, room] : rooms_) count += room->participants().size();
  return count;
}

Room* Engine::find_room(std::string_view name) {
  const auto it = rooms_.find(name);
  return it == rooms_.end() ? nullptr : it->second.get();
}

Room* Engine::room_of(const sfu::Room* media) const {
  const auto it = by_media_.find(media);
  return it == by_media_.end() ? nullptr : it->second;
}

Room& Engine::add_room(Context& ctx, std::string name, const RoomSettings& settings) {
  auto room = std::make_unique<Room>(ctx, name, settings);
  by_media_[room->media()] = room.get();
  return *(rooms_[std::move(name)] = std::move(room));
}

void Engine::close_room(Context& ctx, std::string name, pb::DisconnectReason reason) {
  const auto it = rooms_.find(name);
  by_media_.erase(it->second->media());
  it->second->close(ctx, reason);
  rooms_.erase(it);
}

void Engine::refuse(Context& ctx, SessionId session, int status, std::string text) {
  ctx.out.signals.push_back(
      {.session = session, .kind = SignalOut::Kind::kRefuse, .status = status, .text = std::move(text)});
}

void Engine::turn_away(Context& ctx, SessionId session, pb::DisconnectReason reason, pb::LeaveRequest::Action action) {
  SignalOut leave{.session = session};
  leave.response.mutable_leave()->set_reason(reason);
  leave.response.mutable_leave()->set_action(action);
  leave.response.mutable_leave()->set_can_reconnect(action == pb::LeaveRequest::RECONNECT);
  ctx.out.signals.push_back(std::move(leave));
  ctx.out.signals.push_back({.session = session, .kind = SignalOut::Kind::kClose});
}

void Engine::open_session(SessionId session, const JoinParams& join, Now now, EngineOutputs& out) {
  Context ctx = context(now, out);
  const VideoGrant& grant = *join.claims.video;
  if (join.is_reconnect) {
    reopen_session(ctx, session, join);
    return settle(ctx);
  }
  Room* room = find_room(grant.room);
  if (!room && !config_.room.auto_create && !grant.room_create) {
    return refuse(ctx, session, 404, "requested room does not exist");
  }
  if (!room) room = &add_room(ctx, grant.room, settings_from_token(join));
  if (room->is_full(join)) return turn_away(ctx, session, pb::JOIN_FAILURE, pb::LeaveRequest::DISCONNECT);
  room->join(ctx, join, session);
  if (const Participant* participant = room->by_identity(join.claims.identity)) {
    seats_[session] = {room->name(), participant->sid()};
  }
  settle(ctx);
}

void Engine::reopen_session(Context& ctx, SessionId session, const JoinParams& join) {
  Room* room = find_room(join.claims.video->room);
  Participant* participant = room ? room->by_identity(join.claims.identity) : nullptr;
  if (!participant || (!join.participant_sid.empty() && participant->sid() != join.participant_sid)) {
    return turn_away(ctx, session, pb::STATE_MISMATCH, pb::LeaveRequest::RECONNECT);
  }
  seats_[session] = {room->name(), participant->sid()};
  room->resume(ctx, *participant, join, session);
}

void Engine::on_request(SessionId session, const pb::SignalRequest& request, Now now, EngineOutputs& out) {
  Context ctx = context(now, out);
  const auto seat = seats_.find(session);
  if (seat == seats_.end()) return;
  Room* room = find_room(seat->second.room);
  Participant* participant = room ? room->by_sid(seat->second.participant_sid) : nullptr;
  if (!participant || participant->session != session) return;
  room->on_request(ctx, *participant, request);
  settle(ctx);
}

void Engine::on_socket_closed(SessionId session, Now now, EngineOutputs& out) {
  Context ctx = context(now, out);
  const auto seat = seats_.find(session);
  if (seat == seats_.end()) return;
  Room* room = find_room(seat->second.room);
  Participant* participant = room ? room->by_sid(seat->second.participant_sid) : nullptr;
  seats_.erase(seat);
  if (participant && participant->session == session) room->on_socket_closed(ctx, *participant);
  settle(ctx);
}

sfu::Verdict Engine::on_datagram(const Path& from, ByteView datagram, Now now, EngineOutputs& out) {
  const sfu::Verdict verdict = sfu_.on_datagram(from, datagram, now.mono, out.sfu);
  if (!out.sfu.events.empty()) {
    Context ctx = context(now, out);
    settle(ctx);
  }
  return verdict;
}

void Engine::end_pass(Now now, EngineOutputs& out) {
  sfu_.end_pass(now.mono, out.sfu);
  if (out.sfu.events.empty()) return;
  Context ctx = context(now, out);
  settle(ctx);
}

void Engine::on_timer(Now now, EngineOutputs& out) {
  Context ctx = context(now, out);
  sfu_.on_timer(now, out.sfu);
  settle(ctx);
  const bool is_tick = now.mono >= next_second_;
  if (is_tick) next_second_ = now.mono + kTick;
  std::vector<std::string> over;
  for (const auto& [name, room] : rooms_) {
    if (is_tick || room->next_deadline() <= now.mono) room->on_timer(ctx);
    if (is_tick && room->is_over(now.mono)) over.push_back(name);
  }
  for (const std::string& name : over) close_room(ctx, name, pb::ROOM_CLOSED);
  settle(ctx);
}

Timestamp Engine::next_deadline() const {
  Timestamp at = sfu_.next_deadline();
  if (!rooms_.empty()) at = earlier(at, next_second_);
  for (const auto& [name, room] : rooms_) at = earlier(at, room->next_deadline());
  return at;
}

void Engine::collect_sctp(Now now, EngineOutputs& out) {
  sfu_.collect_sctp(now.mono, out.sfu);
  Context ctx = context(now, out);
  settle(ctx);
}

void Engine::settle(Context& ctx) {
  // Handling an event may bring others (a message sent may fill a channel), never for ever: each costs bytes received.
  std::vector<sfu::Event> events;
  while (!ctx.out.sfu.events.empty()) {
    events.clear();
    events.swap(ctx.out.sfu.events);
    for (sfu::Event& event : events) dispatch(ctx, event);
  }
  for (const SignalOut& signal : ctx.out.signals) {
    if (signal.kind == SignalOut::Kind::kClose) seats_.erase(signal.session);
  }
}

void Engine::dispatch(Context& ctx, sfu::Event& event) {
  // An earlier event of the same batch may have removed the peer or track of a later one: ask the SFU first.
  const auto room_of_peer = [&](const sfu::MediaPeer* peer) {
    return sfu_.has_peer(peer) ? room_of(&peer->participant().room()) : nullptr;
  };
  std::visit(Overloaded{
                 [&](const sfu::PeerConnected& e) {
                   if (Room* room = room_of_peer(e.peer)) room->on_peer_connected(ctx, *e.peer);
                 },
                 [&](const sfu::PeerDisconnected&) {},  // It may come back; failing is what counts.
                 [&](const sfu::PeerReconnected& e) {
                   if (Room* room = room_of_peer(e.peer)) room->on_peer_connected(ctx, *e.peer);
                 },
                 [&](const sfu::PeerFailed& e) {
                   if (Room* room = room_of_peer(e.peer)) room->on_peer_failed(ctx, *e.peer);
                 },
                 [&](const sfu::DataChannelOpened& e) {
                   if (Room* room = room_of_peer(e.peer)) room->on_channel_opened(ctx, e);
                 },
                 [&](const sfu::DataReceived& e) {
                   if (Room* room = room_of_peer(e.peer)) room->on_data(ctx, e);
                 },
                 [&](const sfu::DataRoomAvailable& e) {
                   if (Room* room = room_of_peer(e.peer)) room->on_data_room(ctx, *e.peer);
                 },
                 [&](const sfu::TrackStarted& e) {
                   for (const auto& [name, room] : rooms_) room->on_track_started(ctx, *e.track);
                 },
                 [&](const sfu::SpeakersMeasured& e) {
                   if (Room* room = room_of(e.room)) room->on_speakers(ctx, e);
                 },
             },
             event);
}

void Engine::drain(Now now, EngineOutputs& out) {
  Context ctx = context(now, out);
  for (const auto& [name, room] : rooms_) {
    while (!room->participants().empty()) {
      room->leave(ctx, *room->participants().begin()->second,
                  {.reason = pb::SERVER_SHUTDOWN, .action = pb::LeaveRequest::RECONNECT});
    }
  }
  while (!rooms_.empty()) close_room(ctx, rooms_.begin()->first, pb::SERVER_SHUTDOWN);
  settle(ctx);
}

}  // namespace parley::livekit
