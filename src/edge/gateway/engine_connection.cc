#include "edge/gateway/engine_connection.h"

#include <algorithm>
#include <utility>

namespace parley::gateway {
namespace {

/// A volatile message is not for a client that has this much to catch up with.
constexpr size_t kVolatileBacklog = size_t{16} * 1024;

struct ErrorText {
  EngineError error;
  std::string_view message;
};
constexpr ErrorText kErrorTexts[] = {
    {EngineError::kUnknownTransport, "Transport unknown"},
    {EngineError::kUnknownSid, "Session ID unknown"},
    {EngineError::kBadHandshakeMethod, "Bad handshake method"},
    {EngineError::kBadRequest, "Bad request"},
    {EngineError::kForbidden, "Forbidden"},
    {EngineError::kUnsupportedProtocolVersion, "Unsupported protocol version"},
};

}  // namespace

net::HttpResponse make_engine_response(const EngineOptions& options, const net::HttpRequest& request, int status,
                                       std::string body) {
  net::HttpResponse response{status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(body), nullptr};
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("X-Content-Type-Options", "nosniff");
  if (!options.check_origin) return response;
  response.headers.add("Vary", "Origin");
  if (options.check_origin(request) != OriginVerdict::kAllowed) return response;
  response.headers.add("Access-Control-Allow-Origin", std::string(request.headers.get("Origin")));
  response.headers.add("Access-Control-Allow-Credentials", "true");
  return response;
}

net::HttpResponse make_engine_error(const EngineOptions& options, const net::HttpRequest& request, EngineError error) {
  const ErrorText& text = kErrorTexts[static_cast<size_t>(error)];
  const int status = error == EngineError::kForbidden ? 403 : 400;
  net::HttpResponse response = make_engine_response(options, request, status, {});
  response.body =
      R"({"code":)" + std::to_string(static_cast<int>(error)) + R"(,"message":")" + std::string(text.message) + "\"}";
  net::HttpHeaders headers{{"Content-Type", "application/json"}};
  for (const auto& [name, value] : response.headers.fields()) {
    if (name != "Content-Type") headers.add(name, value);
  }
  response.headers = std::move(headers);
  return response;
}

EngineConnection::EngineConnection(EngineContextPtr context, std::string id, TransportKind transport,
                                   Handshake handshake)
    : context_(std::move(context)),
      id_(std::move(id)),
      handshake_(std::move(handshake)),
      takes_binary_(!handshake_.query.contains("b64")),
      machine_(context_->options, transport, handshake_.time) {
  next_deadline_us_ = machine_.next_deadline().us();
}

template <class F>
void EngineConnection::with_machine(F&& step) {
  EngineEffects effects;
  {
    const std::lock_guard lock(mutex_);
    std::forward<F>(step)(effects);
    apply(effects);
  }
  finish(effects.is_gone);
}

/// Under mutex_.
void EngineConnection::apply(EngineEffects& effects) {
  if (effects.poll_answer && poll_) {
    const auto poll = std::exchange(poll_, nullptr);
    poll->respond(make_engine_response(context_->options, poll->request(), 200, std::move(*effects.poll_answer)));
  }
  if (effects.refuses_poll && poll_) {
    const auto poll = std::exchange(poll_, nullptr);
    poll->respond(make_engine_error(context_->options, poll->request(), EngineError::kBadRequest));
  }
  if (effects.probe_answer && probe_) probe_->send_frames(effects.probe_answer->frames());
  if (effects.promotes_probe) {
    websocket_ = std::exchange(probe_, nullptr);
    ++context_->counters.upgraded;
  }
  if (effects.closes_probe && probe_) {
    ++generation_;
    std::exchange(probe_, nullptr)->close(net::close_code::kNormal, "");
  }
  if (websocket_) {
    for (const EngineMessagePtr& message : effects.frames) write(*message);
    if (effects.closes_websocket) std::exchange(websocket_, nullptr)->close(net::close_code::kNormal, "");
  }
  std::ranges::move(effects.received, std::back_inserter(inbox_));
  if (effects.ended) {
    ended_ = effects.ended;
    count(*effects.ended);
  }
  next_deadline_us_ = machine_.next_deadline().us();
}

