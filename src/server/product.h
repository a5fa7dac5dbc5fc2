#pragma once

#include <memory>

#include "adapters/identity/argon2_hasher.h"
#include "adapters/rooms/twirp_rooms.h"
#include "adapters/store/database.h"
#include "edge/api/api.h"
#include "edge/identity/authenticator.h"
#include "edge/identity/services.h"
#include "edge/realtime/realtime.h"
#include "edge/voice/keeper.h"
#include "net/http_client.h"
#include "server/config.h"
#include "server/file_service.h"
#include "server/housekeeper.h"
#include "server/instances.h"
#include "server/outbox_relay.h"
#include "server/voice_feed.h"
#include "server/webhook_dispatcher.h"

namespace parley::server {

/// The product beside the media: database, REST API, and what holds both together. Decides nothing.
class Product {
 public:
  /// `embedded` carries calls to the SFU in this process; it is used unless the configuration names a LiveKit. Opens
  /// and migrates the database. The error's text names the option.
  static Result<std::unique_ptr<Product>> start(const Config& config, rooms::TwirpTransport embedded);
  ~Product() { stop(); }

  /// A request under /api/.
  void handle(std::shared_ptr<net::HttpExchange> exchange) { api_->handle(std::move(exchange)); }
  /// Whether a request for this path belongs to the gateway; then handle_socket() takes it.
  bool is_for_sockets(std::string_view path) const { return realtime_->owns(path); }
  void handle_socket(std::shared_ptr<net::HttpExchange> exchange) { realtime_->handle(std::move(exchange)); }
  /// Ends all sockets. Before the HTTP server is stopped, which would wait for their polls.
  void end_sockets() { realtime_->stop(); }
  /// Something has happened in a room of the SFU in this process. From any thread; never blocks.
  void on_room_event(const livekit::pb::WebhookEvent& event);
  /// Idempotent. After the last request.
  void stop();
  /// Prometheus text format 0.0.4.
  std::string to_prometheus() const;

 private:
  explicit Product(const Config& config) : config_(config) {}
  Result<void> open_database();
  Result<void> reach_rooms(rooms::TwirpTransport embedded);
  Result<void> open_api();
  Result<void> open_gateway();
  /// Gives events their places in the log, so that all are told them in one order.
  product::Outcome<void> record(const std::vector<store::PendingEvent>& events, Timestamp deadline);
  bool has_external_rooms() const { return !config_.livekit_url.empty(); }

  const Config& config_;
  std::unique_ptr<Rng> rng_;
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<store::InstanceLock> lock_;
  std::unique_ptr<product::Bus> bus_;
  std::unique_ptr<net::HttpClient> client_;
  std::unique_ptr<product::RoomBackend> rooms_;
  std::unique_ptr<voice::Keeper> keeper_;
  std::unique_ptr<product::Mailer> mailer_;
  std::unique_ptr<identity_adapter::Argon2Hasher> hasher_;
  std::unique_ptr<api::identity::OidcClient> oidc_;
  std::unique_ptr<api::identity::IdentityServices> identity_;
  std::unique_ptr<api::Authenticator> authenticator_;
  std::unique_ptr<FileService> files_;
  std::unique_ptr<api::Api> api_;
  std::unique_ptr<realtime::Realtime> realtime_;
  std::unique_ptr<VoiceFeed> feed_;
  std::unique_ptr<WebhookDispatcher> webhooks_;
  std::unique_ptr<OutboxRelay> relay_;
  std::unique_ptr<Housekeeper> housekeeper_;
};

/// The database that a configuration names: DATABASE_URL, or a file in the data folder, which is made.
Result<std::unique_ptr<store::Database>> open_configured_database(const Config& config);

}  // namespace parley::server
