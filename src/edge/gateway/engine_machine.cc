#include "edge/gateway/engine_machine.h"

#include <algorithm>
#include <utility>

namespace parley::gateway {
namespace {

/// From the answer to a probe to the end of the poll that waits. An end at once would often overtake the answer, which
/// comes on another connection, and the client would poll again before it knows that it may leave. The reference's own
/// time is 100 ms; more delays each upgrade.
constexpr TimeDelta kNoopDelay = TimeDelta::millis(50);
/// A poll's answer that says nothing.
constexpr const char* kNoopPayload = "6";

}  // namespace

std::string_view to_string(TransportKind kind) { return kind == TransportKind::kPolling ? "polling" : "websocket"; }

EngineMachine::EngineMachine(const EngineOptions& options, TransportKind transport, Timestamp now)
    : options_(options), transport_(transport), heartbeat_at_(now + options.ping_interval) {}

std::string EngineMachine::handshake_text(const EngineOptions& options, TransportKind transport, std::string_view sid) {
  const bool can_upgrade = transport == TransportKind::kPolling &&
                           std::ranges::find(options.transports, TransportKind::kWebSocket) != options.transports.end();
  std::string text = R"({"sid":")";
  text += sid;
  text += can_upgrade ? R"(","upgrades":["websocket"])" : R"(","upgrades":[])";
  text += R"(,"pingInterval":)" + std::to_string(options.ping_interval.ms());
  text += R"(,"pingTimeout":)" + std::to_string(options.ping_timeout.ms());
  text += R"(,"maxPayload":)" + std::to_string(options.max_payload) + "}";
  return text;
}

bool EngineMachine::on_poll(Timestamp now, EngineEffects& effects) {
  on_tick(now, effects);
  if (state_ == State::kClosed || transport_ != TransportKind::kPolling) return false;
  if (has_poll_) {
    end(DisconnectReason::kTransportError, effects);
    return false;
  }
  has_poll_ = true;
  if (!waiting_.empty()) {
    answer_poll(effects);
  } else if (has_probed_) {
    noop_at_ = now + kNoopDelay;
  }
  if (state_ == State::kClosing) {
    state_ = State::kClosed;
    effects.is_gone = true;
  }
  return true;
}

void EngineMachine::on_poll_aborted(EngineEffects& effects) {
  if (!std::exchange(has_poll_, false)) return;
  end(DisconnectReason::kTransportError, effects);
}

bool EngineMachine::on_post(std::string_view payload, Timestamp now, EngineEffects& effects) {
  on_tick(now, effects);
  if (state_ == State::kClosed || transport_ != TransportKind::kPolling) return false;
  EnginePayloadReader reader(payload);
  while (state_ == State::kOpen && !reader.is_done()) {
    auto packet = reader.next();
    if (!packet) {
      end(DisconnectReason::kParseError, effects);
      return false;
    }
    if (!on_packet(std::move(*packet), now, effects)) return false;
  }
  return true;
}

bool EngineMachine::on_probe_opened(Timestamp now) {
  if (state_ != State::kOpen || transport_ != TransportKind::kPolling || is_probing_) return false;
  is_probing_ = true;
  probe_deadline_ = now + options_.upgrade_timeout;
  return true;
}

void EngineMachine::on_probe_text(std::string_view text, Timestamp now, EngineEffects& effects) {
  if (!is_probing_) return;
  const auto packet = parse_engine_packet(text);
  if (packet && packet->type == EngineType::kPing && packet->data == "probe") {
    has_probed_ = true;
    effects.probe_answer = make_engine_message(EngineType::kPong, "probe");
    noop_at_ = now + kNoopDelay;
    return;
  }
  on_probe_closed();
  if (!packet || packet->type != EngineType::kUpgrade || state_ != State::kOpen) {
    effects.closes_probe = true;
    return;
  }
  // A client has no poll under way when it says this: one that is here came behind it, on another connection.
  effects.refuses_poll = std::exchange(has_poll_, false);
  transport_ = TransportKind::kWebSocket;
  effects.promotes_probe = true;
  effects.frames = std::exchange(waiting_, {});
  waiting_bytes_ = 0;
}

void EngineMachine::on_websocket_text(std::string_view text, Timestamp now, EngineEffects& effects) {
  auto packet = parse_engine_packet(text);
  if (!packet) return end(DisconnectReason::kParseError, effects);
  on_packet(std::move(*packet), now, effects);
}

void EngineMachine::on_websocket_binary(std::string bytes, EngineEffects& effects) {
  if (state_ == State::kOpen) effects.received.push_back({PayloadKind::kBinary, std::move(bytes)});
}