/// Under mutex_, with a WebSocket.
void EngineConnection::write(const EngineMessage& message) {
  const size_t threshold = context_->options.deflate_threshold;
  websocket_->send_frames(websocket_->takes_deflated() ? message.deflated_frames(threshold) : message.frames());
}

void EngineConnection::count(DisconnectReason reason) {
  EngineCounters& counters = context_->counters;
  if (reason == DisconnectReason::kPingTimeout) ++counters.ping_timeouts;
  if (reason == DisconnectReason::kParseError) ++counters.parse_errors;
  if (reason == DisconnectReason::kTransportError) ++counters.transport_errors;
}

void EngineConnection::finish(bool is_gone) {
  drain();
  if (is_gone) {
    context_->connections.with([&](auto& connections) { connections.erase(id_); });
  }
}

void EngineConnection::drain() {
  {
    const std::lock_guard lock(mutex_);
    if (is_draining_ || (inbox_.empty() && !ended_)) return;
    is_draining_ = true;
  }
  give_inbox();
}

void EngineConnection::begin() {
  listener_->on_open();
  give_inbox();
}

/// The caller has set is_draining_.
void EngineConnection::give_inbox() {
  std::vector<EngineReceived> batch;
  std::optional<DisconnectReason> ended;
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      batch = std::exchange(inbox_, {});
      ended = std::exchange(ended_, std::nullopt);
      if (batch.empty() && !ended) {
        is_draining_ = false;
        return;
      }
    }
    if (!listener_) continue;
    for (EngineReceived& message : batch) listener_->on_message(message.kind, std::move(message.data));
    if (!ended) continue;
    listener_->on_close(*ended);
    listener_.reset();  // It may hold this connection.
  }
}

void EngineConnection::open_websocket(net::HttpExchange& exchange) {
  with_machine([&](EngineEffects& effects) {
    websocket_ = accept_websocket(exchange);
    if (!websocket_) return machine_.fail(DisconnectReason::kTransportError, effects);
    const std::string text = EngineMachine::handshake_text(context_->options, TransportKind::kWebSocket, id_);
    effects.frames.push_back(make_engine_message(EngineType::kOpen, text));
  });
}

/// Under mutex_. The callbacks hold only what fits into them without an allocation; the last one keeps this alive.
EngineConnection::WebSocketPtr EngineConnection::accept_websocket(net::HttpExchange& exchange) {
  const Generation generation = ++generation_;
  net::WebSocketHandlers handlers;
  handlers.on_text = [self = this, generation](const std::string& text) { self->on_text(generation, text); };
  handlers.on_binary = [self = this, generation](std::string bytes) { self->on_binary(generation, std::move(bytes)); };
  handlers.on_close = [self = shared_from_this(), generation](uint16_t code, const std::string& reason) {
    self->on_websocket_closed(generation, code, reason);
  };
  handlers.tuning.heartbeat = net::WebSocketTuning::Heartbeat::kOwner;
  if (context_->options.deflate_threshold > 0) handlers.tuning.compression = net::WebSocketCompression::kDeflate;
  handlers.tuning.max_message = context_->options.max_payload;
  handlers.tuning.max_outgoing = context_->options.slow_bytes;
  handlers.tuning.max_stuck = context_->options.slow_time;
  return exchange.accept_websocket(std::move(handlers));
}

void EngineConnection::on_text(Generation generation, const std::string& text) {
  bool begins_upgrade = false;
  with_machine([&](EngineEffects& effects) {
    if (generation != generation_) return;
    const Timestamp now = net::Loop::now();
    if (!probe_) return machine_.on_websocket_text(text, now, effects);
    const bool was_upgrading = machine_.is_upgrading();
    machine_.on_probe_text(text, now, effects);
    begins_upgrade = machine_.is_upgrading() && !was_upgrading;
  });
  if (begins_upgrade) context_->upgrading.with([&](auto& list) { list.push_back(shared_from_this()); });
}

void EngineConnection::on_binary(Generation generation, std::string bytes) {
  with_machine([&](EngineEffects& effects) {
    if (generation != generation_) return;
    if (probe_) return machine_.on_probe_text({}, net::Loop::now(), effects);
    machine_.on_websocket_binary(std::move(bytes), effects);
  });
}

