#pragma once

#include <memory>
#include <string_view>

#include "base/rng.h"
#include "net/http_server.h"

namespace parley::server {

/// The gateway as the public suites of Engine.IO and Socket.IO want their server: our own code under their options,
/// with their echo events. For development only; see tools/conformance.
class GatewayConformance {
 public:
  virtual ~GatewayConformance() = default;
  /// False when the path is not its own.
  virtual bool handle(const std::shared_ptr<net::HttpExchange>& exchange) = 0;
  virtual void stop() = 0;
};

/// "engine.io", "engine.io-client", "socket.io" or "socket.io-client"; nullptr for anything else. `rng` must outlive it
/// and serve several threads.
std::unique_ptr<GatewayConformance> make_gateway_conformance(std::string_view profile, Rng& rng);

}  // namespace parley::server
