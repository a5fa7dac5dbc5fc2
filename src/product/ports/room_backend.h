#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/redacted.h"
#include "base/time.h"
#include "product/model/problem.h"

namespace parley::product {

/// What a published track shows or lets hear; LiveKit's TrackSource.
enum class TrackSource : unsigned char { kUnknown, kCamera, kMicrophone, kScreenShare, kScreenShareAudio };

struct RoomTrack {
  std::string sid;
  TrackSource source = TrackSource::kUnknown;
  bool is_muted = false;
};

/// What a participant may do in a room.
struct RoomGrants {
  bool can_subscribe = true;
  bool can_publish_data = true;
  bool can_speak = false;
  bool can_use_camera = false;
  bool can_share_screen = false;
  bool operator==(const RoomGrants&) const = default;
};

/// What other participants see of one.
struct RoomProfile {
  std::string name;
  std::string metadata;  ///< JSON: what rarely changes.
  std::map<std::string, std::string> attributes;
};

/// One participant as the media server has it. `sid` is new with every join; `identity` is the user's id.
struct RoomMember {
  std::string room;
  std::string sid;
  std::string identity;
  WallTime joined_at;
  bool is_connected = true;  ///< False while it is still joining.
  std::vector<RoomTrack> tracks;
  RoomProfile profile;
  RoomGrants grants;
};

/// The right to enter a room once or more, until it expires.
struct RoomTicket {
  std::string url;  ///< Where a LiveKit client connects: ws:// or wss://.
  Redacted<std::string> token;
  WallTime expires_at;
};

/// The media server: the SFU in this process, or a LiveKit elsewhere. Thread-safe. Calls block until it has answered,
/// at most until `deadline` (steady clock); then kRoomBackendUnavailable. A room or participant that does not exist is
/// kNotFound.
class RoomBackend {
 public:
  virtual ~RoomBackend() = default;

  /// Makes a token here, without asking the media server.
  virtual RoomTicket make_ticket(const std::string& room, const std::string& identity, const RoomProfile& profile,
                                 const RoomGrants& grants, WallTime now) = 0;
  /// Everyone in every room.
  virtual Outcome<std::vector<RoomMember>> list_members(Timestamp deadline) = 0;
  virtual Outcome<void> remove_member(const std::string& room, const std::string& identity, Timestamp deadline) = 0;
  /// What is not given stays. A participant that loses the right to publish a source loses its tracks of that source.
  virtual Outcome<void> update_member(const std::string& room, const std::string& identity,
                                      const std::optional<RoomProfile>& profile,
                                      const std::optional<RoomGrants>& grants, Timestamp deadline) = 0;
  /// Sends a reliable message to all connections of one participant; a client sees it without a sender.
  virtual Outcome<void> send_to_member(const std::string& room, const std::string& identity, std::string_view topic,
                                       std::string_view payload, Timestamp deadline) = 0;
  virtual Outcome<void> close_room(const std::string& room, Timestamp deadline) = 0;
};

}  // namespace parley::product
