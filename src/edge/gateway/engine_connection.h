#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/guarded.h"
#include "edge/gateway/engine_machine.h"
#include "edge/gateway/handshake.h"
#include "net/http_server.h"
#include "net/loop.h"

namespace parley::gateway {

class EngineConnection;
/// Shared by the table, the callbacks of its transports, and its user.
using EngineConnectionPtr = std::shared_ptr<EngineConnection>;

/// The user of one connection. Called on any thread, never two at once and never with a lock held; must not block.
class EngineListener {
 public:
  virtual ~EngineListener() = default;
  /// First: what is sent from here arrives behind the handshake.
  virtual void on_open() = 0;
  virtual void on_message(PayloadKind kind, std::string data) = 0;
  /// Last, and exactly once.
  virtual void on_close(DisconnectReason reason) = 0;
};

struct EngineCounters {
  std::atomic<uint64_t> opened{0};
  std::atomic<uint64_t> upgraded{0};
  std::atomic<uint64_t> refused{0};
  std::atomic<uint64_t> ping_timeouts{0};
  std::atomic<uint64_t> parse_errors{0};
  std::atomic<uint64_t> transport_errors{0};
};

/// What all connections share. Shared, because connections in the hands of others may outlive the server.
struct EngineContext {
  explicit EngineContext(EngineOptions o) : options(std::move(o)) {}
  const EngineOptions options;
  EngineCounters counters;
  std::shared_ptr<net::Loop> loop;  ///< Its timers; and where calls go that must not be made on the spot.
  Guarded<std::unordered_map<std::string, EngineConnectionPtr>> connections;
  /// Those whose deadlines are too short for the walk over all; each leaves when its upgrade is over.
  Guarded<std::vector<EngineConnectionPtr>> upgrading;
};
using EngineContextPtr = std::shared_ptr<EngineContext>;

/// An answer to a request of this protocol, with what the origin rules say.
net::HttpResponse make_engine_response(const EngineOptions& options, const net::HttpRequest& request, int status,
                                       std::string body);
/// The protocol's own errors (the reference's `Server.errors`).
enum class EngineError : uint8_t {
  kUnknownTransport = 0,
  kUnknownSid = 1,
  kBadHandshakeMethod = 2,
  kBadRequest = 3,
  kForbidden = 4,
  kUnsupportedProtocolVersion = 5,
};
/// 400, or 403 for kForbidden, with `{"code":N,"message":"..."}`.
net::HttpResponse make_engine_error(const EngineOptions& options, const net::HttpRequest& request, EngineError error);

/// An EngineMachine with its transports. Touched by several threads (polls and POSTs come on different connections, and
/// anybody sends), so all is under one mutex. Under it WebSockets and exchanges are called, which only queue; the
/// listener is called outside of it.
class EngineConnection final : public std::enable_shared_from_this<EngineConnection> {
 public:
  EngineConnection(EngineContextPtr context, std::string id, TransportKind transport, Handshake handshake);

  const std::string& id() const { return id_; }
  const Handshake& handshake() const { return handshake_; }
  /// Before any request is given to it.
  void set_listener(std::unique_ptr<EngineListener> listener) { listener_ = std::move(listener); }

  // For the server, on the request's thread:
  /// Last of opening it: from here the listener hears of what comes.
  void begin();
  void open_websocket(net::HttpExchange& exchange);
  void poll(std::shared_ptr<net::HttpExchange> exchange);
  void post(const std::shared_ptr<net::HttpExchange>& exchange);
  void upgrade(net::HttpExchange& exchange);
  TransportKind transport() const;
  bool is_upgrading() const;
  void on_tick(Timestamp now);
  /// When on_tick() has something to do; may be read without a lock.
  Timestamp next_deadline() const { return Timestamp::micros(next_deadline_us_); }

  // For its user, on any thread:
  /// Never calls the listener on the spot, so that it may be called under the user's locks.
  void send(const EngineMessagePtr& message);
  /// Whether a message would leave now.
  bool is_writable() const;
  void close(DisconnectReason reason);
  void set_user_deadline(Timestamp deadline);
  /// As POSTs and the like came last: for a conformance suite that wants to see them.
  net::HttpHeaders last_post_headers() const;

 private:
  using WebSocketPtr = std::shared_ptr<net::WebSocket>;

  /// Counts the WebSockets of a connection: callbacks of one that was given up say an old number.
  using Generation = uint32_t;

  WebSocketPtr accept_websocket(net::HttpExchange& exchange);
  void on_text(Generation generation, const std::string& text);
  void on_binary(Generation generation, std::string bytes);
  void on_websocket_closed(Generation generation, uint16_t code, const std::string& reason);
  void on_aborted(const net::HttpExchange* exchange);
  /// Runs `step(effects)` under the lock and carries the effects out.
  template <class F>
  void with_machine(F&& step);
  void apply(EngineEffects& effects);
  void write(const EngineMessage& message);
  void count(DisconnectReason reason);
  void finish(bool is_gone);
  void drain();
  void give_inbox();

  const EngineContextPtr context_;
  const std::string id_;
  const Handshake handshake_;
  const bool takes_binary_;  ///< It did not ask for base64 (`b64` in its query).
  std::atomic<int64_t> next_deadline_us_;

  mutable std::mutex mutex_;
  // Under mutex_:
  EngineMachine machine_;
  std::shared_ptr<net::HttpExchange> poll_;
  WebSocketPtr websocket_;
  WebSocketPtr probe_;
  Generation generation_ = 0;
  std::vector<EngineReceived> inbox_;  ///< For the listener.
  std::optional<DisconnectReason> ended_;
  bool is_draining_ = true;  ///< Somebody is giving the inbox to the listener, or begin() will.
  net::HttpHeaders last_post_headers_;

  std::unique_ptr<EngineListener> listener_;  ///< Of whoever drains.
};

}  // namespace parley::gateway
