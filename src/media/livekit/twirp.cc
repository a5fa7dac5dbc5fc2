#include "media/livekit/twirp.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>

namespace parley::livekit {
namespace {

constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kProtobufType = "application/protobuf";

struct TwirpCode {
  std::string_view name;
  int status;
};

TwirpCode twirp_code(Error::Code code) {
  switch (code) {
    case Error::Code::kInvalidArgument:
      return {"invalid_argument", 400};
    case Error::Code::kUnauthenticated:
      return {"unauthenticated", 401};
    case Error::Code::kPermissionDenied:
      return {"permission_denied", 403};
    case Error::Code::kNotFound:
      return {"not_found", 404};
    case Error::Code::kAlreadyExists:
      return {"already_exists", 409};
    case Error::Code::kFailedPrecondition:
      return {"failed_precondition", 412};
    case Error::Code::kResourceExhausted:
      return {"resource_exhausted", 429};
    case Error::Code::kUnavailable:
      return {"unavailable", 503};
    case Error::Code::kUnimplemented:
      return {"unimplemented", 501};
    case Error::Code::kInternal:
      break;
  }
  return {"internal", 500};
}

TwirpReply make_error(TwirpCode code, std::string_view message) {
  boost::json::object body;
  body["code"] = code.name;
  body["msg"] = message;
  return {code.status, std::string(kJsonType), boost::json::serialize(body)};
}

}  // namespace

std::optional<TwirpRoute> parse_twirp_path(std::string_view path) {
  constexpr std::string_view kPrefix = "/twirp/livekit.";
  if (!path.starts_with(kPrefix)) return std::nullopt;
  path.remove_prefix(kPrefix.size());
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const TwirpRoute route{path.substr(0, slash), path.substr(slash + 1)};
  if (route.service.empty() || route.method.empty() || route.method.contains('/')) return std::nullopt;
  return route;
}

std::optional<TwirpFormat> parse_twirp_content_type(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  while (type.ends_with(' ')) type.pop_back();
  std::ranges::transform(type, type.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (type == kJsonType) return TwirpFormat::kJson;
  if (type == kProtobufType) return TwirpFormat::kProtobuf;
  return std::nullopt;
}

Result<void> parse_twirp_body(TwirpFormat format, std::string_view body, google::protobuf::Message& message) {
  if (format == TwirpFormat::kProtobuf) {
    if (message.ParseFromArray(body.data(), static_cast<int>(body.size()))) return {};
    return fail(Error::Code::kInvalidArgument, "the body is not the protobuf message of this call");
  }
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  message.Clear();
  const auto status = google::protobuf::util::JsonStringToMessage({body.data(), body.size()}, &message, options);
  if (status.ok()) return {};
  return fail(Error::Code::kInvalidArgument, "the body is not the JSON message of this call");
}

TwirpReply make_twirp_reply(TwirpFormat format, const google::protobuf::Message& message) {
  if (format == TwirpFormat::kProtobuf) return {200, std::string(kProtobufType), message.SerializeAsString()};
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  TwirpReply reply{200, std::string(kJsonType), {}};
  const auto status = google::protobuf::util::MessageToJsonString(message, &reply.body, options);
  if (status.ok()) return reply;
  return make_error(twirp_code(Error::Code::kInternal), "the reply cannot be written as JSON");
}

TwirpReply make_twirp_error(const Error& error) { return make_error(twirp_code(error.code), error.message); }

TwirpReply make_twirp_bad_route(std::string_view reason) { return make_error({"bad_route", 404}, reason); }

}  // namespace parley::livekit