/// False when the packet ended the connection by breaking the rules.
bool EngineMachine::on_packet(EnginePacket packet, Timestamp now, EngineEffects& effects) {
  if (state_ != State::kOpen) return true;
  switch (packet.type) {
    case EngineType::kMessage:
      effects.received.push_back({packet.kind, std::move(packet.data)});
      return true;
    case EngineType::kPong:
      awaits_pong_ = false;
      heartbeat_at_ = now + options_.ping_interval;
      return true;
    case EngineType::kClose:
      if (std::exchange(has_poll_, false)) effects.poll_answer = kNoopPayload;
      end(DisconnectReason::kTransportClose, effects);
      return true;
    case EngineType::kPing:  // Since revision 4 the server asks.
      end(DisconnectReason::kTransportError, effects);
      return false;
    case EngineType::kOpen:
    case EngineType::kUpgrade:
    case EngineType::kNoop:
      return true;
  }
  return true;
}

void EngineMachine::fail(DisconnectReason reason, EngineEffects& effects) { end(reason, effects); }

void EngineMachine::send(EngineMessagePtr message, EngineEffects& effects) {
  if (state_ != State::kOpen) return;
  if (transport_ == TransportKind::kWebSocket) {
    effects.frames.push_back(std::move(message));
    return;
  }
  waiting_bytes_ += message->size();
  waiting_.push_back(std::move(message));
  if (has_poll_) return answer_poll(effects);
  if (waiting_bytes_ > options_.slow_bytes) end(DisconnectReason::kSlowConsumer, effects);
}

bool EngineMachine::is_writable() const {
  return state_ == State::kOpen && (transport_ == TransportKind::kWebSocket || has_poll_);
}

void EngineMachine::answer_poll(EngineEffects& effects) {
  has_poll_ = false;
  std::string payload;
  payload.reserve(waiting_bytes_);
  for (const EngineMessagePtr& message : waiting_) message->append_to_payload(payload);
  waiting_.clear();
  waiting_bytes_ = 0;
  effects.poll_answer = std::move(payload);
}

void EngineMachine::close(DisconnectReason reason, Timestamp now, EngineEffects& effects) {
  if (state_ != State::kOpen) return;
  if (transport_ == TransportKind::kWebSocket || has_poll_) return end(reason, effects);
  waiting_.push_back(make_engine_message(EngineType::kClose));
  if (std::exchange(is_probing_, false)) effects.closes_probe = true;
  state_ = State::kClosing;
  close_deadline_ = now + options_.close_timeout;
  effects.ended = reason;
}

/// A poll that waits is told with a close packet, behind what waits too.
void EngineMachine::end(DisconnectReason reason, EngineEffects& effects) {
  if (state_ == State::kClosed) return;
  if (has_poll_) {
    waiting_.push_back(make_engine_message(EngineType::kClose));
    answer_poll(effects);
  }
  waiting_ = {};
  if (std::exchange(is_probing_, false)) effects.closes_probe = true;
  if (state_ == State::kOpen) effects.ended = reason;
  if (transport_ == TransportKind::kWebSocket) effects.closes_websocket = true;
  state_ = State::kClosed;
  effects.is_gone = true;
}

void EngineMachine::ping(Timestamp now, EngineEffects& effects) {
  awaits_pong_ = true;
  // Counted from when it was due, unless this machine's clock was not looked at for long: then from now.
  const bool is_late = now - heartbeat_at_ > options_.ping_timeout / 4;
  heartbeat_at_ = (is_late ? now : heartbeat_at_) + options_.ping_timeout;
  send(make_engine_message(EngineType::kPing), effects);
}

void EngineMachine::on_tick(Timestamp now, EngineEffects& effects) {
  if (state_ == State::kClosed) return;
  if (now >= close_deadline_) {
    state_ = State::kClosed;
    waiting_ = {};
    effects.is_gone = true;
  }
  if (state_ != State::kOpen) return;
  if (is_probing_ && now >= probe_deadline_) {
    on_probe_closed();
    effects.closes_probe = true;
  }
  if (has_probed_ && has_poll_ && now >= noop_at_) {
    has_poll_ = false;
    effects.poll_answer = kNoopPayload;
  }
  if (now >= user_deadline_) return close(DisconnectReason::kForcedClose, now, effects);
  if (now < heartbeat_at_) return;
  if (awaits_pong_) return end(DisconnectReason::kPingTimeout, effects);
  ping(now, effects);
}

Timestamp EngineMachine::next_deadline() const {
  if (state_ == State::kClosed) return Timestamp::never();
  if (state_ == State::kClosing) return close_deadline_;
  Timestamp next = earlier(heartbeat_at_, user_deadline_);
  if (is_probing_) next = earlier(next, probe_deadline_);
  if (has_probed_ && has_poll_) next = earlier(next, noop_at_);
  return next;
}

}  // namespace parley::gateway
