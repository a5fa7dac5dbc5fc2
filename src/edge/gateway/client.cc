#include "edge/gateway/client.h"

#include <utility>

#include "edge/gateway/json_text.h"

namespace parley::gateway {

ClientSockets::Entry* ClientSockets::find(const Namespace& space) {
  for (Entry& entry : entries) {
    if (entry.space == &space) return &entry;
  }
  return nullptr;
}

Client::Client(GatewayContextPtr context, EngineConnectionPtr connection)
    : context_(std::move(context)),
      connection_(std::move(connection)),
      sockets_(std::make_shared<ClientSockets>()),
      decoder_({context_->options.attachments, context_->options.attachment_bytes}) {}

void Client::on_open() { connection_->set_user_deadline(net::Loop::now() + context_->options.connect_timeout); }

void Client::close(DisconnectReason reason) {
  is_closing_ = true;
  connection_->close(reason);
}

void Client::on_message(PayloadKind kind, std::string data) {
  if (is_closing_) return;
  auto packet = kind == PayloadKind::kText ? decoder_.add_text(data) : decoder_.add_binary(std::move(data));
  if (!packet) {
    ++context_->counters.parse_errors;
    return close(DisconnectReason::kParseError);
  }
  if (*packet) on_packet(std::move(**packet));
}

void Client::on_packet(SocketPacket packet) {
  if (packet.type == SocketType::kConnect) return on_connect(std::move(packet));
  const auto space = context_->namespaces.find(packet.namespace_name);
  GatewaySocketPtr socket;
  if (space != context_->namespaces.end()) {
    const std::lock_guard lock(sockets_->mutex);
    ClientSockets::Entry* entry = sockets_->find(*space->second);
    if (entry) socket = entry->socket;
    if (entry && packet.type == SocketType::kDisconnect) entry->pending = nullptr;
  }
  // Nobody sends before CONNECT is answered; but a socket that the server has ended may have something on its way.
  if (!socket) {
    if (packet.type != SocketType::kDisconnect) close(DisconnectReason::kParseError);
    return;
  }
  switch (packet.type) {
    case SocketType::kEvent:
      return socket->on_event(std::move(packet));
    case SocketType::kAck:
      return socket->on_ack(std::move(packet));
    default:
      return socket->end(DisconnectReason::kClientNamespaceDisconnect);
  }
}

void Client::on_connect(SocketPacket packet) {
  const auto space = context_->namespaces.find(packet.namespace_name);
  if (space == context_->namespaces.end()) {
    return connection_->send(encode_connect_error(packet.namespace_name, "Invalid namespace", {}));
  }
  if (packet.auth.empty()) packet.auth = "{}";
  auto request =
      std::make_shared<PendingConnect>(context_, connection_, sockets_, *space->second, std::move(packet.auth));
  bool is_free = false;
  {
    const std::lock_guard lock(sockets_->mutex);
    ClientSockets::Entry* entry = sockets_->find(*space->second);
    if (!entry) entry = &sockets_->entries.emplace_back(space->second.get(), nullptr, nullptr);
    is_free = !entry->pending && (!entry->socket || !entry->socket->is_connected());
    if (is_free) entry->pending = request.get();
  }
  if (!is_free) return close(DisconnectReason::kParseError);
  context_->handler.on_connect(std::move(request));
}

void Client::on_close(DisconnectReason reason) {
  std::vector<ClientSockets::Entry> entries;
  {
    const std::lock_guard lock(sockets_->mutex);
    sockets_->is_closed = true;
    entries.swap(sockets_->entries);
  }
  for (const ClientSockets::Entry& entry : entries) {
    if (entry.socket) entry.socket->end(reason);
  }
}

PendingConnect::PendingConnect(GatewayContextPtr context, EngineConnectionPtr connection, ClientSocketsPtr sockets,
                               Namespace& space, std::string auth)
    : context_(std::move(context)),
      connection_(std::move(connection)),
      sockets_(std::move(sockets)),
      namespace_(space),
      auth_(std::move(auth)),
      claim_(find_claim()) {}

PendingConnect::~PendingConnect() { refuse("Unavailable", {}); }

/// A client that comes back shows the secret it was given, and the offset of the last event it has.
std::optional<Claim> PendingConnect::find_claim() const {
  if (context_->options.recovery_window.us() == 0) return std::nullopt;
  const auto pid = find_json_string(auth_, "pid");
  if (!pid) return std::nullopt;
  auto claim = namespace_.claim(*pid, find_json_string(auth_, "offset").value_or(""));
  if (!claim) ++context_->counters.not_recovered;
  return claim;
}

const std::vector<std::string>& PendingConnect::recovered_rooms() const {
  static const std::vector<std::string> kNone;
  return claim_ ? claim_->rooms : kNone;
}

SocketPtr PendingConnect::accept(Welcome welcome) {
  if (is_decided_.exchange(true)) return nullptr;
  auto socket = std::make_shared<GatewaySocket>(context_, namespace_, connection_);
  bool is_void = false;
  {
    const std::lock_guard lock(sockets_->mutex);
    ClientSockets::Entry* entry = sockets_->is_closed ? nullptr : sockets_->find(namespace_);
    if (!entry || entry->pending != this) {
      if (claim_) namespace_.release(*claim_, Namespace::Fate::kMayComeBack);
      return nullptr;
    }
    entry->pending = nullptr;
    is_void = !namespace_.add(socket, welcome, claim_ ? &*claim_ : nullptr, net::Loop::now());
    if (!is_void) entry->socket = socket;
  }
  if (is_void) {
    ++context_->counters.refused;
    connection_->send(encode_connect_error(namespace_.name(), "Disconnected", {}));
    return nullptr;
  }
  ++context_->counters.connected;
  if (claim_) ++context_->counters.recovered;
  connection_->set_user_deadline(Timestamp::never());
  return socket;
}

void PendingConnect::refuse(std::string_view message, std::string_view data) {
  if (is_decided_.exchange(true)) return;
  if (claim_) namespace_.release(*claim_, Namespace::Fate::kForgotten);
  const std::lock_guard lock(sockets_->mutex);
  ClientSockets::Entry* entry = sockets_->is_closed ? nullptr : sockets_->find(namespace_);
  if (!entry || entry->pending != this) return;
  entry->pending = nullptr;
  ++context_->counters.refused;
  connection_->send(encode_connect_error(namespace_.name(), message, data));
}

void PendingConnect::drop() {
  if (is_decided_.exchange(true)) return;
  if (claim_) namespace_.release(*claim_, Namespace::Fate::kMayComeBack);
  ++context_->counters.refused;
  connection_->close(DisconnectReason::kForcedClose);
}

}  // namespace parley::gateway