void EngineConnection::on_websocket_closed(Generation generation, uint16_t code, const std::string& reason) {
  with_machine([&](EngineEffects& effects) {
    if (generation != generation_) return;
    if (std::exchange(probe_, nullptr)) return machine_.on_probe_closed();
    websocket_.reset();
    const auto why = reason == net::kSlowReader         ? DisconnectReason::kSlowConsumer
                     : code == net::close_code::kTooBig ? DisconnectReason::kTransportError
                                                        : DisconnectReason::kTransportClose;
    machine_.fail(why, effects);
  });
}

void EngineConnection::poll(std::shared_ptr<net::HttpExchange> exchange) {
  with_machine([&](EngineEffects& effects) {
    const net::HttpRequest& request = exchange->request();
    if (!machine_.on_poll(net::Loop::now(), effects)) {
      exchange->respond(make_engine_error(context_->options, request, EngineError::kBadRequest));
      return;
    }
    poll_ = exchange;
    if (effects.poll_answer) return;
    exchange->watch_abort([weak = weak_from_this(), exchange = exchange.get()] {
      if (const auto self = weak.lock()) self->on_aborted(exchange);
    });
  });
}

void EngineConnection::on_aborted(const net::HttpExchange* exchange) {
  with_machine([&](EngineEffects& effects) {
    if (poll_.get() != exchange) return;
    poll_.reset();
    machine_.on_poll_aborted(effects);
  });
}

void EngineConnection::post(const std::shared_ptr<net::HttpExchange>& exchange) {
  with_machine([&](EngineEffects& effects) {
    const net::HttpRequest& request = exchange->request();
    if (request.body.size() > context_->options.max_payload) {
      machine_.fail(DisconnectReason::kTransportError, effects);
      return exchange->respond(make_engine_response(context_->options, request, 413, {}));
    }
    if (context_->options.kept_headers == std::vector<std::string>{"*"}) last_post_headers_ = request.headers;
    if (machine_.on_post(request.body, net::Loop::now(), effects)) {
      return exchange->respond(make_engine_response(context_->options, request, 200, "ok"));
    }
    exchange->respond(make_engine_error(context_->options, request, EngineError::kBadRequest));
  });
}

/// A client that has taken over already, or is about to, is let in and shut out, as by the reference: to suites, 400 is
/// an error of another kind.
void EngineConnection::upgrade(net::HttpExchange& exchange) {
  const std::lock_guard lock(mutex_);
  if (machine_.on_probe_opened(net::Loop::now())) {
    probe_ = accept_websocket(exchange);
    if (!probe_) machine_.on_probe_closed();
    next_deadline_us_ = machine_.next_deadline().us();
  } else if (const WebSocketPtr second = exchange.accept_websocket({})) {
    second->close(net::close_code::kNormal, "");
  }
}

bool EngineConnection::is_upgrading() const {
  const std::lock_guard lock(mutex_);
  return machine_.is_upgrading();
}

TransportKind EngineConnection::transport() const {
  const std::lock_guard lock(mutex_);
  return machine_.transport();
}

void EngineConnection::on_tick(Timestamp now) {
  with_machine([&](EngineEffects& effects) { machine_.on_tick(now, effects); });
}

void EngineConnection::send(const EngineMessagePtr& message) {
  if (!takes_binary_ && message->has_binary()) {
    return send(message->as_text_only());
  }
  EngineEffects effects;
  {
    const std::lock_guard lock(mutex_);
    if (websocket_ && machine_.is_open()) return write(*message);
    machine_.send(message, effects);
    apply(effects);
  }
  if (!effects.ended) return;
  context_->loop->post([self = shared_from_this(), is_gone = effects.is_gone] { self->finish(is_gone); });
}

bool EngineConnection::is_writable() const {
  const std::lock_guard lock(mutex_);
  return machine_.is_writable() && (!websocket_ || websocket_->waiting() < kVolatileBacklog);
}

void EngineConnection::close(DisconnectReason reason) {
  with_machine([&](EngineEffects& effects) { machine_.close(reason, net::Loop::now(), effects); });
}

void EngineConnection::set_user_deadline(Timestamp deadline) {
  const std::lock_guard lock(mutex_);
  machine_.set_user_deadline(deadline);
  next_deadline_us_ = machine_.next_deadline().us();
}

net::HttpHeaders EngineConnection::last_post_headers() const {
  const std::lock_guard lock(mutex_);
  return last_post_headers_;
}

}  // namespace parley::gateway
