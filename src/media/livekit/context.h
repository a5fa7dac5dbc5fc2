#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/rng.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "media/livekit/proto/room_service.pb.h"
#include "media/livekit/proto/rtc.pb.h"
#include "media/livekit/token.h"
#include "media/sfu/sfu.h"
#include "media/wire/ice_candidate.h"

namespace parley::livekit {

struct SessionIdTag {};
/// One signal connection (WebSocket), named by the net thread that accepted it; never reused.
using SessionId = StrongId<SessionIdTag, uint64_t>;

/// Something for a signal connection.
struct SignalOut {
  enum class Kind : uint8_t {
    kMessage,  ///< `response` goes out. The first one completes the WebSocket upgrade.
    kRefuse,   ///< Instead of a first message: `status` and `text` as the HTTP answer.
    kClose,    ///< Close with code 1000 once everything before is written.
  };
  SessionId session;
  Kind kind = Kind::kMessage;
  pb::SignalResponse response;
  int status = 0;
  std::string text;
};

/// A webhook to deliver; events of one room must stay in order.
struct WebhookOut {
  std::string room;
  pb::WebhookEvent event;
  /// "track_muted" and "track_unmuted": LiveKit has no such webhooks, but this process wants to know.
  bool is_internal = false;
};

/// The answer to an asynchronous service call (PerformRpc).
struct RpcReply {
  uint64_t call_id = 0;
  Result<std::string> payload;
};

struct EngineOutputs {
  sfu::Outputs sfu;
  std::vector<SignalOut> signals;
  std::vector<WebhookOut> webhooks;
  std::vector<RpcReply> rpc_replies;
};

/// Settings of a room that nobody gave others for (config `room.*`).
struct RoomDefaults {
  bool auto_create = true;
  TimeDelta empty_timeout = TimeDelta::seconds(300);     ///< A room nobody ever entered.
  TimeDelta departure_timeout = TimeDelta::seconds(20);  ///< After the last one left.
  uint32_t max_participants = 0;                         ///< 0 is no limit.
  bool enable_remote_unmute = false;
};

struct EngineConfig {
  sfu::SfuConfig sfu;
  RoomDefaults room;
  std::string node_id;
  std::vector<wire::IceCandidate> candidates;  ///< Where media reaches us.
  std::vector<pb::ICEServer> ice_servers;      ///< Told to clients.
  KeyStore keys{{}};
  bool allow_simulate = false;  ///< Development only: clients may provoke failures.
};

/// What every step inside a room needs; made anew for each input.
struct Context {
  Now now;
  const EngineConfig& config;
  sfu::Sfu& sfu;
  Rng& rng;
  EngineOutputs& out;
};

/// Reported to clients. Above 1.8.0 SDKs allow RPC; above 1.13.6 they would publish VP9 and AV1 as simulcast, which is
/// not forwarded by layer yet.
inline constexpr const char* kServerVersion = "1.13.5";
inline constexpr int kSignalProtocol = 17;

}  // namespace parley::livekit
