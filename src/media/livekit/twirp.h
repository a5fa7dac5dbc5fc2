#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace google::protobuf {
class Message;
}

namespace parley::livekit {

/// What `/twirp/livekit.<service>/<method>` names. Views into the path.
struct TwirpRoute {
  std::string_view service;  ///< "RoomService".
  std::string_view method;   ///< "CreateRoom".
  bool operator==(const TwirpRoute&) const = default;
};
/// nullopt for any other path; whether the service and the method exist is the caller's business.
std::optional<TwirpRoute> parse_twirp_path(std::string_view path);

/// How a call is written; its reply is written the same way.
enum class TwirpFormat : uint8_t { kJson, kProtobuf };
/// From a Content-Type; parameters after `;` are ignored. nullopt when it is neither kind.
std::optional<TwirpFormat> parse_twirp_content_type(std::string_view content_type);

/// Fills `message` from a body. JSON may use proto or lowerCamel names; unknown fields are ignored. On failure
/// (kInvalidArgument) `message` is in an unspecified state.
Result<void> parse_twirp_body(TwirpFormat format, std::string_view body, google::protobuf::Message& message);

/// An HTTP answer.
struct TwirpReply {
  int status = 200;
  std::string content_type;
  std::string body;
};
/// JSON has proto names, default values and 64-bit integers as strings, as LiveKit's server writes it.
TwirpReply make_twirp_reply(TwirpFormat format, const google::protobuf::Message& message);
/// Always JSON: `{"code":"not_found","msg":"..."}` with the HTTP status that belongs to the code.
TwirpReply make_twirp_error(const Error& error);
/// For a path, method or content type that no call can have (Twirp code bad_route, 404).
TwirpReply make_twirp_bad_route(std::string_view reason);

}  // namespace parley::livekit
