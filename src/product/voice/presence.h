#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "product/model/ids.h"
#include "product/ports/room_backend.h"
#include "product/ports/store.h"

namespace parley::product::voice {

/// A voice channel's room. Rooms of other names belong to whoever made them with an API key.
std::string room_of(const ChannelId& channel);
/// nullopt for a room that is no voice channel's.
std::optional<ChannelId> channel_of(std::string_view room);

/// Something that the media server says has happened in a channel's room.
struct RoomEvent {
  enum class Kind : unsigned char {
    kJoined,
    kLeft,  ///< Also: gave up while joining.
    kTrackPublished,
    kTrackUnpublished,
    kTrackMuted,
    kTrackUnmuted,
    kRoomFinished,  ///< Everyone in this instance of the room is gone.
  };
  Kind kind = Kind::kJoined;
  ChannelId channel;
  std::string room_sid;  ///< Names this instance of the room; may be empty for other kinds than kRoomFinished.
  std::string sid;       ///< The participant's; new with every join.
  UserId user;
  RoomTrack track;
  WallTime at;
};

/// One user in one voice channel: what "who is where" answers.
struct VoiceState {
  ChannelId channel_id;
  UserId user_id;
  std::string sid;
  WallTime joined_at;
  bool is_muted = true;  ///< No microphone is published, or it is muted.
  bool has_camera = false;
  bool has_screen = false;
  bool operator==(const VoiceState&) const = default;
};
BOOST_DESCRIBE_STRUCT(VoiceState, (), (channel_id, user_id, sid, joined_at, is_muted, has_camera, has_screen))

/// Payload of "voice.left".
struct VoiceLeft {
  ChannelId channel_id;
  UserId user_id;
  std::string sid;
};
BOOST_DESCRIBE_STRUCT(VoiceLeft, (), (channel_id, user_id, sid))

/// Takes an event in. Events may come twice, late, or in any order, and some never: the database holds sets keyed by
/// sid, in which what has ended stays ended, so every order of the same events leaves the same state. Tells the change,
/// if there is one, as "voice.state_changed" (a VoiceState) or "voice.left" of the channel.
void apply(Tx& tx, const RoomEvent& event, WallTime now);

/// Makes the database equal to what the media server said it holds. What events brought after `asked_at`, when it was
/// asked, is newer than its answer and stays.
void reconcile(Tx& tx, std::span<const RoomMember> members, WallTime asked_at, WallTime now);

/// Everyone is gone: the embedded media server begins with empty rooms.
void clear(Tx& tx, WallTime now);

/// Who is in which channel of a community, and how: one statement. In order of channel and arrival; a user whose old
/// connection has not ended yet appears once, with the newest.
std::vector<VoiceState> who_is_where(Tx& tx, const CommunityId& community);
std::vector<VoiceState> who_is_in(Tx& tx, const ChannelId& channel);
/// Of all communities.
std::vector<VoiceState> everyone(Tx& tx);

/// Asks one session to end by `leave_by`; the first time counts.
void ask_to_leave(Tx& tx, std::string_view sid, WallTime leave_by);
/// Those who were to have left by now and have not.
std::vector<VoiceState> overdue(Tx& tx, WallTime now);

/// Forgets what ended before `before`. An event that is later than that could bring a ghost, which the next
/// reconciliation removes.
int64_t forget_ended(Tx& tx, WallTime before);

}  // namespace parley::product::voice
