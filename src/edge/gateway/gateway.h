#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "edge/gateway/engine_options.h"
#include "edge/gateway/socket.h"
#include "net/http_server.h"

namespace parley::gateway {

struct GatewayOptions {
  EngineOptions engine;
  std::vector<std::string> namespaces = {"/"};
  /// How long a connection may stay without a socket.
  TimeDelta connect_timeout = TimeDelta::seconds(45);
  /// How long a dropped socket's rooms and missed events are kept; zero turns recovery off.
  TimeDelta recovery_window = TimeDelta::seconds(120);
  /// Events kept for those who come back, per namespace; beyond it the oldest go, and who needs them is not recovered.
  size_t replay_events = 100'000;
  size_t replay_bytes = size_t{64} * 1024 * 1024;
  /// Events of one socket that wait for their turn; a client with more is closed (kFlood).
  size_t waiting_events = 1024;
  size_t waiting_bytes = size_t{4} * 1024 * 1024;
  size_t attachments = 10;                            ///< Of one event, as Socket.IO's own parser has it.
  size_t attachment_bytes = size_t{4} * 1000 * 1000;  ///< Of one event together.
  size_t pending_acks = 1000;       ///< Acknowledgements one socket may owe; beyond it they count as timed out.
  size_t rooms_per_socket = 2'000;  ///< Beyond it join() has no effect, and is counted.
};

/// Sockets by rooms: the union of `rooms`, or everybody when there are none; without the members of `except`.
struct Target {
  std::vector<std::string_view> rooms;
  std::vector<std::string_view> except;
};

/// Counts since the start, except where "now" is said.
struct GatewayStats {
  EngineStats engine;
  uint64_t sockets_now = 0;
  uint64_t dormant_now = 0;  ///< Gone, and may be recovered.
  uint64_t rooms_now = 0;
  uint64_t replay_events_now = 0;
  uint64_t replay_bytes_now = 0;
  uint64_t connected = 0;
  uint64_t refused = 0;
  uint64_t recovered = 0;
  uint64_t not_recovered = 0;  ///< Asked for it, too late or unknown.
  uint64_t disconnected = 0;
  uint64_t events_in = 0;
  uint64_t events_out = 0;  ///< Emitted, whatever the number of receivers.
  uint64_t deliveries = 0;  ///< Events times receivers.
  uint64_t volatile_dropped = 0;
  uint64_t parse_errors = 0;
  uint64_t slow_consumers = 0;
  uint64_t floods = 0;
  uint64_t rooms_refused = 0;
};

/// A Socket.IO 5 server on Engine.IO 4 (docs/socket.io-protocol and docs/engine.io-protocol of socketio/socket.io).
/// Knows nothing of what the events mean. Thread-safe.
class Gateway {
 public:
  /// `handler` and `rng` (fit for secrets, safe for several threads) must outlive it.
  Gateway(GatewayOptions options, GatewayHandler& handler, Rng& rng);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// Ends all connections (kServerShuttingDown); must come before HttpServer::stop(), which waits for their polls.
  /// Later requests are answered 503. Idempotent; not from a handler.
  void stop();
  /// Whether handle() wants requests for this path.
  bool owns(std::string_view path) const;
  void handle(std::shared_ptr<net::HttpExchange> exchange);

  /// One encoding for all receivers. Two calls one after the other arrive at every receiver in that order.
  void emit(std::string_view namespace_name, const Target& target, const OutgoingEvent& event);
  // These three also concern sockets that may yet be recovered.
  void join(std::string_view namespace_name, const Target& target, std::string_view room);
  void leave(std::string_view namespace_name, const Target& target, std::string_view room);
  void disconnect(std::string_view namespace_name, const Target& target, CloseTransport close);
  std::vector<SocketPtr> sockets(std::string_view namespace_name, const Target& target) const;
  GatewayStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::gateway
