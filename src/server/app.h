#pragma once

#include <memory>

#include "base/locked_rng.h"
#include "base/result.h"
#include "net/http_server.h"
#include "net/static_files.h"
#include "server/config.h"
#include "server/gateway_conformance.h"
#include "server/livekit_routes.h"
#include "server/media_node.h"
#include "server/product.h"
#include "server/system_rng.h"
#include "server/webhook_sender.h"

namespace parley::server {

/// The running server: its parts, in the order they start. Decides nothing.
class App {
 public:
  static Result<std::unique_ptr<App>> start(Config config);
  ~App();

  uint16_t port() const { return http_->port(); }
  uint16_t udp_port() const { return node_->udp_port(); }
  /// Tells clients to reconnect, waits for what is queued, closes everything.
  void stop();

 private:
  explicit App(Config config) : config_(std::move(config)) {}
  void on_request(const std::shared_ptr<net::HttpExchange>& exchange);
  void on_metrics(const std::shared_ptr<net::HttpExchange>& exchange);
  void on_call_token(const std::shared_ptr<net::HttpExchange>& exchange);
  void run_sctp_timer();

  Config config_;
  std::unique_ptr<WebhookSender> webhooks_;
  std::unique_ptr<MediaNode> node_;
  std::unique_ptr<LivekitRoutes> livekit_;
  std::unique_ptr<Product> product_;
  std::unique_ptr<net::StaticFiles> site_;
  LockedRng<SystemRng> rng_;
  std::unique_ptr<GatewayConformance> conformance_;
  std::unique_ptr<net::HttpServer> http_;
  std::jthread sctp_timer_;
};

}  // namespace parley::server
