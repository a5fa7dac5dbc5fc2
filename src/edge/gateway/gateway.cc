#include "edge/gateway/gateway.h"

#include "edge/gateway/client.h"
#include "edge/gateway/engine_server.h"
#include "edge/gateway/gateway_socket.h"
#include "edge/gateway/namespace.h"

namespace parley::gateway {

struct Gateway::Impl final : EngineHandler {
  Impl(const GatewayOptions& options, GatewayHandler& handler, Rng& rng)
      : context(std::make_shared<GatewayContext>(options, handler, rng)) {
    for (const std::string& name : context->options.namespaces) {
      context->namespaces.emplace(name,
                                  std::make_unique<Namespace>(name, context->options, context->counters, context->rng));
    }
    engine.emplace(context->options.engine, *this, rng);
  }

  std::unique_ptr<EngineListener> make_listener(const EngineConnectionPtr& connection) override {
    return std::make_unique<Client>(context, connection);
  }

  void on_tick(Timestamp now) override {
    for (const auto& [name, space] : context->namespaces) space->on_tick(now);
    const auto late = context->ack_deadlines.with([now](auto& deadlines) {
      std::vector<GatewayContext::AckDeadline> found;
      const auto end = deadlines.upper_bound(now);
      for (auto it = deadlines.begin(); it != end; ++it) found.push_back(std::move(it->second));
      deadlines.erase(deadlines.begin(), end);
      return found;
    });
    for (const GatewayContext::AckDeadline& deadline : late) {
      if (const auto socket = deadline.socket.lock()) socket->on_ack_timeout(deadline.id);
    }
  }

  Namespace* find(std::string_view name) const {
    const auto found = context->namespaces.find(name);
    return found == context->namespaces.end() ? nullptr : found->second.get();
  }

  const GatewayContextPtr context;
  std::optional<EngineServer> engine;
};

Gateway::Gateway(GatewayOptions options, GatewayHandler& handler, Rng& rng)
    : impl_(std::make_unique<Impl>(options, handler, rng)) {}

Gateway::~Gateway() {
  stop();
  impl_->context->is_over = true;
}

void Gateway::stop() { impl_->engine->stop(); }

bool Gateway::owns(std::string_view path) const { return impl_->engine->owns(path); }

void Gateway::handle(std::shared_ptr<net::HttpExchange> exchange) { impl_->engine->handle(std::move(exchange)); }

void Gateway::emit(std::string_view namespace_name, const Target& target, const OutgoingEvent& event) {
  if (Namespace* space = impl_->find(namespace_name)) space->emit(target, event, net::Loop::now());
}

void Gateway::join(std::string_view namespace_name, const Target& target, std::string_view room) {
  if (Namespace* space = impl_->find(namespace_name)) space->join(target, room);
}

void Gateway::leave(std::string_view namespace_name, const Target& target, std::string_view room) {
  if (Namespace* space = impl_->find(namespace_name)) space->leave(target, room);
}

void Gateway::disconnect(std::string_view namespace_name, const Target& target, CloseTransport close) {
  Namespace* space = impl_->find(namespace_name);
  if (!space) return;
  for (const GatewaySocketPtr& socket : space->take_for_disconnect(target)) socket->disconnect(close);
}

std::vector<SocketPtr> Gateway::sockets(std::string_view namespace_name, const Target& target) const {
  const Namespace* space = impl_->find(namespace_name);
  if (!space) return {};
  const auto found = space->sockets(target);
  return {found.begin(), found.end()};
}

GatewayStats Gateway::stats() const {
  const GatewayCounters& c = impl_->context->counters;
  GatewayStats stats;
  stats.engine = impl_->engine->stats();
  stats.connected = c.connected;
  stats.refused = c.refused;
  stats.recovered = c.recovered;
  stats.not_recovered = c.not_recovered;
  stats.disconnected = c.disconnected;
  stats.events_in = c.events_in;
  stats.events_out = c.events_out;
  stats.deliveries = c.deliveries;
  stats.volatile_dropped = c.volatile_dropped;
  stats.parse_errors = c.parse_errors;
  stats.slow_consumers = c.slow_consumers;
  stats.floods = c.floods;
  stats.rooms_refused = c.rooms_refused;
  for (const auto& [name, space] : impl_->context->namespaces) space->add_stats(stats);
  return stats;
}

}  // namespace parley::gateway
