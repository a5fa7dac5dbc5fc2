#pragma once

#include <functional>
#include <memory>
#include <string>

#include "media/livekit/token.h"
#include "product/ports/room_backend.h"

namespace parley::rooms {

/// One RoomService call on its way to a media server.
struct TwirpCall {
  std::string method;  ///< "RemoveParticipant".
  std::string token;   ///< Bearer, with the grants that this call needs.
  std::string body;    ///< Protobuf.
};
struct TwirpAnswer {
  int status = 0;
  std::string body;  ///< Protobuf with 200, else Twirp's JSON error.
};

/// Carries calls to a media server. Blocks until the answer, at most until `deadline`; kRoomBackendUnavailable when
/// there is none. Thread-safe.
using TwirpTransport = std::function<product::Outcome<TwirpAnswer>(TwirpCall call, Timestamp deadline)>;

struct TwirpRoomsOptions {
  std::string url;  ///< What clients are told: ws:// or wss://.
  livekit::ApiKey key;
  TimeDelta ticket_validity = TimeDelta::seconds(3600);
};

/// The port over LiveKit's RoomService: the SFU in this process and a LiveKit elsewhere differ in how calls are
/// carried.
std::unique_ptr<product::RoomBackend> make_twirp_rooms(TwirpRoomsOptions options, TwirpTransport transport);

}  // namespace parley::rooms
