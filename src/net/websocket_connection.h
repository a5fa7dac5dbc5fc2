#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/loop.h"
#include "net/server_context.h"
#include "net/websocket.h"

namespace parley::net {

/// The one implementation of WebSocket. Senders of any thread append encoded frames to one buffer; the loop's thread
/// writes it. Everything else runs on that thread.
class WebSocketConnection final : public WebSocket,
                                  public LoopMember,
                                  public std::enable_shared_from_this<WebSocketConnection> {
 public:
  WebSocketConnection(std::shared_ptr<Loop> loop, std::shared_ptr<ServerContext> server, WebSocketHandlers handlers);

  void send_text(std::string_view text) override { send(WebSocketOpcode::kText, text); }
  void send_binary(std::string_view bytes) override { send(WebSocketOpcode::kBinary, bytes); }
  void send_frames(std::string_view frames) override;
  size_t waiting() const override;
  bool takes_deflated() const override { return tuning_.compression == WebSocketCompression::kDeflate; }
  void close(uint16_t code, std::string_view reason) override;

  /// Takes over the socket: writes `handshake` before anything else, and begins with the bytes already received.
  void start(Socket socket, CountedPlace place, std::string handshake, std::string_view received);
  /// For a connection that ended before it could be started.
  void finish_unstarted() { finish(); }

  void on_tick(Timestamp now) override;
  void on_drain() override { close(close_code::kGoingAway, ""); }
  void abort() override { finish(); }

 private:
  void send(WebSocketOpcode opcode, std::string_view payload);
  size_t max_outgoing() const;
  void drop_slow_reader();
  void post_flush();
  void flush();
  bool take_queued();
  void wait_readable();
  void on_readable();
  void on_bytes(std::string_view bytes);
  void on_event(WebSocketEvent event);
  void on_peer_close(const WebSocketEvent& event);
  bool is_closing();
  void on_flushed();
  void finish();

  const std::shared_ptr<Loop> loop_;
  const std::shared_ptr<ServerContext> server_;
  CountedPlace place_;
  CountedPlace websocket_place_;
  WebSocketHandlers handlers_;
  const WebSocketTuning tuning_;
  std::optional<Socket> socket_;
  WebSocketReader reader_;
  std::vector<WebSocketEvent> events_;
  std::string writing_;  ///< Frames in the middle of a write, and how far it is.
  size_t written_ = 0;
  bool has_started_ = false;
  bool is_finished_ = false;
  bool peer_has_closed_ = false;  ///< Its close frame is here: after ours, nothing more is to come.
  bool peer_has_failed_ = false;  ///< It broke the protocol: what it still sends is read and dropped.
  Timestamp last_received_;
  Timestamp last_ping_;
  Timestamp close_deadline_ = Timestamp::never();

  Timestamp stuck_since_ = Timestamp::never();  ///< The last time the peer took something, while more waits.

  mutable std::mutex mutex_;
  // Under mutex_:
  std::string queued_;        ///< Encoded frames for the next write.
  size_t being_written_ = 0;  ///< Size of writing_, for the limit.
  /// A flush is posted, a write is waiting, or start() is still to come; it will see what is queued.
  bool has_flush_coming_ = true;
  bool is_closing_ = false;  ///< Our close frame is queued, or there is no connection: nothing more is queued.
  uint16_t close_code_ = close_code::kAbnormal;
  std::string close_reason_;
};

}  // namespace parley::net
