#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "net/http_message.h"
#include "net/http_parser.h"
#include "net/websocket.h"

namespace parley::net {

/// One request and the duty to answer it. Thread-safe; may be answered later, from any thread. When the last reference
/// goes without an answer, the client gets 500.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
  virtual const HttpRequest& request() const = 0;
  /// The first answer counts; later ones are ignored.
  virtual void respond(HttpResponse response) = 0;
  /// `on_abort` is called, at most once and on the connection's thread, when the client goes away before its answer.
  /// Only such an exchange notices that: one that is answered at once need not look. A client that sends its next
  /// request already (pipelining) is no longer watched.
  virtual void watch_abort(std::function<void()> on_abort) = 0;
  /// Answers with 101. nullptr, and nothing is answered, when the request is no upgrade or has its answer already.
  virtual std::shared_ptr<WebSocket> accept_websocket(WebSocketHandlers handlers) = 0;
};

struct WebSocketLimits {
  size_t message = 2 * 1024 * 1024;   ///< Bytes of one incoming message; beyond it 1009.
  size_t outgoing = 4 * 1024 * 1024;  ///< Bytes waiting to be sent; a slower reader is dropped.
  TimeDelta ping_interval = TimeDelta::seconds(10);
  TimeDelta dead_after = TimeDelta::seconds(30);  ///< Without a byte from the peer, pongs included.
  TimeDelta close_timeout = TimeDelta::seconds(5);
};

struct HttpServerOptions {
  /// Numeric addresses; empty means all of the machine (dual stack, or IPv4 where there is no IPv6).
  std::vector<std::string> bind_addresses;
  uint16_t port = 0;  ///< 0 picks a free one, the same for all addresses.
  unsigned threads = 2;
  HttpLimits limits;
  WebSocketLimits websocket;
  /// Connections beyond this are closed at once. One costs about 1 kB until it sends something.
  size_t max_connections = 50'000;
  TimeDelta head_timeout = TimeDelta::seconds(10);   ///< From the first byte (or the connection) to the whole head.
  TimeDelta body_timeout = TimeDelta::seconds(30);   ///< Without a byte of the body.
  TimeDelta idle_timeout = TimeDelta::seconds(75);   ///< Between requests; above the usual 60 s of proxies.
  TimeDelta write_timeout = TimeDelta::seconds(30);  ///< Without a byte taken by the client, or given by a source.
  /// What becomes of a body; empty: in memory, up to limits.body.
  PlanBody plan_body;
  std::string spool_folder;  ///< For bodies in files; empty: the system's for temporary files.
  /// Bytes of all bodies in files together; beyond it 503. They live until the last reference to them goes.
  uint64_t spool_limit = uint64_t{4} * 1024 * 1024 * 1024;
};

/// Counts since the start, except where "now" is said.
struct HttpServerStats {
  uint64_t connections_now = 0;
  uint64_t websockets_now = 0;
  uint64_t accepted = 0;
  uint64_t refused_over_limit = 0;
  uint64_t accept_errors = 0;
  uint64_t requests = 0;
  uint64_t bad_requests = 0;  ///< Answered by the server itself with 4xx or 5xx.
  uint64_t timeouts = 0;      ///< Of head, body or writing; idle connections are not counted.
  uint64_t unanswered = 0;    ///< Exchanges dropped without an answer.
  uint64_t websockets_accepted = 0;
  uint64_t websocket_overflows = 0;   ///< Dropped: outgoing limit.
  uint64_t websocket_dead_peers = 0;  ///< Dropped: nothing heard.
  uint64_t websocket_bad_frames = 0;  ///< Closed by us: protocol, text or size.
  uint64_t spooled_bytes_now = 0;
  uint64_t spool_refused = 0;  ///< Bodies refused or broken off: budget or disk.
  uint64_t source_failed = 0;  ///< Answers broken off, because their source failed.
};

/// HTTP/1.1 and WebSocket on a port, with a few threads. A connection stays on one of them.
class HttpServer {
 public:
  /// Called on a connection's thread; must not block it.
  using Handler = std::function<void(std::shared_ptr<HttpExchange>)>;

  HttpServer(HttpServerOptions options, Handler handler);
  /// Stops without patience.
  ~HttpServer();

  /// Binds and begins to serve. kUnavailable or kInvalidArgument with the address in the text.
  Result<void> start();
  /// The bound port; 0 before start().
  uint16_t port() const;
  /// Accepts nothing more, closes idle connections, WebSockets with 1001, lets running requests finish for up to
  /// `patience`, then drops the rest and joins the threads. Blocks; not from a handler. Idempotent.
  void stop(TimeDelta patience = TimeDelta::seconds(10));
  HttpServerStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::net
