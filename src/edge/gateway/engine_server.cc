#include "edge/gateway/engine_server.h"

#include <algorithm>
#include <utility>

namespace parley::gateway {
namespace {

/// 62^20 ids are 119 bits: not to be guessed.
constexpr size_t kIdLength = 20;

/// Upgrades are looked at this often: twice within what the machine waits then.
constexpr TimeDelta kTick = TimeDelta::millis(25);

/// How often all connections are looked at: finely enough for heartbeats that suites make short, once a second in
/// production, where there are many.
TimeDelta walk_period(const EngineOptions& options) {
  const TimeDelta shortest = std::min({options.ping_interval, options.ping_timeout, options.upgrade_timeout});
  return std::clamp(shortest / 20, TimeDelta::millis(5), TimeDelta::seconds(1));
}

std::string_view query_value(const net::HttpRequest& request, const std::string& key) {
  const auto found = request.query.find(key);
  return found == request.query.end() ? std::string_view() : found->second;
}

std::optional<TransportKind> find_transport(const EngineOptions& options, std::string_view name) {
  for (const TransportKind kind : options.transports) {
    if (name == to_string(kind)) return kind;
  }
  return std::nullopt;
}

Handshake make_handshake(const EngineOptions& options, const net::HttpRequest& request) {
  Handshake handshake{request.target, request.query, {}, request.remote_address, net::Loop::now()};
  for (const auto& [name, value] : request.headers.fields()) {
    const bool is_kept = std::ranges::any_of(options.kept_headers, [&](const std::string& kept) {
      return kept == "*" || net::equals_ignoring_case(kept, name);
    });
    if (is_kept) handshake.headers.add(name, value);
  }
  return handshake;
}

}  // namespace

class EngineServer::Timer final : public net::LoopMember {
 public:
  Timer(EngineServer& server, net::Loop& loop) : server_(server), loop_(loop) {}
  void on_tick(Timestamp now) override { server_.on_tick(now); }
  void on_drain() override {}
  void abort() override { loop_.remove(*this); }

