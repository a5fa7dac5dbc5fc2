#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "media/livekit/proto/rtc.pb.h"
#include "media/livekit/token.h"

namespace parley::livekit {

// Limits of LiveKit's server (`limit.*`), which its SDKs and their users rely on.
inline constexpr size_t kMaxNameLength = 256;               ///< Identity, room name, display name; bytes.
inline constexpr size_t kMaxMetadataSize = 512 * 1024;      ///< Bytes, of a participant or a room.
inline constexpr size_t kMaxAttributesSize = 64 * 1024;     ///< Keys and values of a participant together, bytes.
inline constexpr size_t kMaxJoinRequestSize = 1024 * 1024;  ///< Of an inflated join_request, bytes.

/// An HTTP request for the signal connection, or for its validation, as far as admission needs it.
struct SignalHttpRequest {
  bool is_v1 = false;                        ///< Path `/rtc/v1`, else `/rtc`.
  std::map<std::string, std::string> query;  ///< Percent-decoded; the last of repeated keys.
  std::string authorization;                 ///< Header, empty when absent.
  std::string user_agent;
  std::string remote_address;
};

/// A participant that may enter: everything the room needs to know of it.
struct JoinParams {
  Claims claims;
  pb::ClientInfo client;
  bool is_single_peer_connection = false;  ///< A join_request was given: one peer connection, the client offers.
  bool is_reconnect = false;
  std::string participant_sid;  ///< On reconnect.
  bool auto_subscribe = true;
  bool adaptive_stream = false;
  bool subscriber_allow_pause = false;
  std::vector<pb::AddTrackRequest> add_tracks;
  std::optional<pb::SessionDescription> publisher_offer;
};

struct HttpRefusal {
  int status = 500;
  std::string text;
};

/// Decides whether a request may become a participant: reference/livekit-protocol.md 1.5 and 1.6, in that order. What
/// depends on the room (it may not exist, it may be full) is decided where the room is. Pure.
std::expected<JoinParams, HttpRefusal> admit(const SignalHttpRequest& request, const KeyStore& keys, WallTime now);

}  // namespace parley::livekit
