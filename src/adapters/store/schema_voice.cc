// Who is in which voice channel: sets keyed by the media server's sids (product/voice/presence.h). What has ended stays
// for a while, so that late and repeated events find it ended. No references to users or channels: the media server may
// speak of what is no longer there.
#include "adapters/store/schema.h"

namespace parley::store {
namespace {

constexpr std::string_view kStatements[] = {
    R"(create table voice_sessions (
         sid {text} not null primary key,
         channel_id {text} not null,
         room_sid {text} not null default '',
         user_id {text} not null,
         joined_at {int},
         left_at {int},
         updated_at {int} not null
       ) {strict})",
    "create index voice_sessions_by_channel on voice_sessions (channel_id) where left_at is null",
    "create index voice_sessions_by_user on voice_sessions (user_id) where left_at is null",
    "create index voice_sessions_by_room on voice_sessions (room_sid) where left_at is null",
    "create index voice_sessions_ended on voice_sessions (left_at)",
    R"(create table voice_tracks (
         sid {text} not null primary key,
         session_sid {text} not null,
         source {int} not null,
         is_muted {bool} not null default 0,
         ended_at {int},
         updated_at {int} not null
       ) {strict})",
    "create index voice_tracks_by_session on voice_tracks (session_sid)",
    R"(create table voice_finished_rooms (
         room_sid {text} not null primary key,
         finished_at {int} not null
       ) {strict})",
};

/// Whoever was asked to go to another channel must have left by then.
constexpr std::string_view kMoveStatements[] = {
    "alter table voice_sessions add column leave_by {int}",
    // Without the condition SQLite takes it for "who is where" of a small community, through everyone who is anywhere.
    "drop index voice_sessions_ended",
    "create index voice_sessions_ended on voice_sessions (left_at) where left_at is not null",
};

}  // namespace

constinit const Migration kVoiceSchema{"voice", kStatements};
constinit const Migration kVoiceMoveSchema{"voice_move", kMoveStatements};

}  // namespace parley::store
