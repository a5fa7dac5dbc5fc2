#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/packet_batch.h"
#include "base/time.h"
#include "base/units.h"
#include "media/livekit/proto/rtc.pb.h"
#include "media/transport/peer.h"

namespace parley::client {

namespace pb = livekit::pb;

/// One peer connection (the client always offers) or two (the server offers the one it sends on).
enum class ConnectionMode : uint8_t { kSingle, kDual };

/// The two peer connections of a client. Each needs a local address of its own. Single mode uses kPublisher for both.
enum class ConnectionIndex : uint8_t { kPublisher = 0, kSubscriber = 1 };
inline constexpr size_t kConnections = 2;

/// Whose payload types and extension ids are offered: they differ, and nothing may depend on them. pion, the WebRTC of
/// the Go SDK, also answers an ICE-lite offerer with setup:passive.
enum class Dialect : uint8_t { kChromium, kFirefox, kPion };

/// One simulcast layer.
struct LayerSpec {
  std::string rid;  ///< Empty for a track of one layer.
  uint32_t width = 1280;
  uint32_t height = 720;
  DataRate bitrate = DataRate::kbps(1700);
};

/// A synthetic track to publish.
struct PublishSpec {
  pb::TrackType type = pb::AUDIO;
  pb::TrackSource source = pb::MICROPHONE;
  std::string name;
  DataRate bitrate = DataRate::kbps(32);  ///< Audio; layers say it for video.
  int frames_per_second = 30;             ///< Video. Audio packets are 20 ms.
  std::vector<LayerSpec> layers;          ///< Video: one to three, low to high.

  static PublishSpec microphone();
  /// 180p, 360p and 720p with the rids q, h and f.
  static PublishSpec camera_simulcast();
  static PublishSpec camera_single_layer();
};

struct ClientOptions {
  ConnectionMode mode = ConnectionMode::kSingle;
  Dialect dialect = Dialect::kChromium;
  uint32_t publisher_id = 0;  ///< Stamped into every packet; see Stamp.
  std::vector<PublishSpec> publish;
  bool auto_subscribe = true;
  bool adaptive_stream = false;
  /// Single mode: the offer travels in the join request (Chromium) or follows the Join (Firefox).
  bool offers_in_join_request = true;
  /// Dual mode: connect the publishing connection at once even when nothing is published, for its data channels.
  bool opens_publisher_at_once = false;
  int protocol = 16;  ///< Signal protocol told to the server.
  /// How long a received audio packet may take to be heard: what arrives later counts as a gap.
  TimeDelta audio_playout_delay = TimeDelta::millis(200);
  /// Looks at every payload byte instead of the first and the last.
  bool verifies_all_bytes = false;

  const transport::DtlsContext* dtls = nullptr;  ///< These three must outlive the client.
  const transport::SrtpBackend* srtp = nullptr;
  transport::SctpStack* sctp = nullptr;  ///< Null: no data channels.
  std::shared_ptr<transport::SctpMailbox> mailbox;
  /// The connections' tags in the mailbox are this and the next number.
  uint64_t sctp_tag = 0;
};

struct ClientEvent {
  enum class Kind : uint8_t {
    kJoined,              ///< The server's Join came.
    kActive,              ///< The primary connection is up for the first time.
    kConnectionLost,      ///< `connection` has no consent any more.
    kConnectionRestored,  ///< `connection` is up again.
    kConnectionFailed,    ///< `connection` failed; a resume may revive it.
    kTrackPublished,      ///< `sid` is the server's name of the track numbered `track` in the options' order.
    kTrackRefused,        ///< The server will not have track number `track`.
    kTrackReceived,       ///< Track `sid` is negotiated; its packets may come.
    kTrackEnded,          ///< Track `sid` is not received any more.
    kData,                ///< `packet` came over a data channel.
    kDataLost,            ///< A reliable packet came with a number further on than the next one.
    kResumed,             ///< The server took the session back.
    kLeft,                ///< The server ended it; `leave` says why and what to do.
    kSignalTimeout,       ///< Pings are unanswered: close the socket and resume.
  };
  Kind kind = Kind::kJoined;
  ConnectionIndex connection = ConnectionIndex::kPublisher;
  size_t track = 0;
  std::string sid = {};
  pb::DataPacket packet = {};
  pb::LeaveRequest leave = {};
};

/// Caller-owned, reused for any number of clients; the caller drains it after every call.
struct ClientOutputs {
  /// `.packets` are the datagrams to send from each connection's address, by ConnectionIndex. The rest is working
  /// memory.
  std::array<transport::PeerOutputs, kConnections> connections;
  std::vector<pb::SignalRequest> requests;
  std::vector<ClientEvent> events;

  transport::PeerOutputs& of(ConnectionIndex index) { return connections[static_cast<size_t>(index)]; }
  std::array<uint8_t, transport::kSrtpMaxPacket> scratch_plain;  ///< Working memory.
};

}  // namespace parley::client
