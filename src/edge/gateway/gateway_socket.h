#pragma once

#include <atomic>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "edge/gateway/engine_connection.h"
#include "edge/gateway/namespace.h"
#include "edge/gateway/socket_packet.h"

namespace parley::gateway {

/// What all sockets and requests share. Shared, because those in the owner's hands may outlive the Gateway; after its
/// end the handler is not called any more, except for events whose turn had begun.
struct GatewayContext {
  GatewayContext(GatewayOptions o, GatewayHandler& h, Rng& r) : options(std::move(o)), handler(h), rng(r) {}
  const GatewayOptions options;
  GatewayHandler& handler;
  Rng& rng;
  GatewayCounters counters;
  std::atomic<bool> is_over{false};                ///< The handler may be gone.
  TextMap<std::unique_ptr<Namespace>> namespaces;  ///< Filled at the start, then constant.

  struct AckDeadline {
    std::weak_ptr<GatewaySocket> socket;
    uint64_t id;
  };
  Guarded<std::multimap<Timestamp, AckDeadline>> ack_deadlines;
};
using GatewayContextPtr = std::shared_ptr<GatewayContext>;

/// The one implementation of Socket. Its rooms are the namespace's business; here are its life, the queue of its events
/// and the acknowledgements it waits for.
class GatewaySocket final : public Socket, public std::enable_shared_from_this<GatewaySocket> {
 public:
  GatewaySocket(GatewayContextPtr context, Namespace& space, EngineConnectionPtr connection);

  const std::string& id() const override { return id_; }
  const std::string& namespace_name() const override { return namespace_.name(); }
  const Handshake& handshake() const override { return connection_->handshake(); }
  bool is_connected() const override { return !has_ended_; }
  std::shared_ptr<void> data() const override { return namespace_.data(*this); }
  void set_data(std::shared_ptr<void> data) override { namespace_.set_data(*this, std::move(data)); }
  void join(std::string_view room) override { namespace_.join(*this, room); }
  void leave(std::string_view room) override { namespace_.leave(*this, room); }
  std::vector<std::string> rooms() const override { return namespace_.rooms(*this); }
  void emit(const OutgoingEvent& event) override;
  void emit_with_ack(const OutgoingEvent& event, TimeDelta timeout,
                     std::function<void(std::optional<Arguments>)> on_ack) override;
  void disconnect(CloseTransport close) override;

  // For the client:
  void on_event(SocketPacket packet);
  void on_ack(SocketPacket packet);
  /// Once; later calls have no effect.
  void end(DisconnectReason reason);
  void on_ack_timeout(uint64_t id) { settle_ack(id, std::nullopt); }

  // For the namespace, under its mutex:
  EngineConnection& connection() const { return *connection_; }
  NamespaceMember* member() const { return member_; }
  void attach(NamespaceMember& member, std::string id) {
    member_ = &member;
    id_ = std::move(id);
  }
  void detach() { member_ = nullptr; }

 private:
  struct Queued {
    IncomingEvent event;
    size_t bytes = 0;
    std::optional<DisconnectReason> ended;
  };

  Ack make_ack(uint64_t id);
  void push(Queued queued);
  void pump();
  void on_turn_end();
  void settle_ack(uint64_t id, std::optional<Arguments> answer);

  const GatewayContextPtr context_;
  Namespace& namespace_;
  const EngineConnectionPtr connection_;
  std::string id_;                     ///< Set once, before anybody else has the socket.
  NamespaceMember* member_ = nullptr;  ///< Under the namespace's mutex.
  std::atomic<bool> has_ended_{false};

  std::mutex mutex_;
  // Under mutex_:
  std::list<Queued> queue_;  ///< A list: empty, it has no memory.
  size_t queued_bytes_ = 0;
  bool is_busy_ = false;     ///< An event's turn has not ended.
  bool is_pumping_ = false;  ///< Somebody gives the queue to the handler.
  uint64_t next_ack_ = 0;
  std::map<uint64_t, std::function<void(std::optional<Arguments>)>> acks_;
};

}  // namespace parley::gateway
