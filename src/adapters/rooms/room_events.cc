#include "adapters/rooms/room_events.h"

#include <array>

namespace parley::rooms {
namespace {

using product::voice::RoomEvent;
using Kind = RoomEvent::Kind;

struct Row {
  std::string_view name;
  Kind kind;
};
constexpr std::array kRows{
    Row{"participant_joined", Kind::kJoined},           Row{"participant_left", Kind::kLeft},
    Row{"participant_connection_aborted", Kind::kLeft}, Row{"track_published", Kind::kTrackPublished},
    Row{"track_unpublished", Kind::kTrackUnpublished},  Row{"track_muted", Kind::kTrackMuted},
    Row{"track_unmuted", Kind::kTrackUnmuted},          Row{"room_finished", Kind::kRoomFinished},
};

}  // namespace

std::optional<RoomEvent> to_room_event(const livekit::pb::WebhookEvent& event) {
  const auto channel = product::voice::channel_of(event.room().name());
  if (!channel) return std::nullopt;
  for (const Row& row : kRows) {
    if (row.name != event.event()) continue;
    RoomEvent out{.kind = row.kind,
                  .channel = *channel,
                  .room_sid = event.room().sid(),
                  .sid = event.participant().sid(),
                  .user = product::UserId(event.participant().identity()),
                  .at = WallTime{event.created_at() * 1'000'000}};
    const bool is_join = row.kind == Kind::kJoined;
    if (is_join && event.participant().joined_at() > 0) out.at = WallTime{event.participant().joined_at() * 1'000'000};
    if (event.has_track()) {
      out.track = {event.track().sid(), static_cast<product::TrackSource>(event.track().source()),
                   event.track().muted()};
    }
    const bool is_about_someone = row.kind != Kind::kRoomFinished;
    if (is_about_someone ? out.sid.empty() || out.user.is_empty() : out.room_sid.empty()) return std::nullopt;
    return out;
  }
  return std::nullopt;
}

}  // namespace parley::rooms
