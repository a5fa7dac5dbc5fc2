#include "server/product.h"

#include <filesystem>

#include "adapters/mail/folder_mailer.h"
#include "adapters/mail/smtp_mailer.h"
#include "adapters/rooms/livekit_server.h"
#include "adapters/rooms/room_events.h"
#include "adapters/store/maintenance.h"
#include "base/base64.h"
#include "base/locked_rng.h"
#include "base/log.h"
#include "edge/api/digest.h"
#include "edge/chat/routes.h"
#include "edge/community/routes.h"
#include "edge/privacy/routes.h"
#include "edge/realtime/asyncapi.h"
#include "edge/voice/routes.h"
#include "edge/webhooks/routes.h"
#include "net/clock.h"
#include "server/chat_keeping.h"
#include "server/system_rng.h"

namespace parley::server {
namespace {

constexpr TimeDelta kMigrationPatience = TimeDelta::seconds(300);
/// Conversations and communities of one user: kMaxGroups of the one kind, and all channels of many of the other.
constexpr size_t kRoomsPerSocket = 50'000;

/// For a server without mail.
class NoMailer : public product::Mailer {
 public:
  product::Outcome<void> send(product::Mail /*mail*/) override {
    return product::refuse(product::ProblemCode::kNotConfigured, "mail: SMTP_URL is not set");
  }
};

Result<std::unique_ptr<product::Mailer>> make_mailer(const Config& config, Rng& rng) {
  mail::Sender from{config.mail_from, config.mail_from_name};
  if (!config.smtp_url.empty()) {
    auto mailer = mail::SmtpMailer::make(
        {.url = config.smtp_url, .user = config.smtp_user, .password = config.smtp_password, .from = std::move(from)},
        rng);
    if (!mailer) return std::unexpected(mailer.error());
    return std::move(*mailer);
  }
  if (config.is_dev) {
    return std::make_unique<mail::FolderMailer>(std::filesystem::path(config.data_dir) / "mail", std::move(from), rng);
  }
  log::info("mail_is_off", {{"option", "SMTP_URL"}});
  return std::make_unique<NoMailer>();
}

/// What cursors are sealed with: the same on all instances of one configuration, and of no use to whoever sees it.
Redacted<std::string> cursor_key(const Config& config) {
  const api::Sha256 digest = api::hmac_sha256(config.keys.front().secret.reveal(), "parley cursors");
  return Redacted<std::string>(base64_encode(digest));
}

/// In production always: there must be TLS in front, or passwords and tokens would be read on the way.
bool is_https(const Config& config) {
  if (!config.is_dev) return true;
  const bool has_site = config.public_url.empty() && !config.frontend_urls.empty();
  return (has_site ? config.frontend_urls.front() : config.public_url).starts_with("https://");
}

/// Says in the log what is wrong with LIVEKIT_*, if anything. Does not wait: without calls there is still a community.
void check_livekit(net::HttpClient& client, const std::string& host, const livekit::ApiKey& key) {
  client.send(rooms::make_livekit_probe(host, key, net::read_clock().wall), [](const auto& answer) {
    const auto finding = rooms::judge_livekit(answer, net::read_clock().wall);
    if (finding.kind == rooms::LivekitFinding::Kind::kGood) return log::info("livekit_accepts_the_key");
    log::error("livekit_check_failed", {{"code", finding.code()}, {"text", finding.text}});
  });
}

/// Where the web app is that links in mails lead to.
std::string site_url(const Config& config) {
  if (!config.frontend_urls.empty()) return config.frontend_urls.front();
  if (!config.public_url.empty() || !config.is_dev || config.port == 0) return config.public_url;
  return "http://127.0.0.1:" + std::to_string(config.port);
}

product::Outcome<std::optional<product::voice::RoomEvent>> read_webhook(const livekit::KeyStore& keys,
                                                                        std::string_view authorization,
                                                                        std::string_view body, WallTime now) {
  auto event = rooms::read_livekit_webhook(authorization, body, keys, now);
  if (event) return std::move(*event);
  switch (event.error()) {
    case rooms::HookRefusal::kUnsigned:
      return product::refuse(product::ProblemCode::kTokenInvalid, "the webhook is not signed with LIVEKIT_API_SECRET");
    case rooms::HookRefusal::kAltered:
      return product::refuse(product::ProblemCode::kTokenInvalid, "the body is not the one that was signed");
    case rooms::HookRefusal::kMalformed:
      break;
  }
  return product::refuse(product::ProblemCode::kMalformedJson, "the body is not a WebhookEvent");
}

std::string configured_database_url(const Config& config) {
  const std::string& url = config.database_url.reveal();
  return url.empty() ? (std::filesystem::path(config.data_dir) / "parley.db").string() : url;
}

}  // namespace

Result<std::unique_ptr<store::Database>> open_configured_database(const Config& config) {
  if (config.database_url.reveal().empty()) {
    std::error_code error;
    std::filesystem::create_directories(config.data_dir, error);
    if (error) return fail(Error::Code::kUnavailable, "data (" + config.data_dir + "): " + error.message());
  }
  return store::open_store({.url = Redacted<std::string>(configured_database_url(config))});
}

Result<std::unique_ptr<Product>> Product::start(const Config& config, rooms::TwirpTransport embedded) {
  std::unique_ptr<Product> product(new Product(config));
  product->rng_ = std::make_unique<LockedRng<SystemRng>>();
  product->client_ = std::make_unique<net::HttpClient>();
  if (auto done = product->open_database(); !done) return std::unexpected(done.error());
  if (auto done = product->reach_rooms(std::move(embedded)); !done) return std::unexpected(done.error());
  auto files = FileService::open(config, *product->database_, *product->rng_);
  if (!files) return std::unexpected(files.error());
  product->files_ = std::move(*files);
  if (auto done = product->open_api(); !done) return std::unexpected(done.error());
  product->feed_ = std::make_unique<VoiceFeed>(
      *product->keeper_, product->has_external_rooms() ? VoiceFeed::Source::kExternal : VoiceFeed::Source::kEmbedded,
      config.reconcile_interval);
  const bool is_private_allowed = config.is_dev || config.webhook_allow_private;
  product->webhooks_ = std::make_unique<WebhookDispatcher>(
      *product->database_, *product->rng_, is_private_allowed ? net::Reach::kAnywhere : net::Reach::kPublicOnly);
  if (auto done = product->open_gateway(); !done) return std::unexpected(done.error());
  product->relay_ = std::make_unique<OutboxRelay>(
      *product->database_,
      [self = product.get()](const auto& events, Timestamp until) { return self->record(events, until); },
      std::vector<OutboxRelay::Listener>{[keeper = product->keeper_.get()](const auto& event, Timestamp deadline) {
                                           return keeper->on_event(event, deadline);
                                         },
                                         [self = product.get()](const auto& event, Timestamp deadline) {
                                           return leave_when_erased(*self->database_, *self->rng_, event, deadline);
                                         },
                                         [self = product.get()](const auto& event, Timestamp deadline) {
                                           return blank_when_erased(*self->database_, *self->rng_, event, deadline);
                                         },
                                         [self = product.get()](const auto& event, Timestamp deadline) {
                                           return delete_when_banned(*self->database_, *self->rng_, event, deadline);
                                         }});
  product->housekeeper_ =
      std::make_unique<Housekeeper>(*product->database_, product->api_->idempotency(), *product->rng_);
  return product;
}

Result<void> Product::open_database() {
  auto opened = open_configured_database(config_);
  if (!opened) return std::unexpected(opened.error());
  database_ = std::move(*opened);
  const auto report = store::migrate(*database_, store::after(kMigrationPatience));
  if (!report) return std::unexpected(report.error());
  if (report->from != report->to) log::info("database_migrated", {{"from", report->from}, {"to", report->to}});
  auto bus = make_bus(config_, *rng_);
  if (!bus) return std::unexpected(bus.error());
  bus_ = std::move(*bus);
  auto lock = join_instances(config_, configured_database_url(config_));
  if (!lock) return std::unexpected(lock.error());
  lock_ = std::move(*lock);
  return {};
}

Result<void> Product::reach_rooms(rooms::TwirpTransport embedded) {
  rooms::TwirpRoomsOptions options{.key = config_.keys.front(), .ticket_validity = config_.room_token_validity};
  if (has_external_rooms()) {
    auto host = rooms::livekit_api_host(config_.livekit_url, config_.livekit_api_host);
    if (!host) return std::unexpected(host.error());
    check_livekit(*client_, *host, {config_.livekit_api_key, config_.livekit_api_secret});
    options.url = config_.livekit_url;
    options.key = {config_.livekit_api_key, config_.livekit_api_secret};
    embedded = rooms::make_http_transport(*client_, std::move(*host));
  }
  rooms_ = rooms::make_twirp_rooms(std::move(options), std::move(embedded));
  keeper_ = std::make_unique<voice::Keeper>(*database_, *rooms_, net::read_clock);
  return {};
}

Result<void> Product::open_api() {
  auto mailer = make_mailer(config_, *rng_);
  if (!mailer) return std::unexpected(mailer.error());
  mailer_ = std::move(*mailer);
  hasher_ = std::make_unique<identity_adapter::Argon2Hasher>();
  authenticator_ = std::make_unique<api::identity::StoreAuthenticator>(*database_);
  api::identity::IdentityOptions identity{.is_https = is_https(config_)};
  identity.site_url = site_url(config_);
  identity.public_url = config_.public_url;
  if (!config_.oidc_issuer.empty()) {
    oidc_ = std::make_unique<api::identity::OidcClient>(
        api::identity::OidcOptions{.issuer = config_.oidc_issuer,
                                   .client_id = config_.oidc_client_id,
                                   .client_secret = config_.oidc_client_secret},
        *client_);
  }
  identity_ = std::make_unique<api::identity::IdentityServices>(*hasher_, *mailer_, std::move(identity), oidc_.get());
  api::RouteTable table;
  api::identity::add_identity_routes(table, *identity_);
  community_api::add_community_routes(table);
  chat_api::add_chat_routes(table);
  files_api::add_file_routes(table, files_->services());
  voice::VoiceServices voice{.rooms = *rooms_, .is_https = is_https(config_), .read_webhook = {}};
  if (has_external_rooms()) {
    voice.read_webhook = [keys = livekit::KeyStore({{config_.livekit_api_key, config_.livekit_api_secret}})](
                             std::string_view authorization, std::string_view body, WallTime now) {
      return read_webhook(keys, authorization, body, now);
    };
  }
  privacy::add_privacy_routes(table);
  realtime::add_realtime_routes(table);
  voice::add_voice_routes(table, std::move(voice));
  api::webhooks::add_webhook_routes(table, {.policy = config_.is_dev ? product::webhooks::UrlPolicy::kHttpToo
                                                                     : product::webhooks::UrlPolicy::kHttpsOnly,
                                            .wake = [this] { webhooks_->wake(); }});
  api::ApiOptions options{.allowed_origins = config_.frontend_urls,
                          .trusted_proxies = config_.trusted_proxies,
                          .is_https = is_https(config_),
                          .cursor_key = cursor_key(config_)};
  auto made = api::Api::make(std::move(options), std::move(table), {*database_, *authenticator_, *rng_});
  if (!made) return std::unexpected(made.error());
  api_ = std::move(*made);
  return {};
}

Result<void> Product::open_gateway() {
  realtime::RealtimeOptions options{.allowed_origins = config_.frontend_urls};
  options.gateway.rooms_per_socket = kRoomsPerSocket;
  auto made = realtime::Realtime::make(
      std::move(options),
      {.store = *database_, .authenticator = *authenticator_, .rates = api_->rate_gate(), .rng = *rng_, .bus = *bus_});
  if (!made) return std::unexpected(made.error());
  realtime_ = std::move(*made);
  if (const auto started = realtime_->start(store::after(kMigrationPatience)); !started)
    return fail(Error::Code::kUnavailable, "the log of events: " + started.error().detail);
  bus_->start();
  return {};
}

product::Outcome<void> Product::record(const std::vector<store::PendingEvent>& events, Timestamp deadline) {
  if (auto done = webhooks_->record(events, deadline); !done) return done;
  const auto logged = database_->write(deadline, [&](product::Tx& tx) -> product::Outcome<int64_t> {
    return product::events::append(tx, events.back().id);
  });
  if (!logged) return std::unexpected(logged.error());
  realtime_->on_log_grown();
  return {};
}

void Product::on_room_event(const livekit::pb::WebhookEvent& event) {
  if (has_external_rooms()) return;
  if (auto told = rooms::to_room_event(event)) feed_->post(std::move(*told));
}

std::string Product::to_prometheus() const {
  return bus_to_prometheus(bus_->stats()) + files_->to_prometheus() + webhooks_->to_prometheus() +
         realtime_->to_prometheus() +
         "# HELP parley_voice_events_dropped_total Room events that found the feed full; a reconciliation brought "
         "them\n"
         "# TYPE parley_voice_events_dropped_total counter\n"
         "parley_voice_events_dropped_total " +
         std::to_string(feed_->dropped()) + "\n";
}

void Product::stop() {
  if (api_) api_->stop();
  if (files_) files_->stop();
  if (housekeeper_) housekeeper_->stop();
  if (relay_) relay_->stop();
  if (webhooks_) webhooks_->stop();
  if (feed_) feed_->stop();
  if (bus_) bus_->stop();
  if (realtime_) realtime_->stop();
}

}  // namespace parley::server
