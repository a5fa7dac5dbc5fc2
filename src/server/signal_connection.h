#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/guarded.h"
#include "media/livekit/admission.h"
#include "net/http_server.h"
#include "server/media_node.h"

namespace parley::server {

/// One LiveKit signal connection: a WebSocket on one side, a session on a shard on the other. Upgrades when the shard
/// gives its first message, or answers the request with the refusal. Lives as long as its socket or its session.
class SignalConnection : public SignalSink, public std::enable_shared_from_this<SignalConnection> {
 public:
  SignalConnection(MediaNode& node, std::shared_ptr<net::HttpExchange> exchange, std::string room)
      : node_(node), exchange_(std::move(exchange)), room_(std::move(room)), session_(node.make_session()) {}

  /// Asks the shard to let the participant in.
  void open(livekit::JoinParams join);

  // SignalSink, on the shard's thread.
  void on_signal(const livekit::pb::SignalResponse& response) override;
  void on_refusal(int status, std::string text) override;
  void on_end() override;

 private:
  /// The socket and what became of it, for both threads.
  struct Socket {
    std::shared_ptr<net::WebSocket> socket;
    uint16_t close_code = 0;  ///< Set before the socket was: close it as soon as it is there.
  };
  void upgrade();
  std::shared_ptr<net::WebSocket> socket() const;
  void on_frame(std::string frame, bool is_text);
  /// From the socket's thread, which may run before the shard's has been given the socket.
  void close(uint16_t code);

  MediaNode& node_;
  std::shared_ptr<net::HttpExchange> exchange_;  ///< The shard's thread's, until the upgrade.
  std::string room_;
  livekit::SessionId session_;
  Guarded<Socket> socket_;
  /// A client that sent JSON text is answered in it (reference 2.1). Written by the socket's thread, read by the shard.
  std::atomic<bool> speaks_json_{false};
};

/// Answers carry these on every LiveKit path: any page may call (reference 1.5, 2.16).
net::HttpResponse with_cors(net::HttpResponse response);

}  // namespace parley::server
