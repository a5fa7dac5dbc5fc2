#include "net/http_server.h"

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <deque>

#include "base/check.h"
#include "net/http_connection.h"
#include "net/loop.h"
#include "net/server_context.h"

namespace parley::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// Connections the kernel holds for us; a restart brings all clients back at once.
constexpr int kBacklog = 4096;
/// When there are no more descriptors, accepting again at once would spin.
constexpr std::chrono::milliseconds kAcceptRetry(100);

/// How often timeouts are looked at: finely enough for the shortest of them, once a second in production.
TimeDelta tick_for(const HttpServerOptions& options) {
  const TimeDelta shortest =
      std::min({options.head_timeout, options.body_timeout, options.idle_timeout, options.write_timeout,
                options.websocket.ping_interval, options.websocket.dead_after, options.websocket.close_timeout});
  return std::clamp(shortest / 4, TimeDelta::millis(5), TimeDelta::seconds(1));
}

struct Listener {
  explicit Listener(asio::io_context& context) : acceptor(context), retry(context) {}
  Acceptor acceptor;
  LoopTimer retry;
};

error_code open_listener(Acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  // "::" serves both families; any other IPv6 address only its own.
  if (!error && endpoint.address().is_v6()) {
    acceptor.set_option(asio::ip::v6_only(!endpoint.address().is_unspecified()), error);
  }
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kBacklog, error);
  if (error) {
    error_code ignored;
    acceptor.close(ignored);
  }
  return error;
}

}  // namespace

struct HttpServer::Impl {
  std::shared_ptr<ServerContext> context = std::make_shared<ServerContext>();
  std::vector<std::shared_ptr<Loop>> loops;
  std::deque<Listener> listeners;  ///< On the first loop. A deque, because handlers hold references.
  size_t next_loop = 0;
  uint16_t port = 0;
  bool is_running = false;

  Result<void> bind_all();
  Result<void> bind(const std::string& address);
  void accept(Listener& listener);
  void on_accepted(std::shared_ptr<Loop> loop, Socket socket);
  void stop(TimeDelta patience);
};

Result<void> HttpServer::Impl::bind(const std::string& text) {
  error_code error;
  const auto address = asio::ip::make_address(text, error);
  if (error) return fail(Error::Code::kInvalidArgument, "not a numeric address to bind: " + text);
  Listener& listener = listeners.emplace_back(loops.front()->context());
  error = open_listener(listener.acceptor, {address, port});
  if (!error) {
    port = listener.acceptor.local_endpoint(error).port();
    return {};
  }
  listeners.pop_back();
  return fail(Error::Code::kUnavailable,
              "cannot listen on " + text + " port " + std::to_string(port) + ": " + error.message());
}

Result<void> HttpServer::Impl::bind_all() {
  const auto& addresses = context->options.bind_addresses;
  port = context->options.port;
  if (addresses.empty()) {
    if (bind("::")) return {};
    return bind("0.0.0.0");
  }
  for (const std::string& address : addresses) {
    if (auto bound = bind(address); !bound) return bound;
  }
  return {};
}

void HttpServer::Impl::accept(Listener& listener) {
  const auto& loop = loops[next_loop++ % loops.size()];
  listener.acceptor.async_accept(loop->context(), [this, &listener, loop](const error_code& error, Socket socket) {
    if (!listener.acceptor.is_open()) return;
    if (!error) {
      on_accepted(loop, std::move(socket));
      return accept(listener);
    }
    ++context->counters.accept_errors;
    listener.retry.expires_after(kAcceptRetry);
    listener.retry.async_wait([this, &listener](const error_code& wait_error) {
      if (!wait_error && listener.acceptor.is_open()) accept(listener);
    });
  });
}

void HttpServer::Impl::on_accepted(std::shared_ptr<Loop> loop, Socket socket) {
  ServerCounters& counters = context->counters;
  if (counters.connections_now >= context->options.max_connections) {
    ++counters.refused_over_limit;
    return;
  }
  ++counters.accepted;
  auto connection =
      std::make_shared<HttpConnection>(loop, std::move(socket), context, CountedPlace(counters.connections_now));
  loop->post([connection = std::move(connection)] { connection->start(); });
}

void HttpServer::Impl::stop(TimeDelta patience) {
  if (!std::exchange(is_running, false)) return;
  loops.front()->post([this] {
    for (Listener& listener : listeners) {
      error_code ignored;
      listener.acceptor.close(ignored);
      listener.retry.cancel();
    }
  });
  for (const auto& loop : loops) loop->post([loop] { loop->drain(); });
  const Timestamp deadline = Loop::now() + patience;
  for (const auto& loop : loops) {
    if (!loop->wait_until_empty(std::max(deadline - Loop::now(), TimeDelta::zero()))) break;
  }
  for (const auto& loop : loops) loop->stop();
  listeners.clear();
}

HttpServer::HttpServer(HttpServerOptions options, Handler handler) : impl_(std::make_unique<Impl>()) {
  PARLEY_CHECK(options.threads > 0);
  impl_->context->spool = std::make_shared<SpoolBudget>(options.spool_limit);
  impl_->context->options = std::move(options);
  impl_->context->handler = std::move(handler);
}

HttpServer::~HttpServer() { stop(TimeDelta::zero()); }

Result<void> HttpServer::start() {
  PARLEY_CHECK(impl_->loops.empty());
  const TimeDelta tick = tick_for(impl_->context->options);
  for (unsigned i = 0; i < impl_->context->options.threads; ++i) impl_->loops.push_back(std::make_shared<Loop>(tick));
  if (auto bound = impl_->bind_all(); !bound) {
    impl_->listeners.clear();
    impl_->loops.clear();
    return bound;
  }
  impl_->is_running = true;
  for (Listener& listener : impl_->listeners) impl_->accept(listener);
  for (const auto& loop : impl_->loops) loop->start();
  return {};
}

uint16_t HttpServer::port() const { return impl_->port; }

void HttpServer::stop(TimeDelta patience) { impl_->stop(patience); }

HttpServerStats HttpServer::stats() const {
  const ServerCounters& c = impl_->context->counters;
  return {c.connections_now,
          c.websockets_now,
          c.accepted,
          c.refused_over_limit,
          c.accept_errors,
          c.requests,
          c.bad_requests,
          c.timeouts,
          c.unanswered,
          c.websockets_accepted,
          c.websocket_overflows,
          c.websocket_dead_peers,
          c.websocket_bad_frames,
          impl_->context->spool->used(),
          c.spool_refused,
          c.source_failed};
}

}  // namespace parley::net
