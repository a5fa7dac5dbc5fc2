#pragma once

#include <memory>

#include "net/http_server.h"
#include "server/config.h"
#include "server/media_node.h"

namespace parley::server {

/// LiveKit over HTTP: `/rtc`, `/rtc/v1`, their `/validate`, and RoomService under `/twirp`. Decides nothing itself:
/// admission, framing and the rooms are media/livekit's. Thread-safe.
class LivekitRoutes {
 public:
  LivekitRoutes(const Config& config, MediaNode& node) : config_(config), node_(node), keys_(config.keys) {}

  /// False when the path is not LiveKit's.
  bool handle(const std::shared_ptr<net::HttpExchange>& exchange);
  const livekit::KeyStore& keys() const { return keys_; }

 private:
  void on_signal(const std::shared_ptr<net::HttpExchange>& exchange, bool is_v1, bool only_validates);
  void on_twirp(const std::shared_ptr<net::HttpExchange>& exchange);

  const Config& config_;
  MediaNode& node_;
  livekit::KeyStore keys_;
};

}  // namespace parley::server