 private:
  EngineServer& server_;
  net::Loop& loop_;
};

EngineServer::EngineServer(EngineOptions options, EngineHandler& handler, Rng& rng)
    : context_(std::make_shared<EngineContext>(std::move(options))), handler_(handler), rng_(rng) {
  context_->loop = std::make_shared<net::Loop>(std::min(kTick, walk_period(context_->options)));
  timer_ = std::make_shared<Timer>(*this, *context_->loop);
  context_->loop->start();
  context_->loop->post([loop = context_->loop.get(), timer = timer_] { loop->add(timer); });
}

EngineServer::~EngineServer() { stop(); }

void EngineServer::stop() {
  is_stopped_ = true;
  const auto connections = context_->connections.with([](auto& table) {
    std::vector<EngineConnectionPtr> all;
    all.reserve(table.size());
    for (const auto& [id, connection] : table) all.push_back(connection);
    return all;
  });
  for (const EngineConnectionPtr& connection : connections) connection->close(DisconnectReason::kServerShuttingDown);
  context_->loop->stop();
  context_->connections.with([](auto& table) { table.clear(); });
  context_->upgrading.with([](auto& list) { list.clear(); });
}

void EngineServer::on_tick(Timestamp now) {
  for (const EngineConnectionPtr& connection :
       context_->upgrading.with([](auto& list) { return std::exchange(list, {}); })) {
    if (now >= connection->next_deadline()) connection->on_tick(now);
    if (connection->is_upgrading()) context_->upgrading.with([&](auto& list) { list.push_back(connection); });
  }
  if (now < next_walk_) return;
  next_walk_ = now + walk_period(context_->options);
  const auto due = context_->connections.with([now](auto& table) {
    std::vector<EngineConnectionPtr> found;
    for (const auto& [id, connection] : table) {
      if (now >= connection->next_deadline()) found.push_back(connection);
    }
    return found;
  });
  for (const EngineConnectionPtr& connection : due) connection->on_tick(now);
  handler_.on_tick(now);
}

/// "/socket.io" as well as "/socket.io/": clients may leave the slash out.
bool EngineServer::owns(std::string_view path) const {
  const std::string_view own = context_->options.path;
  return path == own || (own.ends_with('/') && path == own.substr(0, own.size() - 1));
}

void EngineServer::refuse(net::HttpExchange& exchange, EngineError error) {
  ++context_->counters.refused;
  exchange.respond(make_engine_error(context_->options, exchange.request(), error));
}

/// False when it has been refused.
bool EngineServer::check_origin(net::HttpExchange& exchange) {
  const EngineOptions& options = context_->options;
  if (!options.check_origin || options.check_origin(exchange.request()) != OriginVerdict::kRefused) return true;
  refuse(exchange, EngineError::kForbidden);
  return false;
}

void EngineServer::handle(std::shared_ptr<net::HttpExchange> exchange) {
  const EngineOptions& options = context_->options;
  const net::HttpRequest& request = exchange->request();
  if (is_stopped_) return exchange->respond(make_engine_response(options, request, 503, {}));
  if (!check_origin(*exchange)) return;
  if (request.method == "OPTIONS") return answer_preflight(*exchange);
  const auto transport = find_transport(options, query_value(request, "transport"));
  if (!transport) return refuse(*exchange, EngineError::kUnknownTransport);
  const std::string id(query_value(request, "sid"));
  if (!id.empty()) return route(std::move(exchange), id, *transport);
  if (request.method != "GET") return refuse(*exchange, EngineError::kBadHandshakeMethod);
  if ((*transport == TransportKind::kWebSocket) != request.is_websocket_upgrade) {
    return refuse(*exchange, EngineError::kBadRequest);
  }
  if (options.may_connect && !options.may_connect(request)) return refuse(*exchange, EngineError::kForbidden);
  if (query_value(request, "EIO") != "4") return refuse(*exchange, EngineError::kUnsupportedProtocolVersion);
  open(exchange, *transport);
}

void EngineServer::answer_preflight(net::HttpExchange& exchange) {
  const net::HttpRequest& request = exchange.request();
  net::HttpResponse response = make_engine_response(context_->options, request, 204, {});
  if (response.headers.has("Access-Control-Allow-Origin")) {
    response.headers.add("Access-Control-Allow-Methods", "GET, POST");
    const std::string_view asked = request.headers.get("Access-Control-Request-Headers");
    if (!asked.empty()) response.headers.add("Access-Control-Allow-Headers", std::string(asked));
    response.headers.add("Access-Control-Max-Age", "600");
  }
  exchange.respond(std::move(response));
}

void EngineServer::open(const std::shared_ptr<net::HttpExchange>& exchange, TransportKind transport) {
  const EngineOptions& options = context_->options;
  const net::HttpRequest& request = exchange->request();
  auto connection =
      std::make_shared<EngineConnection>(context_, rng_.base62(kIdLength), transport, make_handshake(options, request));
  connection->set_listener(handler_.make_listener(connection));
  const bool has_room = context_->connections.with([&](auto& table) {
    return table.size() < options.max_connections && table.emplace(connection->id(), connection).second;
  });
  if (!has_room) {
    connection->set_listener(nullptr);  // It holds the connection.
    ++context_->counters.refused;
    return exchange->respond(make_engine_response(options, request, 503, {}));
  }
  ++context_->counters.opened;
  if (transport == TransportKind::kWebSocket) {
    connection->open_websocket(*exchange);
  } else {
    std::string text(1, static_cast<char>(EngineType::kOpen));
    text += EngineMachine::handshake_text(options, transport, connection->id());
    net::HttpResponse response = make_engine_response(options, request, 200, std::move(text));
    for (const std::string& cookie : options.handshake_cookies) response.headers.add("Set-Cookie", cookie);
    exchange->respond(std::move(response));
  }
  connection->begin();
  // stop() may have looked at the table before this one was in it.
  if (is_stopped_) connection->close(DisconnectReason::kServerShuttingDown);
}

void EngineServer::route(std::shared_ptr<net::HttpExchange> exchange, const std::string& id, TransportKind transport) {
  const EngineConnectionPtr connection = context_->connections.with([&](auto& table) {
    const auto found = table.find(id);
    return found == table.end() ? nullptr : found->second;
  });
  if (!connection) return refuse(*exchange, EngineError::kUnknownSid);
  const net::HttpRequest& request = exchange->request();
  if (request.is_websocket_upgrade && transport == TransportKind::kWebSocket) return connection->upgrade(*exchange);
  if (request.is_websocket_upgrade || transport != connection->transport()) {
    return refuse(*exchange, EngineError::kBadRequest);
  }
  if (request.method == "GET") return connection->poll(std::move(exchange));
  if (request.method == "POST") return connection->post(exchange);
  refuse(*exchange, EngineError::kBadRequest);
}

EngineStats EngineServer::stats() const {
  const EngineCounters& c = context_->counters;
  const size_t now = context_->connections.with([](const auto& table) { return table.size(); });
  return {now, c.opened, c.upgraded, c.refused, c.ping_timeouts, c.parse_errors, c.transport_errors};
}

}  // namespace parley::gateway
