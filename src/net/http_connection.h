#pragma once

#include <memory>
#include <string>

#include "net/loop.h"
#include "net/server_context.h"

namespace parley::net {

class WebSocketConnection;

/// A connection as long as it speaks HTTP: reads a request, waits for its answer, writes it, and again; or hands its
/// socket to a WebSocketConnection. Nothing is read while a request is being answered, so a pipelining client waits in
/// the kernel's buffers. Lives on one loop; everything runs on its thread.
class HttpConnection final : public LoopMember, public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::shared_ptr<Loop> loop, Socket socket, std::shared_ptr<ServerContext> server, CountedPlace place);

  void start();
  void on_response(HttpResponse response);
  /// See HttpExchange::watch_abort(). `number` says for which request.
  void on_watch_abort(uint64_t number, std::function<void()> on_abort);
  void on_websocket(std::shared_ptr<WebSocketConnection> websocket, const std::string& accept_key);

  void on_tick(Timestamp now) override;
  void on_drain() override;
  void abort() override { close(); }

  const std::shared_ptr<Loop>& loop() const { return loop_; }
  const std::shared_ptr<ServerContext>& server() const { return server_; }

 private:
  enum class Phase : unsigned char { kReading, kHandling, kWriting, kLingering, kClosed };

  void wait_readable();
  void on_readable();
  void on_linger_readable();
  void on_readable_while_handling();
  void process(std::string_view bytes);
  bool spool();
  void refuse_spool(SpoolFailure failure);
  void on_part_of_request();
  void linger();
  void dispatch();
  void stop_watching();
  void refuse(HttpResponse response);
  void begin_writing(HttpResponse response);
  void continue_writing();
  void fetch_piece();
  void on_piece(Result<std::string> piece);
  void on_written();
  void set_deadline(TimeDelta delta) { deadline_ = Loop::now() + delta; }
  void close();

  const std::shared_ptr<Loop> loop_;
  const std::shared_ptr<ServerContext> server_;
  CountedPlace place_;
  std::optional<Socket> socket_;  ///< Gone once closed or handed over, so that no other thread destroys it.
  HttpRequestParser parser_;
  Phase phase_ = Phase::kReading;
  Timestamp deadline_ = Timestamp::never();
  uint64_t request_number_ = 0;  ///< Of the one being handled.
  bool has_begun_ = false;       ///< A byte of the present request is here.
  bool is_keep_alive_ = true;
  bool is_head_request_ = false;
  std::shared_ptr<BodyFile> spool_;  ///< Of the request being read; the request's own once it is complete.
  std::string unread_;               ///< Received behind the present request.
  std::function<void()> on_abort_;   ///< Set while a wait for the client's going away is under way.
  std::string remote_address_;
  std::string head_;  ///< Being written, then the response's content.
  HttpResponse response_;
  std::string piece_;          ///< Being written, of response_.source, which is left with what is behind it.
  size_t fetching_bytes_ = 0;  ///< At most so many are under way from the source; 0: no piece is.
  size_t written_ = 0;
};

}  // namespace parley::net
