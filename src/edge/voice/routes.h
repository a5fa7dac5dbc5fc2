#pragma once

#include <functional>

#include "edge/api/route.h"
#include "product/ports/room_backend.h"
#include "product/voice/presence.h"

namespace parley::voice {

/// What the routes need; all outlive them and are thread-safe.
struct VoiceServices {
  product::RoomBackend& rooms;
  bool is_https = false;  ///< Of the address that clients came to, when rooms are on this very server.
  /// Reads and checks a webhook of an external LiveKit: kTokenInvalid or kInvalidRequest; nullopt for one that says
  /// nothing about who is where. Null: there is no external LiveKit, and the route does not exist.
  std::function<product::Outcome<std::optional<product::voice::RoomEvent>>(std::string_view authorization,
                                                                           std::string_view body, WallTime now)>
      read_webhook;
};

/// POST /api/v1/channels/{channel_id}/voice/join, GET /api/v1/communities/{community_id}/voice-states,
/// POST /api/v1/webhooks/livekit.
void add_voice_routes(api::RouteTable& table, VoiceServices services);

}  // namespace parley::voice
