#include "edge/gateway/gateway_socket.h"

#include <utility>

namespace parley::gateway {
namespace {

struct ReasonName {
  DisconnectReason reason;
  std::string_view name;
  bool is_recoverable;
};
constexpr ReasonName kReasons[] = {
    {DisconnectReason::kTransportClose, "transport close", true},
    {DisconnectReason::kTransportError, "transport error", true},
    {DisconnectReason::kPingTimeout, "ping timeout", true},
    {DisconnectReason::kParseError, "parse error", false},
    {DisconnectReason::kForcedClose, "forced close", true},
    {DisconnectReason::kServerShuttingDown, "server shutting down", true},
    {DisconnectReason::kSlowConsumer, "slow consumer", true},
    {DisconnectReason::kFlood, "flood", false},
    {DisconnectReason::kClientNamespaceDisconnect, "client namespace disconnect", false},
    {DisconnectReason::kServerNamespaceDisconnect, "server namespace disconnect", false},
};

size_t size_of(const SocketPacket& packet) {
  size_t size = packet.event.size();
  for (const std::string& value : packet.values) size += value.size();
  for (const std::string& attachment : packet.attachments) size += attachment.size();
  return size;
}

}  // namespace

std::string_view to_string(DisconnectReason reason) { return kReasons[static_cast<size_t>(reason)].name; }
bool is_recoverable(DisconnectReason reason) { return kReasons[static_cast<size_t>(reason)].is_recoverable; }

GatewaySocket::GatewaySocket(GatewayContextPtr context, Namespace& space, EngineConnectionPtr connection)
    : context_(std::move(context)), namespace_(space), connection_(std::move(connection)) {}

void GatewaySocket::emit(const OutgoingEvent& event) { namespace_.emit({{id_}, {}}, event, net::Loop::now()); }

void GatewaySocket::emit_with_ack(const OutgoingEvent& event, TimeDelta timeout,
                                  std::function<void(std::optional<Arguments>)> on_ack) {
  uint64_t id = 0;
  bool is_taken = false;
  {
    const std::lock_guard lock(mutex_);
    if (!has_ended_ && acks_.size() < context_->options.pending_acks) {
      id = next_ack_++;
      acks_.emplace(id, on_ack);
      is_taken = true;
    }
  }
  if (!is_taken) return on_ack(std::nullopt);
  context_->ack_deadlines.with([&](auto& deadlines) {
    deadlines.emplace(net::Loop::now() + timeout, GatewayContext::AckDeadline{weak_from_this(), id});
  });
  ++context_->counters.events_out;
  ++context_->counters.deliveries;
  connection_->send(encode_event(namespace_.name(), event.name, {event.arguments, event.attachments, id}));
}

void GatewaySocket::on_ack(SocketPacket packet) {
  settle_ack(*packet.id, Arguments{std::move(packet.values), std::move(packet.attachments)});
}

void GatewaySocket::settle_ack(uint64_t id, std::optional<Arguments> answer) {
  std::function<void(std::optional<Arguments>)> on_ack;
  {
    const std::lock_guard lock(mutex_);
    const auto found = acks_.find(id);
    if (found == acks_.end()) return;
    on_ack = std::move(found->second);
    acks_.erase(found);
  }
  on_ack(std::move(answer));
}

void GatewaySocket::disconnect(CloseTransport close) {
  if (has_ended_) return;
  connection_->send(encode_disconnect(namespace_.name()));
  end(DisconnectReason::kServerNamespaceDisconnect);
  if (close == CloseTransport::kYes) connection_->close(DisconnectReason::kServerNamespaceDisconnect);
}

void GatewaySocket::end(DisconnectReason reason) {
  if (has_ended_.exchange(true)) return;
  const auto fate = is_recoverable(reason) ? Namespace::Fate::kMayComeBack : Namespace::Fate::kForgotten;
  namespace_.remove(*this, fate, net::Loop::now());
  ++context_->counters.disconnected;
  if (reason == DisconnectReason::kSlowConsumer) ++context_->counters.slow_consumers;
  std::map<uint64_t, std::function<void(std::optional<Arguments>)>> acks;
  {
    const std::lock_guard lock(mutex_);
    acks.swap(acks_);
    // What a flooding client still has in the queue is not worth the owner's time.
    if (reason == DisconnectReason::kFlood) queue_.clear();
  }
  for (const auto& [id, on_ack] : acks) on_ack(std::nullopt);
  push({{}, 0, reason});
}

Ack GatewaySocket::make_ack(uint64_t id) {
  const auto is_given = std::make_shared<std::atomic<bool>>(false);  // Shared by the copies of the callback.
  return [self = shared_from_this(), id, is_given](const std::vector<std::string_view>& values,
                                                   const std::vector<std::string_view>& attachments) {
    if (is_given->exchange(true) || self->has_ended_) return;
    self->connection_->send(encode_ack(self->namespace_.name(), {values, attachments, id}));
  };
}

void GatewaySocket::on_event(SocketPacket packet) {
  ++context_->counters.events_in;
  Queued queued;
  queued.bytes = size_of(packet);
  queued.event.name = std::move(packet.event);
  queued.event.arguments = {std::move(packet.values), std::move(packet.attachments)};
  if (packet.id) queued.event.ack = make_ack(*packet.id);
  push(std::move(queued));
}

void GatewaySocket::push(Queued queued) {
  bool is_flood = false;
  {
    const std::lock_guard lock(mutex_);
    const bool is_end = queued.ended.has_value();
    if (has_ended_ && !is_end) return;
    queued_bytes_ += queued.bytes;
    queue_.push_back(std::move(queued));
    is_flood = !is_end && (queue_.size() > context_->options.waiting_events ||
                           queued_bytes_ > context_->options.waiting_bytes + queue_.front().bytes);
    if (!is_flood && (is_busy_ || std::exchange(is_pumping_, true))) return;
  }
  if (!is_flood) return pump();
  ++context_->counters.floods;
  connection_->close(DisconnectReason::kFlood);
}

/// Gives the queue's events to the handler, one after the other's turn has ended. The caller has set is_pumping_.
void GatewaySocket::pump() {
  const auto self = shared_from_this();
  while (true) {
    Queued next;
    {
      const std::lock_guard lock(mutex_);
      if (is_busy_ || queue_.empty() || context_->is_over) {
        is_pumping_ = false;
        return;
      }
      next = std::move(queue_.front());
      queue_.pop_front();
      queued_bytes_ -= next.bytes;
      is_busy_ = true;
    }
    if (next.ended) {
      context_->handler.on_disconnect(self, *next.ended);
      continue;
    }
    next.event.turn = Turn([self] { self->on_turn_end(); });
    context_->handler.on_event(self, std::move(next.event));
  }
}

void GatewaySocket::on_turn_end() {
  {
    const std::lock_guard lock(mutex_);
    is_busy_ = false;
    if (queue_.empty() || std::exchange(is_pumping_, true)) return;
  }
  pump();
}

}  // namespace parley::gateway
