#include "server/livekit_routes.h"

#include "media/shard/clock.h"
#include "server/room_service.h"
#include "server/signal_connection.h"

namespace parley::server {
namespace {

livekit::SignalHttpRequest signal_request(const net::HttpRequest& request, bool is_v1) {
  return {.is_v1 = is_v1,
          .query = request.query,
          .authorization = std::string(request.headers.get("authorization")),
          .user_agent = std::string(request.headers.get("user-agent")),
          .remote_address = request.remote_address};
}

net::HttpResponse preflight() {
  net::HttpResponse response;
  response.status = 204;
  response.headers.add("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
  response.headers.add("Access-Control-Allow-Headers", "*, Authorization");
  response.headers.add("Access-Control-Max-Age", "86400");
  return with_cors(std::move(response));
}

/// The path behind an optional prefix that a proxy or a base URL left in front: "/media/rtc/v1" is "/rtc/v1".
std::string_view livekit_path(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  for (const std::string_view known : {"/rtc", "/rtc/validate", "/rtc/v1", "/rtc/v1/validate"}) {
    if (path.ends_with(known)) return known;
  }
  return path;
}

}  // namespace

bool LivekitRoutes::handle(const std::shared_ptr<net::HttpExchange>& exchange) {
  const std::string_view path = livekit_path(exchange->request().path);
  const bool is_twirp = path.starts_with("/twirp/");
  const bool is_v1 = path.starts_with("/rtc/v1");
  const bool is_signal = is_v1 || path == "/rtc" || path == "/rtc/validate";
  if (!is_signal && !is_twirp && path != "/settings/regions") return false;
  if (exchange->request().method == "OPTIONS") {
    exchange->respond(preflight());
  } else if (is_twirp) {
    on_twirp(exchange);
  } else if (!is_signal || (is_v1 && config_.hides_rtc_v1)) {
    exchange->respond(with_cors(net::make_text_response(404)));
  } else {
    on_signal(exchange, is_v1, path.ends_with("/validate"));
  }
  return true;
}

void LivekitRoutes::on_signal(const std::shared_ptr<net::HttpExchange>& exchange, bool is_v1, bool only_validates) {
  const auto respond = [&](int status, std::string text) {
    exchange->respond(with_cors(net::make_text_response(status, std::move(text))));
  };
  const net::HttpRequest& request = exchange->request();
  auto join = livekit::admit(signal_request(request, is_v1), keys_, shard::read_clock().wall);
  if (!join) return respond(join.error().status, join.error().text);
  if (!join->is_reconnect && node_.participant_count() >= config_.max_participants) {
    return respond(503, "the node is at its limit of participants");
  }
  if (only_validates) {
    const std::string room = join->claims.video->room;
    const bool may_create = config_.room.auto_create || join->claims.video->room_create;
    if (may_create) return respond(200, "success");
    const bool posted = node_.run(room, [exchange, room](EngineDriver& driver, Now) {
      const bool exists = driver.engine().has_room(room);
      exchange->respond(
          with_cors(net::make_text_response(exists ? 200 : 404, exists ? "success" : "requested room does not exist")));
    });
    if (!posted) respond(503, "the server is overloaded");
    return;
  }
  if (!request.is_websocket_upgrade) return respond(404, "");
  const std::string room = join->claims.video->room;
  std::make_shared<SignalConnection>(node_, exchange, room)->open(std::move(*join));
}

void LivekitRoutes::on_twirp(const std::shared_ptr<net::HttpExchange>& exchange) {
  serve_twirp(exchange, keys_, node_);
}

}  // namespace parley::server
