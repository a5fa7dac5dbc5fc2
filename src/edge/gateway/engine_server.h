#pragma once

#include <atomic>
#include <memory>
#include <string_view>

#include "base/rng.h"
#include "edge/gateway/engine_connection.h"

namespace parley::gateway {

/// Makes the users of connections.
class EngineHandler {
 public:
  virtual ~EngineHandler() = default;
  /// For a connection that is about to open. On the request's thread; must not block.
  virtual std::unique_ptr<EngineListener> make_listener(const EngineConnectionPtr& connection) = 0;
  /// Regularly, on the timer's thread.
  virtual void on_tick(Timestamp now) = 0;
};

/// Engine.IO 4 on HTTP requests: handshakes, and the way of each request to its connection. Thread-safe.
class EngineServer {
 public:
  /// `handler` and `rng` (fit for secrets, safe for several threads) must outlive it.
  EngineServer(EngineOptions options, EngineHandler& handler, Rng& rng);
  ~EngineServer();
  EngineServer(const EngineServer&) = delete;
  EngineServer& operator=(const EngineServer&) = delete;

  bool owns(std::string_view path) const;
  void handle(std::shared_ptr<net::HttpExchange> exchange);
  /// Closes all connections and ends the timer. Later requests are answered 503. Idempotent; not from a listener.
  void stop();
  EngineStats stats() const;
  const EngineContextPtr& context() const { return context_; }

 private:
  class Timer;

  void refuse(net::HttpExchange& exchange, EngineError error);
  bool check_origin(net::HttpExchange& exchange);
  void open(const std::shared_ptr<net::HttpExchange>& exchange, TransportKind transport);
  void route(std::shared_ptr<net::HttpExchange> exchange, const std::string& id, TransportKind transport);
  void answer_preflight(net::HttpExchange& exchange);
  void on_tick(Timestamp now);

  const EngineContextPtr context_;
  EngineHandler& handler_;
  Rng& rng_;
  std::atomic<bool> is_stopped_{false};
  std::shared_ptr<Timer> timer_;
  Timestamp next_walk_;  ///< Of the timer's thread.
};

}  // namespace parley::gateway
