#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "edge/gateway/handshake.h"

namespace parley::gateway {

/// Why a socket ended; the names are those of Socket.IO's own server.
enum class DisconnectReason : uint8_t {
  kTransportClose,             ///< The connection was closed by the client or the network.
  kTransportError,             ///< It broke, or the client broke the rules of the transport.
  kPingTimeout,                ///< No answer to a heartbeat.
  kParseError,                 ///< Something that is no packet came.
  kForcedClose,                ///< The server closed the connection.
  kServerShuttingDown,         ///< Gateway::stop().
  kSlowConsumer,               ///< More waits for the client than the limits allow.
  kFlood,                      ///< More events of the client wait for their turn than the limits allow.
  kClientNamespaceDisconnect,  ///< The client said goodbye. Not recovered.
  kServerNamespaceDisconnect,  ///< Socket::disconnect(). Not recovered.
};
/// "transport close" and the like.
std::string_view to_string(DisconnectReason reason);

/// Whether a client that comes back within the recovery window gets its rooms and missed events again.
bool is_recoverable(DisconnectReason reason);

/// An event for clients. Binary values are in `attachments`; where they stand, an argument has
/// {"_placeholder":true,"num":N}.
struct OutgoingEvent {
  enum class Delivery : uint8_t {
    kReliable,  ///< Queued, and kept for sockets that come back.
    kOnce,      ///< Queued, but never replayed to a socket that comes back.
    kVolatile,  ///< As kOnce, and dropped for sockets that cannot take it now.
  };
  std::string_view name;
  /// JSON texts, trusted. With recovery on, the offset follows as a further argument, which stock clients do not strip:
  /// give one object.
  std::vector<std::string_view> arguments;
  std::vector<std::string_view> attachments;
  Delivery delivery = Delivery::kReliable;
};

/// What came with an event or an acknowledgement.
struct Arguments {
  std::vector<std::string> values;  ///< JSON texts, well-formed, at most kMaxJsonDepth deep.
  /// What {"_placeholder":true,"num":N} in the values stands for; every N there is in range.
  std::vector<std::string> attachments;
};

/// Answers an event that asked for it: from any thread, the first call counts, nothing happens when the client has
/// gone. `values` are JSON texts, trusted.
using Ack = std::function<void(std::vector<std::string_view> values, std::vector<std::string_view> attachments)>;

/// Room for the next event: while it lives, the socket's further events wait. Any thread may drop it.
class Turn {
 public:
  Turn() = default;
  explicit Turn(std::move_only_function<void()> on_end) : on_end_(std::move(on_end)) {}
  Turn(Turn&& other) noexcept : on_end_(std::exchange(other.on_end_, nullptr)) {}
  Turn& operator=(Turn&& other) noexcept {
    std::swap(on_end_, other.on_end_);
    return *this;
  }
  ~Turn() { end(); }
  void end() {
    if (auto on_end = std::exchange(on_end_, nullptr)) on_end();
  }

 private:
  std::move_only_function<void()> on_end_;
};

/// An event from a client.
struct IncomingEvent {
  std::string name;
  Arguments arguments;
  Ack ack;    ///< Empty when the client did not ask.
  Turn turn;  ///< Keep it as long as the event is being handled.
};

enum class CloseTransport : uint8_t { kNo, kYes };

/// One client in one namespace. Thread-safe. Shared by the gateway and whoever in the owner's threads works for it.
class Socket {
 public:
  virtual ~Socket() = default;
  /// As the client knows it; a room of that name has this socket alone. Stays through a recovery.
  virtual const std::string& id() const = 0;
  virtual const std::string& namespace_name() const = 0;
  virtual const Handshake& handshake() const = 0;
  virtual bool is_connected() const = 0;
  /// Something of the owner's; stays through a recovery.
  virtual std::shared_ptr<void> data() const = 0;
  virtual void set_data(std::shared_ptr<void> data) = 0;

  /// No effect after the socket has ended.
  virtual void join(std::string_view room) = 0;
  virtual void leave(std::string_view room) = 0;
  /// Without that of its id.
  virtual std::vector<std::string> rooms() const = 0;

  virtual void emit(const OutgoingEvent& event) = 0;
  /// `on_ack` is called exactly once, on any thread: with the answer, or nullopt after `timeout` or at the end of the
  /// socket. Never replayed.
  virtual void emit_with_ack(const OutgoingEvent& event, TimeDelta timeout,
                             std::function<void(std::optional<Arguments>)> on_ack) = 0;
  /// With kYes, all sockets of the same connection end, and the connection.
  virtual void disconnect(CloseTransport close) = 0;
};
using SocketPtr = std::shared_ptr<Socket>;

/// A client that wants into a namespace, and the duty to decide: now or later, on any thread, once. When the last
/// reference goes undecided, the client is refused.
class ConnectRequest {
 public:
  virtual ~ConnectRequest() = default;
  virtual const std::string& namespace_name() const = 0;
  /// The client's `auth` as JSON text; "{}" when there is none.
  virtual const std::string& auth() const = 0;
  virtual const Handshake& handshake() const = 0;
  /// The rooms that will be restored; empty unless the client comes back within the recovery window.
  virtual const std::vector<std::string>& recovered_rooms() const = 0;
  virtual bool is_recovered() const = 0;
  /// Of the socket that comes back; else nothing.
  virtual std::shared_ptr<void> data() const = 0;

  struct Welcome {
    std::vector<std::string> rooms;         ///< Joined before anything else can happen.
    std::vector<std::string> except_rooms;  ///< Not restored, nor what was missed in them alone.
    std::shared_ptr<void> data;             ///< Instead of what is recovered, unless empty.
  };
  /// The socket, in its rooms, with what it missed on its way. nullptr when the client has left meanwhile, or somebody
  /// decided before.
  virtual SocketPtr accept(Welcome welcome) = 0;
  /// CONNECT_ERROR with `message`, and `data` (JSON text, trusted) unless empty.
  virtual void refuse(std::string_view message, std::string_view data) = 0;
  /// Closes the connection instead. A stock client that is refused stays away; one whose connection breaks comes back
  /// by itself, with what it may recover: for troubles of the server's own.
  virtual void drop() = 0;
};

/// The owner's side. Called on the HTTP server's threads or on the gateway's own, never with a lock held; must not
/// block. For one socket: on_event in the order of sending, one at a time (see Turn), then on_disconnect last.
class GatewayHandler {
 public:
  virtual ~GatewayHandler() = default;
  virtual void on_connect(std::shared_ptr<ConnectRequest> request) = 0;
  virtual void on_event(const SocketPtr& socket, IncomingEvent event) = 0;
  /// Once for every accepted socket, when its last event's turn has ended.
  virtual void on_disconnect(const SocketPtr& socket, DisconnectReason reason) = 0;
};

}  // namespace parley::gateway
