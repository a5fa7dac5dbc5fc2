#pragma once

#include "adapters/rooms/twirp_rooms.h"
#include "media/livekit/token.h"
#include "server/media_node.h"

namespace parley::server {

/// RoomService calls to the SFU in this process: the same calls that others make over HTTP, without the network.
/// `keys` and `node` outlive the transport.
rooms::TwirpTransport make_embedded_transport(const livekit::KeyStore& keys, MediaNode& node);

}  // namespace parley::server
