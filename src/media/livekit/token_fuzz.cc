#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"
#include "base/check.h"
#include "media/livekit/token.h"

namespace parley::livekit {
namespace {

constexpr std::string_view kSecret = "secret";

std::string sign(ByteView payload) {
  std::string token = base64url_encode(as_bytes(R"({"alg":"HS256"})")) + "." + base64url_encode(payload);
  uint8_t mac[32];
  unsigned size = sizeof mac;
  const ByteView text = as_bytes(token);
  HMAC(EVP_sha256(), kSecret.data(), static_cast<int>(kSecret.size()), text.data(), text.size(), mac, &size);
  return token + "." + base64url_encode(ByteView(mac, size));
}

}  // namespace
}  // namespace parley::livekit

/// The input is taken as a whole token, and as the payload of one that is signed here, so that the fuzzer reaches the
/// claims; those must survive being written and read again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  using namespace parley::livekit;
  static const ApiKey key{"devkey", Redacted<std::string>(std::string(kSecret))};
  static const KeyStore keys({key});
  const WallTime now{1'700'000'000'000'000};
  const ByteView input(data, size);
  (void)verify_token(as_text(input), keys, now);

  const auto claims = verify_token(sign(input), keys, now);
  if (!claims) return 0;
  const auto again = verify_token(make_token(*claims, key, now, TimeDelta::seconds(60)), keys, now);
  PARLEY_CHECK(again.has_value());
  PARLEY_CHECK(again->identity == claims->identity && again->name == claims->name);
  PARLEY_CHECK(again->metadata == claims->metadata && again->attributes == claims->attributes);
  PARLEY_CHECK(again->video == claims->video && again->room_config == claims->room_config);
  return 0;
}
