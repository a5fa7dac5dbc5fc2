#include "adapters/rooms/livekit_server.h"

#include <algorithm>
#include <future>
#include <memory>

#include "adapters/rooms/room_events.h"
#include "media/livekit/twirp.h"
#include "net/clock.h"

namespace parley::rooms {
namespace {

struct Scheme {
  std::string_view from;
  std::string_view to;
};
constexpr Scheme kSchemes[] = {
    {"wss://", "https://"}, {"ws://", "http://"}, {"https://", "https://"}, {"http://", "http://"}};

std::string without_trailing_slash(std::string text) {
  while (text.ends_with('/')) text.pop_back();
  return text;
}

product::Outcome<TwirpAnswer> unreachable(std::string why) {
  return product::refuse(product::ProblemCode::kRoomBackendUnavailable, "LIVEKIT_URL: " + std::move(why));
}

std::string_view without_bearer(std::string_view authorization) {
  // LiveKit sends the bare token; "Bearer" is what others make of it.
  return authorization.starts_with("Bearer ") ? authorization.substr(7) : authorization;
}

}  // namespace

Result<std::string> livekit_api_host(const std::string& url, const std::string& api_host) {
  const std::string& source = api_host.empty() ? url : api_host;
  for (const Scheme& scheme : kSchemes) {
    if (source.starts_with(scheme.from) && source.size() > scheme.from.size()) {
      return without_trailing_slash(std::string(scheme.to) + source.substr(scheme.from.size()));
    }
  }
  return fail(Error::Code::kInvalidArgument, (api_host.empty() ? "LIVEKIT_URL" : "LIVEKIT_API_HOST") +
                                                 std::string(" must begin with wss://, ws://, https:// or http://"));
}

TwirpTransport make_http_transport(net::HttpClient& client, std::string api_host) {
  return
      [&client, api_host = std::move(api_host)](TwirpCall call, Timestamp deadline) -> product::Outcome<TwirpAnswer> {
        const TimeDelta left = deadline - net::read_clock().mono;
        if (left <= TimeDelta::zero()) return unreachable("no time left to ask");
        net::HttpClientRequest request{
            .method = "POST",
            .url = api_host + "/twirp/livekit.RoomService/" + call.method,
            .headers = {{"Content-Type", "application/protobuf"}, {"Authorization", "Bearer " + call.token}},
            .body = std::move(call.body),
            .timeout = left};
        // Shared: the client calls back exactly once, which may be after we stopped waiting.
        const auto answer = std::make_shared<std::promise<Result<net::HttpClientResponse>>>();
        std::future<Result<net::HttpClientResponse>> coming = answer->get_future();
        client.send(std::move(request),
                    [answer](Result<net::HttpClientResponse> response) { answer->set_value(std::move(response)); });
        if (coming.wait_for(std::chrono::microseconds(left.us())) != std::future_status::ready)
          return unreachable("no answer");
        Result<net::HttpClientResponse> response = coming.get();
        if (!response) return unreachable(response.error().message);
        return TwirpAnswer{response->status, std::move(response->body)};
      };
}

Result<std::optional<product::voice::RoomEvent>, HookRefusal> read_livekit_webhook(std::string_view authorization,
                                                                                   std::string_view body,
                                                                                   const livekit::KeyStore& keys,
                                                                                   WallTime now) {
  const auto claims = livekit::verify_token(without_bearer(authorization), keys, now);
  if (!claims) return std::unexpected(HookRefusal::kUnsigned);
  if (claims->body_sha256 != livekit::body_hash(body)) return std::unexpected(HookRefusal::kAltered);
  livekit::pb::WebhookEvent event;
  if (!livekit::parse_twirp_body(livekit::TwirpFormat::kJson, body, event)) {
    return std::unexpected(HookRefusal::kMalformed);
  }
  return to_room_event(event);
}

}  // namespace parley::rooms
