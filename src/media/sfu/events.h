#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "media/sfu/media_params.h"
#include "media/transport/peer.h"

namespace parley::sfu {

class MediaPeer;
class Participant;
class Room;
class Track;

/// What the SFU tells the layer above. Pointers are valid until that layer removes the object, which only it does.
struct PeerConnected {
  MediaPeer* peer;
};
struct PeerDisconnected {
  MediaPeer* peer;
};
struct PeerReconnected {
  MediaPeer* peer;
};
/// ICE or DTLS failed. An ICE restart may bring the peer back.
struct PeerFailed {
  MediaPeer* peer;
};
struct DataChannelOpened {
  MediaPeer* peer;
  transport::DataChannelId channel;
  std::string label;
};
struct DataReceived {
  MediaPeer* peer;
  transport::DataChannelId channel;
  transport::DataKind kind;
  ByteVector payload;
};
/// The send buffer of the data channels has room again; see MediaPeer::wants_data_room.
struct DataRoomAvailable {
  MediaPeer* peer;
};
/// The first packet of a track arrived.
struct TrackStarted {
  Track* track;
};
/// Loudness of every participant that speaks in a room, every SpeakerDetector::kWindow while anyone does, and once
/// (empty) after that.
struct SpeakersMeasured {
  Room* room;
  struct Speaker {
    Participant* participant;
    float level;
  };
  std::vector<Speaker> speakers;
};

using Event = std::variant<PeerConnected, PeerDisconnected, PeerReconnected, PeerFailed, DataChannelOpened,
                           DataReceived, DataRoomAvailable, TrackStarted, SpeakersMeasured>;

/// Caller-owned and reused. `transport.packets` is everything there is to send.
struct Outputs {
  transport::PeerOutputs transport;
  std::vector<Event> events;
  PacketBatch& packets() { return transport.packets; }
};

}  // namespace parley::sfu
