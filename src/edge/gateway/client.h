#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "edge/gateway/gateway_socket.h"
#include "edge/gateway/socket_packet.h"

namespace parley::gateway {

class PendingConnect;

/// The sockets of one connection. Shared by its Client and the undecided requests. Its mutex is taken before that of a
/// namespace, and that before a connection's.
struct ClientSockets {
  struct Entry {
    Namespace* space;
    GatewaySocketPtr socket;                  ///< The present or the last one.
    const PendingConnect* pending = nullptr;  ///< Undecided. Only compared.
  };
  std::mutex mutex;
  // Under mutex:
  bool is_closed = false;
  std::vector<Entry> entries;  ///< One for each namespace that the client has asked for; there are few.

  Entry* find(const Namespace& space);
};
using ClientSocketsPtr = std::shared_ptr<ClientSockets>;

/// A client's side of one connection: packets become the life and the events of its sockets.
class Client final : public EngineListener {
 public:
  Client(GatewayContextPtr context, EngineConnectionPtr connection);

  void on_open() override;
  void on_message(PayloadKind kind, std::string data) override;
  void on_close(DisconnectReason reason) override;

 private:
  void on_packet(SocketPacket packet);
  void on_connect(SocketPacket packet);
  void close(DisconnectReason reason);

  const GatewayContextPtr context_;
  const EngineConnectionPtr connection_;
  const ClientSocketsPtr sockets_;
  SocketPacketDecoder decoder_;
  bool is_closing_ = false;  ///< What still comes is not looked at.
};

/// The one implementation of ConnectRequest.
class PendingConnect final : public ConnectRequest {
 public:
  PendingConnect(GatewayContextPtr context, EngineConnectionPtr connection, ClientSocketsPtr sockets, Namespace& space,
                 std::string auth);
  PendingConnect(const PendingConnect&) = delete;
  PendingConnect& operator=(const PendingConnect&) = delete;
  ~PendingConnect() override;

  const std::string& namespace_name() const override { return namespace_.name(); }
  const std::string& auth() const override { return auth_; }
  const Handshake& handshake() const override { return connection_->handshake(); }
  const std::vector<std::string>& recovered_rooms() const override;
  bool is_recovered() const override { return claim_.has_value(); }
  std::shared_ptr<void> data() const override { return claim_ ? claim_->data : nullptr; }
  SocketPtr accept(Welcome welcome) override;
  void refuse(std::string_view message, std::string_view data) override;
  void drop() override;

 private:
  std::optional<Claim> find_claim() const;

  const GatewayContextPtr context_;
  const EngineConnectionPtr connection_;
  const ClientSocketsPtr sockets_;
  Namespace& namespace_;
  const std::string auth_;
  const std::optional<Claim> claim_;
  std::atomic<bool> is_decided_{false};
};

}  // namespace parley::gateway
