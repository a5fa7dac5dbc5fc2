#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "edge/api/caller.h"
#include "edge/api/client_address.h"
#include "edge/api/origins.h"
#include "edge/api/rate_limits.h"
#include "edge/gateway/gateway.h"
#include "edge/realtime/client.h"
#include "edge/realtime/commands.h"
#include "edge/realtime/delivery.h"
#include "edge/realtime/presence_teller.h"
#include "edge/realtime/typing.h"
#include "net/worker_pool.h"
#include "product/chat/messages.h"
#include "product/chat/sync.h"
#include "product/ports/bus.h"

namespace parley::realtime {

struct RealtimeOptions {
  gateway::GatewayOptions gateway;
  std::vector<std::string> allowed_origins;  ///< As those of the REST API.
  std::string session_cookie = "parley_session";
  /// From the arrival of an event or connection to its answer.
  TimeDelta deadline = TimeDelta::seconds(10);
  net::WorkerPoolOptions workers;
};

/// What it is given; all outlive it and are thread-safe.
struct RealtimePorts {
  product::Store& store;
  api::Authenticator& authenticator;
  api::RateGate& rates;
  Rng& rng;  ///< Fit for secrets.
  /// To the other instances; not started yet. Stopped before Realtime ends.
  product::Bus& bus;
};

/// The product's side of the gateway: who may connect, what clients may ask for, and what they are told (product.md
/// 3.3, 3.4, 3.14).
///
/// A client connects with `auth: {token, lastEventId}` (both optional: a page of an allowed origin has its cookie) and
/// is told `ready`: who it is, where it stands, and all conversations that are its own. One that comes back within two
/// minutes is restored by Socket.IO itself. One that gives `lastEventId` is told, in order, everything that its user
/// was to be told since, then `resumed`; when that is too long ago or too much, `resync`, and it asks GET /sync.
class Realtime final : public gateway::GatewayHandler {
 public:
  /// kInvalidArgument names a bad origin.
  static Result<std::unique_ptr<Realtime>> make(RealtimeOptions options, RealtimePorts ports);
  ~Realtime() override;

  /// Begins to tell what happens from now on.
  product::Outcome<void> start(Timestamp deadline) { return delivery_.start(deadline); }
  /// Ends all connections. Before HttpServer::stop(), which waits for polls. Idempotent.
  void stop();
  bool owns(std::string_view path) const { return gateway_->owns(path); }
  void handle(std::shared_ptr<net::HttpExchange> exchange) { gateway_->handle(std::move(exchange)); }
  /// This instance has made the log grow: looks at it now, and has the others look. From any thread.
  void on_log_grown();
  /// Prometheus text format 0.0.4.
  std::string to_prometheus() const;

  void on_connect(std::shared_ptr<gateway::ConnectRequest> request) override;
  void on_event(const gateway::SocketPtr& socket, gateway::IncomingEvent event) override;
  void on_disconnect(const gateway::SocketPtr& socket, gateway::DisconnectReason reason) override;

 private:
  struct Entry;  ///< One that is about to come in.

  Realtime(RealtimeOptions options, RealtimePorts ports, api::Origins origins);
  gateway::OriginVerdict check_origin(const net::HttpRequest& request) const;
  // On the worker pool:
  void look_up(const std::shared_ptr<gateway::ConnectRequest>& request, Now now, Timestamp deadline);
  product::Outcome<Entry> make_entry(const gateway::ConnectRequest& request, Now now, Timestamp deadline);
  void run_command(const gateway::SocketPtr& socket, const gateway::IncomingEvent& event, Now now, Timestamp deadline);
  // On the delivering thread:
  void admit(gateway::ConnectRequest& request, Entry entry, int64_t reached);
  product::Outcome<void> catch_up(Entry& entry, Now now);
  static void tell_missed(gateway::Socket& socket, const Entry& entry);
  /// What is due every second.
  void watch(const std::stop_token& stop);
  /// Announces and ends tokens.
  void watch_tokens(WallTime now);

  const RealtimeOptions options_;
  const RealtimePorts ports_;
  const api::Origins origins_;
  std::unique_ptr<gateway::Gateway> gateway_;
  Delivery delivery_;
  Typing typing_;
  PresenceTeller presence_;
  CommandTable commands_;
  std::atomic<uint64_t> resumed_ = 0;
  std::atomic<uint64_t> resynced_ = 0;
  net::WorkerPool pool_;
  std::jthread watcher_;  ///< Last: it uses all the rest.
};

}  // namespace parley::realtime
