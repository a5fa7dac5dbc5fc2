#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/redacted.h"
#include "base/result.h"
#include "base/time.h"

namespace parley::livekit {

struct ApiKey {
  std::string key;
  Redacted<std::string> secret;
};

/// The API keys of this server. The first one signs what the server makes itself.
class KeyStore {
 public:
  explicit KeyStore(std::vector<ApiKey> keys) : keys_(std::move(keys)) {}
  const ApiKey* find(std::string_view key) const;
  const ApiKey& first() const { return keys_.front(); }
  bool empty() const { return keys_.empty(); }

 private:
  std::vector<ApiKey> keys_;
};

/// The `video` claim. An absent flag is nullopt, because absent does not mean the same for all of them.
struct VideoGrant {
  bool room_join = false;
  bool room_create = false;
  bool room_list = false;
  bool room_admin = false;
  bool room_record = false;
  bool ingress_admin = false;
  std::string room;
  std::string destination_room;
  std::optional<bool> can_publish;
  std::optional<bool> can_subscribe;
  std::optional<bool> can_publish_data;
  std::vector<std::string> can_publish_sources;  ///< Lower case: "camera", "screen_share_audio".
  std::optional<bool> can_update_own_metadata;
  std::optional<bool> can_subscribe_metrics;
  bool hidden = false;
  bool recorder = false;
  bool agent = false;
  bool operator==(const VideoGrant&) const = default;
};

/// What a token says, once its signature and times are verified.
struct Claims {
  std::string issuer;  ///< The API key.
  std::string identity;
  std::string name;
  std::string metadata;
  std::map<std::string, std::string> attributes;
  std::string kind;  ///< "standard", "agent", ...; empty is standard.
  std::vector<std::string> kind_details;
  std::optional<VideoGrant> video;
  std::string room_config;  ///< RoomConfiguration as proto-JSON; empty when absent.
  std::string room_preset;
  std::string body_sha256;  ///< Webhooks: base64 of the body's SHA-256.
  int64_t expires_unix_s = 0;
  int64_t not_before_unix_s = 0;
};

/// Clock difference tolerated on exp and nbf, in both directions.
inline constexpr TimeDelta kTokenLeeway = TimeDelta::seconds(60);
/// A token is carried in a URL; real ones have below 2 kB, those with a large metadata up to what we allow there.
inline constexpr size_t kMaxTokenSize = 1024 * 1024;

enum class TokenError : uint8_t {
  kMalformed,     ///< Not three base64url parts of JSON, or larger than kMaxTokenSize.
  kBadAlgorithm,  ///< Anything but HS256.
  kUnknownKey,    ///< `iss` names no key of ours.
  kBadSignature,
  kNoExpiry,
  kExpired,
  kNotYetValid,
};
std::string_view to_string(TokenError error);

/// Checks signature (constant time), algorithm and times; reads the claims. Unknown claims are ignored.
Result<Claims, TokenError> verify_token(std::string_view jwt, const KeyStore& keys, WallTime now);

/// A token with these claims, signed HS256 with `key`; valid from `now` for `validity`. `claims.issuer`, the times and
/// an empty identity are not taken from `claims`.
std::string make_token(const Claims& claims, const ApiKey& key, WallTime now, TimeDelta validity);

/// What a webhook's token says of its body: base64 of the SHA-256.
std::string body_hash(std::string_view body);

}  // namespace parley::livekit
