#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "net/http_message.h"

namespace parley::gateway {

enum class TransportKind : uint8_t { kPolling, kWebSocket };
std::string_view to_string(TransportKind kind);

/// What the rules say about the page a request comes from.
enum class OriginVerdict : uint8_t {
  kSame,     ///< No page of another origin: nothing to say.
  kAllowed,  ///< Another origin that may: the browser is told so.
  kRefused,  ///< 403, and no upgrade.
};

struct EngineOptions {
  std::string path = "/socket.io/";
  TimeDelta ping_interval = TimeDelta::seconds(25);
  TimeDelta ping_timeout = TimeDelta::seconds(20);
  TimeDelta upgrade_timeout = TimeDelta::seconds(10);
  /// How long a closed polling connection waits for the poll that carries its last packets.
  TimeDelta close_timeout = TimeDelta::seconds(30);
  size_t max_payload = 1'000'000;  ///< Bytes of one message or POST, as clients are told.
  /// Bytes waiting for one client, and (on a WebSocket; a polling one has the heartbeat) the time without it taking
  /// any; beyond either it is closed (kSlowConsumer).
  size_t slow_bytes = size_t{1024} * 1024;
  TimeDelta slow_time = TimeDelta::seconds(10);
  /// Packets of so many bytes and more are compressed for WebSockets that offer it (RFC 7692), once for all receivers;
  /// smaller ones gain nothing. 0: never, and the client may not either.
  size_t deflate_threshold = 1024;
  size_t max_connections = 50'000;  ///< Further handshakes are answered 503.
  std::vector<TransportKind> transports = {TransportKind::kPolling, TransportKind::kWebSocket};
  /// Must be thread-safe and not block. Unset: nobody is refused and nothing is said.
  std::function<OriginVerdict(const net::HttpRequest&)> check_origin;
  /// Refuses a handshake (403, code 4). Must be thread-safe and not block. Unset: none.
  std::function<bool(const net::HttpRequest&)> may_connect;
  /// Set-Cookie of the answer to a polling handshake. Ours has none; a conformance suite wants some.
  std::vector<std::string> handshake_cookies;
  /// Headers of the handshake that are kept for the owner (a browser's all together would be half of what an idle
  /// connection costs); lower case. "*" keeps all.
  std::vector<std::string> kept_headers = {"authorization", "cookie",          "origin",
                                           "user-agent",    "x-forwarded-for", "accept-language"};
};

/// Counts since the start, except where "now" is said.
struct EngineStats {
  uint64_t connections_now = 0;
  uint64_t opened = 0;
  uint64_t upgraded = 0;
  uint64_t refused = 0;  ///< Requests answered with an error.
  uint64_t ping_timeouts = 0;
  uint64_t parse_errors = 0;
  uint64_t transport_errors = 0;  ///< Overlapping or aborted polls, payloads over the limit.
};

}  // namespace parley::gateway
