#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/rooms/twirp_rooms.h"
#include "base/result.h"
#include "net/http_client.h"
#include "product/voice/presence.h"

namespace parley::rooms {

/// The HTTP address of a LiveKit's API: `api_host` if it is given, else `url` with ws turned into http and wss into
/// https (CFG-1). kInvalidArgument for anything but ws, wss, http and https.
Result<std::string> livekit_api_host(const std::string& url, const std::string& api_host);

/// Calls a LiveKit over HTTP. `client` outlives the transport.
TwirpTransport make_http_transport(net::HttpClient& client, std::string api_host);

/// What is wrong when our clock is so far ahead of somebody's ("LiveKit's"), which both signed tokens and codes notice;
/// nullopt when nothing is. A minus means behind.
std::optional<std::string> describe_clock_difference(TimeDelta ahead, std::string_view whose);

/// What a signed call says about the configuration (TRB-1, TRB-2, TRB-6).
struct LivekitFinding {
  enum class Kind : unsigned char {
    kGood,
    kUnreachable,      ///< No answer, or none of a LiveKit's.
    kRefused,          ///< It does not accept the key and secret.
    kClockDifference,  ///< The clocks differ by more than tokens tolerate.
  };
  Kind kind = Kind::kGood;
  std::string text;  ///< Names the variables; without secrets.
  /// "livekit_unreachable", "livekit_credentials_refused", "clock_difference"; empty for kGood.
  std::string_view code() const;
};
/// A call that changes nothing. `judge_livekit` reads what became of it; `now` is of the moment of the answer.
net::HttpClientRequest make_livekit_probe(const std::string& api_host, const livekit::ApiKey& key, WallTime now);
LivekitFinding judge_livekit(const Result<net::HttpClientResponse>& answer, WallTime now);

/// Why a webhook of LiveKit's is not taken.
enum class HookRefusal : unsigned char {
  kUnsigned,  ///< No token, a bad one, or one of another key.
  kAltered,   ///< The body is not the one that was signed.
  kMalformed,
};
/// Checks a webhook's signature and body hash (WHK-1) and reads it. nullopt inside: an event that says nothing about
/// who is where, or is about a room that is no voice channel's.
Result<std::optional<product::voice::RoomEvent>, HookRefusal> read_livekit_webhook(std::string_view authorization,
                                                                                   std::string_view body,
                                                                                   const livekit::KeyStore& keys,
                                                                                   WallTime now);

}  // namespace parley::rooms
