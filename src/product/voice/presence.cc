#include "product/voice/presence.h"

#include <algorithm>
#include <unordered_set>

#include "json/writer.h"

namespace parley::product::voice {
namespace {

constexpr std::string_view kRoomPrefix = "vc_";

/// A VoiceState of each living session; `where` narrows it.
std::string select_states(std::string_view where) {
  return "select s.channel_id, s.user_id, s.sid, s.joined_at,"
         " min(case when t.source = 2 and t.is_muted = 0 then 0 else 1 end),"
         " max(case when t.source = 1 and t.is_muted = 0 then 1 else 0 end),"
         " max(case when t.source = 3 and t.is_muted = 0 then 1 else 0 end)"
         " from voice_sessions s left join voice_tracks t on t.session_sid = s.sid and t.ended_at is null"
         " where s.left_at is null and s.joined_at is not null and " +
         std::string(where) +
         " group by s.sid, s.channel_id, s.user_id, s.joined_at order by s.channel_id, s.joined_at, s.sid";
}
static_assert(static_cast<int>(TrackSource::kCamera) == 1 && static_cast<int>(TrackSource::kMicrophone) == 2 &&
              static_cast<int>(TrackSource::kScreenShare) == 3);

/// Leaves of each user in a channel the newest session only: of `states`, which are in order of channel and arrival.
std::vector<VoiceState> once_each(std::vector<VoiceState> states) {
  std::vector<VoiceState> newest_first;
  std::unordered_set<std::string_view> seen;  // Of one channel; the texts stay where they are.
  for (size_t i = states.size(); i-- > 0;) {
    if (i + 1 < states.size() && states[i].channel_id != states[i + 1].channel_id) seen.clear();
    if (seen.insert(states[i].user_id.text()).second) newest_first.push_back(states[i]);
  }
  std::ranges::reverse(newest_first);
  return newest_first;
}

std::optional<VoiceState> state_of(Tx& tx, std::string_view sid) {
  static const std::string kSql = select_states("s.sid = $1");
  return one<VoiceState>(tx, kSql, sid);
}

void tell(Tx& tx, const std::optional<VoiceState>& before, const std::optional<VoiceState>& after) {
  if (before == after) return;
  const VoiceState& state = after ? *after : *before;
  const std::string resource = "channel:" + state.channel_id.text();
  if (after) return tx.emit({"voice.state_changed", resource, json::to_json(*after)});
  tx.emit({"voice.left", resource, json::to_json(VoiceLeft{state.channel_id, state.user_id, state.sid})});
}

/// Runs `change`, which concerns one session, and tells what it made of it.
template <class Change>
void change_session(Tx& tx, std::string_view sid, Change change) {
  const auto before = state_of(tx, sid);
  change();
  tell(tx, before, state_of(tx, sid));
}

void note_session(Tx& tx, const RoomEvent& event, std::optional<WallTime> joined_at, std::optional<WallTime> left_at,
                  WallTime now) {
  execute(
      tx,
      "insert into voice_sessions (sid, channel_id, room_sid, user_id, joined_at, left_at, updated_at)"
      " values ($1, $2, $3, $4, $5, coalesce($6, (select finished_at from voice_finished_rooms where room_sid = $3)),"
      " $7) on conflict (sid) do update set"
      " joined_at = coalesce(voice_sessions.joined_at, excluded.joined_at),"
      " left_at = coalesce(voice_sessions.left_at, excluded.left_at),"
      " room_sid = case when voice_sessions.room_sid = '' then excluded.room_sid else voice_sessions.room_sid end,"
      " updated_at = excluded.updated_at",
      event.sid, event.channel, event.room_sid, event.user, joined_at, left_at, now);
}

void note_track(Tx& tx, std::string_view session, const RoomTrack& track, std::optional<WallTime> ended_at,
                WallTime now) {
  execute(tx,
          "insert into voice_tracks (sid, session_sid, source, is_muted, ended_at, updated_at)"
          " values ($1, $2, $3, $4, $5, $6) on conflict (sid) do update set is_muted = excluded.is_muted,"
          " ended_at = coalesce(voice_tracks.ended_at, excluded.ended_at), updated_at = excluded.updated_at",
          track.sid, session, track.source, track.is_muted, ended_at, now);
}

void apply_track(Tx& tx, const RoomEvent& event, WallTime now) {
  note_session(tx, event, std::nullopt, std::nullopt, now);
  RoomTrack track = event.track;
  if (event.kind == RoomEvent::Kind::kTrackMuted) track.is_muted = true;
  if (event.kind == RoomEvent::Kind::kTrackUnmuted) track.is_muted = false;
  const bool has_ended = event.kind == RoomEvent::Kind::kTrackUnpublished;
  note_track(tx, event.sid, track, has_ended ? std::optional(event.at) : std::nullopt, now);
}

void end_session(Tx& tx, const VoiceState& state, WallTime now) {
  execute(tx, "update voice_sessions set left_at = $2, updated_at = $2 where sid = $1 and left_at is null", state.sid,
          now);
  tell(tx, state, std::nullopt);
}

void finish_room(Tx& tx, const RoomEvent& event, WallTime now) {
  static const std::string kSql = select_states("s.room_sid = $1");
  for (const VoiceState& state : all<VoiceState>(tx, kSql, event.room_sid)) end_session(tx, state, now);
  execute(tx, "update voice_sessions set left_at = $2, updated_at = $2 where room_sid = $1 and left_at is null",
          event.room_sid, now);
  execute(tx, "insert into voice_finished_rooms (room_sid, finished_at) values ($1, $2) on conflict do nothing",
          event.room_sid, now);
}

/// A media server may carry others' rooms whose names look like ours. A channel that was deleted stays ours, so that
/// whoever still is in its room is taken out.
bool is_ours(Tx& tx, const ChannelId& channel) {
  return one<int64_t>(tx, "select 1 from channels where id = $1", channel).has_value();
}

/// One participant of the media server's answer. Its own tracks as they were when it was asked, unless newer is known.
void reconcile_member(Tx& tx, const RoomMember& member, const ChannelId& channel, WallTime asked_at, WallTime now) {
  const auto known = one<WallTime>(tx, "select updated_at from voice_sessions where sid = $1", member.sid);
  if (known && *known >= asked_at) return;
  change_session(tx, member.sid, [&] {
    RoomEvent event{.channel = channel, .sid = member.sid, .user = UserId(member.identity)};
    note_session(tx, event, member.joined_at, std::nullopt, now);
    std::vector<std::string> living;
    for (const RoomTrack& track : member.tracks) {
      note_track(tx, member.sid, track, std::nullopt, now);
      living.push_back(track.sid);
    }
    for (const auto& sid :
         all<std::string>(tx, "select sid from voice_tracks where session_sid = $1 and ended_at is null", member.sid)) {
      if (std::ranges::find(living, sid) == living.end()) {
        execute(tx, "update voice_tracks set ended_at = $2, updated_at = $2 where sid = $1", sid, now);
      }
    }
  });
}

}  // namespace

std::string room_of(const ChannelId& channel) { return std::string(kRoomPrefix) + channel.text(); }

std::optional<ChannelId> channel_of(std::string_view room) {
  if (!room.starts_with(kRoomPrefix)) return std::nullopt;
  return ChannelId(room.substr(kRoomPrefix.size()));
}

void apply(Tx& tx, const RoomEvent& event, WallTime now) {
  using Kind = RoomEvent::Kind;
  if (event.kind == Kind::kRoomFinished) return finish_room(tx, event, now);
  if (!is_ours(tx, event.channel)) return;
  change_session(tx, event.sid, [&] {
    switch (event.kind) {
      case Kind::kJoined:
        return note_session(tx, event, event.at, std::nullopt, now);
      case Kind::kLeft:
        return note_session(tx, event, std::nullopt, event.at, now);
      case Kind::kTrackPublished:
      case Kind::kTrackUnpublished:
      case Kind::kTrackMuted:
      case Kind::kTrackUnmuted:
        return apply_track(tx, event, now);
      case Kind::kRoomFinished:
        return;
    }
  });
}

void reconcile(Tx& tx, std::span<const RoomMember> members, WallTime asked_at, WallTime now) {
  std::unordered_set<std::string> living;
  for (const RoomMember& member : members) {
    const auto channel = channel_of(member.room);
    if (!channel || !member.is_connected || !is_ours(tx, *channel)) continue;
    living.insert(member.sid);
    reconcile_member(tx, member, *channel, asked_at, now);
  }
  static const std::string kSql = select_states("s.updated_at < $1");
  for (const VoiceState& state : all<VoiceState>(tx, kSql, asked_at)) {
    if (!living.contains(state.sid)) end_session(tx, state, now);
  }
}

void clear(Tx& tx, WallTime now) {
  static const std::string kSql = select_states("1 = 1");
  for (const VoiceState& state : all<VoiceState>(tx, kSql)) tell(tx, state, std::nullopt);
  execute(tx, "update voice_sessions set left_at = $1, updated_at = $1 where left_at is null", now);
}

std::vector<VoiceState> who_is_where(Tx& tx, const CommunityId& community) {
  static const std::string kSql = select_states("s.channel_id in (select id from channels where community_id = $1)");
  return once_each(all<VoiceState>(tx, kSql, community));
}

std::vector<VoiceState> who_is_in(Tx& tx, const ChannelId& channel) {
  static const std::string kSql = select_states("s.channel_id = $1");
  return once_each(all<VoiceState>(tx, kSql, channel));
}

std::vector<VoiceState> everyone(Tx& tx) {
  static const std::string kSql = select_states("1 = 1");
  return once_each(all<VoiceState>(tx, kSql));
}

void ask_to_leave(Tx& tx, std::string_view sid, WallTime leave_by) {
  execute(tx, "update voice_sessions set leave_by = $2 where sid = $1 and leave_by is null", sid, leave_by);
}

std::vector<VoiceState> overdue(Tx& tx, WallTime now) {
  static const std::string kSql = select_states("s.leave_by <= $1");
  return all<VoiceState>(tx, kSql, now);
}

int64_t forget_ended(Tx& tx, WallTime before) {
  execute(tx, "delete from voice_tracks where session_sid in (select sid from voice_sessions where left_at < $1)",
          before);
  execute(tx, "delete from voice_finished_rooms where finished_at < $1", before);
  return execute(tx, "delete from voice_sessions where left_at < $1", before);
}

}  // namespace parley::product::voice
