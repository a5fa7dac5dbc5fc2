#include "adapters/rooms/livekit_server.h"

#include <algorithm>
#include <future>
#include <memory>

#include "adapters/rooms/room_events.h"
#include "base/log.h"
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

constexpr TimeDelta kProbeValidity = TimeDelta::seconds(60);
constexpr TimeDelta kProbeTimeout = TimeDelta::seconds(5);
/// LiveKit accepts tokens up to a minute before their time; half of that is a clock to be mended.
constexpr TimeDelta kClockTolerance = TimeDelta::seconds(30);

std::string without_trailing_slash(std::string text) {
  while (text.ends_with('/')) text.pop_back();
  return text;
}

net::HttpClientRequest make_request(const std::string& api_host, TwirpCall call, TimeDelta timeout) {
  return {.method = "POST",
          .url = api_host + "/twirp/livekit.RoomService/" + call.method,
          .headers = {{"Content-Type", "application/protobuf"}, {"Authorization", "Bearer " + call.token}},
          .body = std::move(call.body),
          .timeout = timeout};
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

std::string_view LivekitFinding::code() const {
  switch (kind) {
    case Kind::kGood:
      return "";
    case Kind::kUnreachable:
      return "livekit_unreachable";
    case Kind::kRefused:
      return "livekit_credentials_refused";
    case Kind::kClockDifference:
      return "clock_difference";
  }
  return "";
}

std::optional<std::string> describe_clock_difference(TimeDelta ahead, std::string_view whose) {
  if (ahead <= kClockTolerance && ahead >= -kClockTolerance) return std::nullopt;
  const bool is_behind = ahead < TimeDelta::zero();
  const int64_t seconds = (is_behind ? -ahead : ahead).us() / 1'000'000;
  return "this machine's clock is " + std::to_string(seconds) + " s " + (is_behind ? "behind " : "ahead of ") +
         std::string(whose) + ": tokens are refused; set it by NTP";
}

net::HttpClientRequest make_livekit_probe(const std::string& api_host, const livekit::ApiKey& key, WallTime now) {
  livekit::Claims claims;
  claims.video = livekit::VideoGrant{.room_list = true};
  return make_request(api_host, {"ListRooms", livekit::make_token(claims, key, now, kProbeValidity), ""},
                      kProbeTimeout);
}

LivekitFinding judge_livekit(const Result<net::HttpClientResponse>& answer, WallTime now) {
  using Kind = LivekitFinding::Kind;
  if (!answer) {
    return {Kind::kUnreachable,
            "LIVEKIT_URL: " + answer.error().message + "; is it up, and may this machine reach it?"};
  }
  // Asked first: a token that is "not valid yet" is refused like a wrong one.
  if (answer->date) {
    const TimeDelta ahead = TimeDelta::micros(now.unix_us - answer->date->unix_us);
    if (auto text = describe_clock_difference(ahead, "LiveKit's")) return {Kind::kClockDifference, std::move(*text)};
  }
  if (answer->status == 401 || answer->status == 403) {
    return {Kind::kRefused, "LIVEKIT_API_KEY, LIVEKIT_API_SECRET: the server at LIVEKIT_URL does not accept them"};
  }
  if (!answer->ok()) {
    return {Kind::kUnreachable, "LIVEKIT_URL (or LIVEKIT_API_HOST): answers " + std::to_string(answer->status) +
                                    ", as a LiveKit would not"};
  }
  return {Kind::kGood, "LiveKit answers and accepts the key"};
}

TwirpTransport make_http_transport(net::HttpClient& client, std::string api_host) {
  return
      [&client, api_host = std::move(api_host)](TwirpCall call, Timestamp deadline) -> product::Outcome<TwirpAnswer> {
        const TimeDelta left = deadline - net::read_clock().mono;
        if (left <= TimeDelta::zero()) return unreachable("no time left to ask");
        // Shared: the client calls back exactly once, which may be after we stopped waiting.
        const auto answer = std::make_shared<std::promise<Result<net::HttpClientResponse>>>();
        std::future<Result<net::HttpClientResponse>> coming = answer->get_future();
        client.send(make_request(api_host, std::move(call), left),
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
  auto told = to_room_event(event);
  // Bounded: a later version's name is not known here.
  if (!told) log::info("livekit_webhook_ignored", {{"event", std::string_view(event.event()).substr(0, 64)}});
  return told;
}

}  // namespace parley::rooms
