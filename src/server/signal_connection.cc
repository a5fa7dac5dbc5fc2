#include "server/signal_connection.h"

#include <google/protobuf/util/json_util.h>

#include "base/log.h"

namespace parley::server {
namespace {

constexpr uint16_t kNormalClosure = 1000;  // LiveKit's servers close with nothing else.
constexpr uint16_t kBadMessage = 1007;
constexpr uint16_t kTryLater = 1013;

}  // namespace

net::HttpResponse with_cors(net::HttpResponse response) {
  response.headers.add("Access-Control-Allow-Origin", "*");
  return response;
}

void SignalConnection::open(livekit::JoinParams join) {
  if (!node_.open(session_, std::move(join), shared_from_this())) {
    exchange_->respond(with_cors(net::make_text_response(503, "the server is overloaded")));
  }
}

std::shared_ptr<net::WebSocket> SignalConnection::socket() const {
  return socket_.with([](const Socket& s) { return s.socket; });
}

void SignalConnection::upgrade() {
  const auto self = shared_from_this();
  auto accepted = exchange_->accept_websocket({
      .on_text = [self](std::string frame) { self->on_frame(std::move(frame), true); },
      .on_binary = [self](std::string frame) { self->on_frame(std::move(frame), false); },
      .on_close = [self](uint16_t, const std::string&) { self->node_.closed(self->room_, self->session_); },
  });
  exchange_.reset();
  if (!accepted) return node_.closed(room_, session_);  // The client went away while it was being admitted.
  const uint16_t close_code = socket_.with([&](Socket& s) {
    s.socket = accepted;
    return s.close_code;
  });
  if (close_code != 0) accepted->close(close_code, "");
}

void SignalConnection::close(uint16_t code) {
  const auto socket = socket_.with([code](Socket& s) {
    if (!s.socket) s.close_code = code;
    return s.socket;
  });
  if (socket) socket->close(code, "");
}

void SignalConnection::on_signal(const livekit::pb::SignalResponse& response) {
  if (exchange_) upgrade();
  const auto out = socket();
  if (!out) return;
  if (!speaks_json_.load(std::memory_order_relaxed)) return out->send_binary(response.SerializeAsString());
  std::string json;
  if (google::protobuf::util::MessageToJsonString(response, &json).ok()) out->send_text(json);
}

void SignalConnection::on_refusal(int status, std::string text) {
  if (exchange_) exchange_->respond(with_cors(net::make_text_response(status, std::move(text))));
}

void SignalConnection::on_end() {
  if (const auto out = socket()) out->close(kNormalClosure, "");
}

void SignalConnection::on_frame(std::string frame, bool is_text) {
  livekit::pb::SignalRequest request;
  bool is_good = false;
  if (is_text) {
    speaks_json_.store(true, std::memory_order_relaxed);
    google::protobuf::util::JsonParseOptions options;
    options.ignore_unknown_fields = true;
    is_good = google::protobuf::util::JsonStringToMessage(frame, &request, options).ok();
  } else {
    is_good = request.ParseFromString(frame);
  }
  if (!is_good) {
    log::info("bad_signal_frame", {{"session", session_}, {"bytes", static_cast<uint64_t>(frame.size())}});
    return close(kBadMessage);
  }
  if (!node_.request(room_, session_, std::move(request))) close(kTryLater);
}

}  // namespace parley::server
