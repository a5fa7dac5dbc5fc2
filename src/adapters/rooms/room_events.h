#pragma once

#include <optional>

#include "media/livekit/proto/room_service.pb.h"
#include "product/voice/presence.h"

namespace parley::rooms {

/// What an event of LiveKit's (or of our own SFU, which has two more: "track_muted" and "track_unmuted") says about who
/// is where. nullopt when nothing, or when its room is no voice channel's.
std::optional<product::voice::RoomEvent> to_room_event(const livekit::pb::WebhookEvent& event);

}  // namespace parley::rooms
