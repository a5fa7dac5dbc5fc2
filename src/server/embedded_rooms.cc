#include "server/embedded_rooms.h"

#include <future>

#include "net/clock.h"
#include "net/http_server.h"
#include "server/room_service.h"

namespace parley::server {
namespace {

/// A request that came from no socket.
class InProcessExchange : public net::HttpExchange {
 public:
  explicit InProcessExchange(net::HttpRequest request) : request_(std::move(request)) {}
  const net::HttpRequest& request() const override { return request_; }
  void respond(net::HttpResponse response) override {
    if (!is_answered_.exchange(true)) answer_.set_value(std::move(response));
  }
  void watch_abort(std::function<void()> /*on_abort*/) override {}
  std::shared_ptr<net::WebSocket> accept_websocket(net::WebSocketHandlers /*handlers*/) override { return nullptr; }
  std::future<net::HttpResponse> answer() { return answer_.get_future(); }

 private:
  const net::HttpRequest request_;
  std::atomic<bool> is_answered_ = false;
  std::promise<net::HttpResponse> answer_;
};

}  // namespace

rooms::TwirpTransport make_embedded_transport(const livekit::KeyStore& keys, MediaNode& node) {
  return [&keys, &node](rooms::TwirpCall call, Timestamp deadline) -> product::Outcome<rooms::TwirpAnswer> {
    net::HttpRequest request;
    request.method = "POST";
    request.path = request.target = "/twirp/livekit.RoomService/" + call.method;
    request.headers = {{"Content-Type", "application/protobuf"}, {"Authorization", "Bearer " + call.token}};
    request.body = std::move(call.body);
    const auto exchange = std::make_shared<InProcessExchange>(std::move(request));
    std::future<net::HttpResponse> coming = exchange->answer();
    serve_twirp(exchange, keys, node);
    const TimeDelta left = deadline - net::read_clock().mono;
    if (coming.wait_for(std::chrono::microseconds(left.us())) != std::future_status::ready) {
      return product::refuse(product::ProblemCode::kRoomBackendUnavailable, "the media threads do not answer");
    }
    const net::HttpResponse response = coming.get();
    return rooms::TwirpAnswer{response.status, response.content()};
  };
}

}  // namespace parley::server
