#include "server/app.h"

#include <boost/json.hpp>
#include <filesystem>

#include "base/log.h"
#include "media/shard/clock.h"
#include "product/identity/secrets.h"
#include "server/addresses.h"
#include "server/embedded_rooms.h"
#include "server/signal_connection.h"
#include "server/system_rng.h"

namespace parley::server {
namespace {

/// A call page's token: long enough for a long call's reconnects, which use refreshed ones anyway.
constexpr TimeDelta kCallTokenValidity = TimeDelta::seconds(3600);
constexpr TimeDelta kWebhookDrain = TimeDelta::seconds(3);

net::HttpResponse problem(int status, std::string_view code, std::string_view title) {
  boost::json::object body{{"type", "about:blank"}, {"status", status}, {"code", code}, {"title", title}};
  net::HttpResponse response = net::make_json_response(status, boost::json::serialize(body));
  return response;
}

std::string text_field(const boost::json::value& value, std::string_view key) {
  const boost::json::object* object = value.if_object();
  const boost::json::value* field = object ? object->if_contains(key) : nullptr;
  const boost::json::string* text = field ? field->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

MediaNodeConfig node_config(const Config& config) {
  MediaNodeConfig node;
  node.engine.room = config.room;
  node.engine.node_id = "ND_" + SystemRng().base62(12);
  node.engine.keys = livekit::KeyStore(config.keys);
  node.engine.allow_simulate = config.is_dev;
  node.addresses = advertised_addresses(config);
  node.udp_port = config.udp_port;
  node.tcp_port = config.tcp_port;
  node.force_tcp = config.force_tcp;
  node.shards = config.shards;
  return node;
}

}  // namespace

Result<std::unique_ptr<App>> App::start(Config config) {
  std::unique_ptr<App> app(new App(std::move(config)));
  const Config& c = app->config_;
  if (!c.webhook_urls.empty()) {
    const livekit::KeyStore keys(c.keys);
    const livekit::ApiKey* key = c.webhook_key.empty() ? &keys.first() : keys.find(c.webhook_key);
    if (!key) return fail(Error::Code::kInvalidArgument, "webhook.api_key names no key of `keys`");
    app->webhooks_ = std::make_unique<WebhookSender>(c.webhook_urls, *key);
  }
  auto node = MediaNode::start(node_config(c), [app = app.get()](livekit::WebhookOut event) {
    if (app->product_) app->product_->on_room_event(event.event);
    if (app->webhooks_ && !event.is_internal) app->webhooks_->post(event);
  });
  if (!node) return std::unexpected(node.error());
  app->node_ = std::move(*node);
  app->livekit_ = std::make_unique<LivekitRoutes>(app->config_, *app->node_);
  auto product = Product::start(c, make_embedded_transport(app->livekit_->keys(), *app->node_));
  if (!product) return std::unexpected(product.error());
  app->product_ = std::move(*product);
  if (!c.web_root.empty() && std::filesystem::exists(c.web_root)) {
    auto site = net::StaticFiles::load(c.web_root);
    if (!site) return std::unexpected(site.error());
    app->site_ = std::make_unique<net::StaticFiles>(std::move(*site));
  }
  if (!c.conformance.empty()) {
    app->conformance_ = make_gateway_conformance(c.conformance, app->rng_);
    if (!app->conformance_) return fail(Error::Code::kInvalidArgument, "conformance: no such profile");
  }
  app->http_ = std::make_unique<net::HttpServer>(
      net::HttpServerOptions{.bind_addresses = c.bind_addresses,
                             .port = c.port,
                             .plan_body =
                                 [limits = file_limits(c)](const net::HttpRequest& head) {
                                   return files_api::plan_body(head, limits, net::HttpLimits().body);
                                 },
                             .spool_folder = (std::filesystem::path(c.data_dir) / "work").string()},
      [app = app.get()](std::shared_ptr<net::HttpExchange> exchange) { app->on_request(exchange); });
  if (const auto started = app->http_->start(); !started) return std::unexpected(started.error());
  app->run_sctp_timer();
  log::info("listening", {{"http", static_cast<int>(app->port())},
                          {"media_udp", static_cast<int>(app->udp_port())},
                          {"media_tcp", static_cast<int>(app->node_->tcp_port())}});
  return app;
}

App::~App() { stop(); }

void App::run_sctp_timer() {
  // The SCTP stack has one clock for the process; its period is usrsctp's own tick.
  sctp_timer_ = std::jthread([this](const std::stop_token& stop) {
    Timestamp last = shard::read_clock().mono;
    while (!stop.stop_requested()) {
      std::this_thread::sleep_for(std::chrono::microseconds(transport::kSctpTimerPeriod.us()));
      const Timestamp now = shard::read_clock().mono;
      node_->on_sctp_timer(now - last);
      last = now;
    }
  });
}

void App::stop() {
  if (!http_) return;
  node_->drain();
  product_->end_sockets();
  if (conformance_) conformance_->stop();
  if (webhooks_ && !webhooks_->drain(kWebhookDrain)) log::warn("webhooks_left");
  http_->stop(TimeDelta::seconds(config_.drain_seconds));
  product_->stop();
  http_.reset();
  sctp_timer_.request_stop();
  if (sctp_timer_.joinable()) sctp_timer_.join();
  node_->stop();
}

void App::on_request(const std::shared_ptr<net::HttpExchange>& exchange) {
  if (conformance_ && conformance_->handle(exchange)) return;
  if (livekit_->handle(exchange)) return;
  const net::HttpRequest& request = exchange->request();
  const std::string_view path = request.path;
  if (path == "/healthz" || path == "/readyz") return exchange->respond(net::make_text_response(200, "ok"));
  if (path == "/metrics") return on_metrics(exchange);
  if (path == "/api/v1/call-token") return on_call_token(exchange);
  if (path.starts_with("/api/")) return product_->handle(exchange);
  if (product_->is_for_sockets(path)) return product_->handle_socket(exchange);
  if (site_) return exchange->respond(with_cors(site_->respond(request)));
  exchange->respond(with_cors(net::make_text_response(path == "/" ? 200 : 404, path == "/" ? "OK" : "")));
}

void App::on_metrics(const std::shared_ptr<net::HttpExchange>& exchange) {
  const std::string& token = config_.metrics_token.reveal();
  if (token.empty() && !config_.is_dev) return exchange->respond(problem(404, "not_found", "Set metrics_token."));
  if (!token.empty() && !product::identity::equals_in_constant_time(exchange->request().headers.get("authorization"),
                                                                    "Bearer " + token)) {
    net::HttpResponse response = problem(401, "unauthenticated", "Give the metrics_token as a Bearer token.");
    response.headers.add("WWW-Authenticate", "Bearer");
    return exchange->respond(std::move(response));
  }
  node_->collect_metrics([exchange, more = product_->to_prometheus()](const std::string& text) {
    exchange->respond(net::make_text_response(200, text + more));
  });
}

void App::on_call_token(const std::shared_ptr<net::HttpExchange>& exchange) {
  const net::HttpRequest& request = exchange->request();
  if (request.method != "POST") return exchange->respond(problem(405, "method_not_allowed", "Use POST."));
  if (!config_.is_dev) {
    return exchange->respond(problem(403, "forbidden", "Only a development server gives tokens without a login."));
  }
  boost::system::error_code error;
  const boost::json::value body = boost::json::parse(request.body, error);
  const std::string room = error ? "" : text_field(body, "room");
  const std::string name = error ? "" : text_field(body, "name");
  if (room.empty() || name.empty() || room.size() > livekit::kMaxNameLength || name.size() > livekit::kMaxNameLength) {
    return exchange->respond(problem(400, "invalid_argument", "room and name must have 1 to 256 bytes."));
  }
  livekit::Claims claims;
  claims.identity = "guest-" + SystemRng().base62(10);
  claims.name = name;
  claims.video = livekit::VideoGrant{.room_join = true, .room = room, .can_update_own_metadata = true};
  const std::string token =
      livekit::make_token(claims, livekit_->keys().first(), shard::read_clock().wall, kCallTokenValidity);
  exchange->respond(net::make_json_response(
      200, boost::json::serialize(boost::json::object{{"token", token}, {"identity", claims.identity}})));
}

}  // namespace parley::server
