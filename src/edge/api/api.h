#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "edge/api/caller.h"
#include "edge/api/client_address.h"
#include "edge/api/idempotency.h"
#include "edge/api/openapi.h"
#include "edge/api/origins.h"
#include "edge/api/rate_limits.h"
#include "edge/api/route.h"
#include "edge/api/stats.h"
#include "net/clock.h"
#include "net/http_server.h"
#include "net/worker_pool.h"

namespace parley::api {

struct ApiOptions {
  std::vector<std::string> allowed_origins;  ///< FRONTEND_URL, split; the server's own pages need no entry.
  std::vector<std::string> trusted_proxies;  ///< Networks whose X-Forwarded-For is taken.
  std::string session_cookie = "parley_session";
  bool is_https = false;  ///< Whether clients come over TLS, ours or a proxy's.
  std::string help_url;   ///< A page about problem codes; may be empty.
  OpenApiInfo openapi;
  /// From the arrival of a request to its answer, waiting included.
  TimeDelta deadline = TimeDelta::seconds(10);
  net::WorkerPoolOptions workers;
  /// The same for Work::kTransfer; 25 MiB at 4 Mbit/s.
  TimeDelta transfer_deadline = TimeDelta::seconds(60);
  net::WorkerPoolOptions transfer_workers{.threads = 8, .queue = 256};
  RateLimits rate_limits = default_rate_limits();
  size_t rate_keys = size_t{1} << 18;  ///< Callers and addresses told apart; 4 MiB.
  Redacted<std::string> cursor_key;    ///< At least 16 bytes; the same on all instances.
  std::function<Now()> clock = net::read_clock;
};

/// What the frame is given; all outlive it and are thread-safe.
struct ApiPorts {
  product::Store& store;
  Authenticator& authenticator;
  Rng& rng;  ///< Fit for secrets.
};

/// The frame of the REST API: everything that is the same for all routes, from a request's id to its answer's headers.
/// A request passes the cheap and public steps on the connection's thread (see admission.h) and the rest on the worker
/// pool (see call.h).
class Api {
 public:
  /// kInvalidArgument names the option. Adds GET /api/v1/openapi.json to the table.
  static Result<std::unique_ptr<Api>> make(ApiOptions options, RouteTable table, ApiPorts ports);
  ~Api();

  /// Answers a request, now or later. The caller has seen that its path begins with /api/.
  void handle(std::shared_ptr<net::HttpExchange> exchange);
  /// Refuses what waits and lets what runs finish. Idempotent; not from a handler.
  void stop() {
    pool_.stop();
    transfers_.stop();
  }

  const ApiStats& stats() const { return stats_; }
  net::WorkerPoolStats worker_stats() const { return pool_.stats(); }
  RateGate& rate_gate() { return gate_; }
  const RouteTable& table() const { return table_; }
  const std::string& openapi() const { return openapi_; }
  Idempotency& idempotency() { return idempotency_; }

 private:
  friend class Call;
  Api(ApiOptions options, RouteTable table, ApiPorts ports, Origins origins, TrustedProxies proxies);

  const ApiOptions options_;
  RouteTable table_;
  const ApiPorts ports_;
  const Origins origins_;
  const TrustedProxies proxies_;
  const CursorSealer cursors_;
  RateGate gate_;
  Idempotency idempotency_;
  ApiStats stats_;
  std::string openapi_;
  net::WorkerPool pool_;  ///< The pools are last: their jobs use all the rest.
  net::WorkerPool transfers_;
};

}  // namespace parley::api
