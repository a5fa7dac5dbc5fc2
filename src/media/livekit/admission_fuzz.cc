#include "base/base64.h"
#include "base/check.h"
#include "media/livekit/admission.h"

namespace parley::livekit {
namespace {

const ApiKey kKey{"devkey", Redacted<std::string>("secret")};
constexpr WallTime kNow{1'700'000'000'000'000};

std::string make_join_token() {
  Claims claims;
  claims.identity = "ada";
  claims.video.emplace();
  claims.video->room_join = true;
  claims.video->room = "room";
  claims.video->can_update_own_metadata = true;
  return make_token(claims, kKey, kNow, TimeDelta::seconds(60));
}

void check_limits(const std::expected<JoinParams, HttpRefusal>& result) {
  if (!result) {
    PARLEY_CHECK(result.error().status == 400 || result.error().status == 401);
    PARLEY_CHECK(!result.error().text.empty());
    return;
  }
  PARLEY_CHECK(result->claims.metadata.size() <= kMaxMetadataSize);
  // The client's own words must be fit for a protobuf message.
  PARLEY_CHECK(pb::ClientInfo().ParseFromString(result->client.SerializeAsString()));
}

}  // namespace
}  // namespace parley::livekit

/// The first byte chooses what the rest is: the bytes below a join_request's base64url, the JSON of `attributes`, or
/// `key=value` lines of a query.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  using namespace parley::livekit;
  static const KeyStore keys({kKey});
  static const std::string token = make_join_token();
  if (size == 0) return 0;
  const ByteView rest(data + 1, size - 1);
  SignalHttpRequest request;
  switch (data[0]) {
    case 'j':
      request.query["join_request"] = base64url_encode(rest);
      break;
    case 'a':
      request.query["attributes"] = base64url_encode(rest);
      break;
    default: {
      std::string_view text = as_text(rest);
      request.user_agent = text;
      while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        const size_t equals = std::min(line.find('='), line.size());
        request.query[std::string(line.substr(0, equals))] = line.substr(std::min(equals + 1, line.size()));
      }
    }
  }
  request.query["access_token"] = token;
  request.is_v1 = data[0] == 'j';
  check_limits(admit(request, keys, kNow));
  return 0;
}
