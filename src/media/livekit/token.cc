#include "media/livekit/token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <boost/json.hpp>
#include <cmath>

#include "base/base64.h"
#include "base/check.h"

namespace parley::livekit {
namespace {

namespace json = boost::json;

/// Nesting of a token's JSON; roomConfig is the deepest part and needs about five.
constexpr size_t kMaxJsonDepth = 32;
/// A time beyond this (the year 33,000) means "for ever" and is clamped, so that arithmetic in microseconds is safe.
constexpr double kMaxUnixSeconds = 1e12;

using Mac = std::array<uint8_t, 32>;

Mac hmac_sha256(std::string_view secret, std::string_view text) {
  Mac mac{};
  unsigned size = mac.size();
  const ByteView data = as_bytes(text);
  const uint8_t* done =
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), data.data(), data.size(), mac.data(), &size);
  PARLEY_CHECK(done != nullptr && size == mac.size());
  return mac;
}

struct JwtParts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;  ///< Header, dot, payload.
};

std::optional<JwtParts> split_jwt(std::string_view jwt) {
  const size_t first = jwt.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const size_t second = jwt.find('.', first + 1);
  if (second == std::string_view::npos || jwt.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return JwtParts{jwt.substr(0, first), jwt.substr(first + 1, second - first - 1), jwt.substr(second + 1),
                  jwt.substr(0, second)};
}

std::optional<json::object> parse_part(std::string_view part) {
  const auto bytes = base64url_decode(part);
  if (!bytes) return std::nullopt;
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::error_code error;
  json::value value = json::parse(as_text(*bytes), error, {}, options);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

/// Reads typed members of one JSON object. An absent or null member leaves the target alone; one of another type makes
/// ok() false for good, so that a caller reads everything and checks once.
class ObjectReader {
 public:
  explicit ObjectReader(const json::object& object) : object_(object) {}
  bool ok() const { return ok_; }

  void read(std::string_view key, std::string& to) {
    if (const auto* value = find(key)) assign(value->if_string(), to);
  }
  void read(std::string_view key, bool& to) {
    if (const auto* value = find(key)) assign(value->if_bool(), to);
  }
  void read(std::string_view key, std::optional<bool>& to) {
    if (const auto* value = find(key)) assign(value->if_bool(), to);
  }
  void read(std::string_view key, std::vector<std::string>& to) {
    const auto* value = find(key);
    if (value == nullptr) return;
    const auto* list = value->if_array();
    if (list == nullptr) return fail();
    for (const json::value& element : *list) assign(element.if_string(), to.emplace_back());
  }
  void read(std::string_view key, std::map<std::string, std::string>& to) {
    const json::object* members = object(key);
    if (members == nullptr) return;
    for (const auto& [name, value] : *members) assign(value.if_string(), to[name]);
  }
  /// A NumericDate (RFC 7519 section 2), fractions cut off.
  std::optional<int64_t> time(std::string_view key) {
    const auto* value = find(key);
    if (value == nullptr) return std::nullopt;
    json::error_code error;
    const double seconds = value->to_number<double>(error);
    if (error || !std::isfinite(seconds)) {
      fail();
      return std::nullopt;
    }
    return static_cast<int64_t>(std::clamp(seconds, -kMaxUnixSeconds, kMaxUnixSeconds));
  }
  const json::object* object(std::string_view key) {
    const auto* value = find(key);
    if (value == nullptr) return nullptr;
    if (!value->is_object()) fail();
    return value->if_object();
  }

 private:
  const json::value* find(std::string_view key) const {
    const json::value* value = object_.if_contains(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  }
  template <class From, class To>
  void assign(const From* from, To& to) {
    if (from == nullptr) return fail();
    to = *from;
  }
  void assign(const json::string* from, std::string& to) {
    if (from == nullptr) return fail();
    to.assign(from->data(), from->size());
  }
  void fail() { ok_ = false; }

  const json::object& object_;
  bool ok_ = true;
};

bool read_video(const json::object& object, VideoGrant& video) {
  ObjectReader in(object);
  in.read("roomJoin", video.room_join);
  in.read("roomCreate", video.room_create);
  in.read("roomList", video.room_list);
  in.read("roomAdmin", video.room_admin);
  in.read("roomRecord", video.room_record);
  in.read("ingressAdmin", video.ingress_admin);
  in.read("room", video.room);
  in.read("destinationRoom", video.destination_room);
  in.read("canPublish", video.can_publish);
  in.read("canSubscribe", video.can_subscribe);
  in.read("canPublishData", video.can_publish_data);
  in.read("canPublishSources", video.can_publish_sources);
  in.read("canUpdateOwnMetadata", video.can_update_own_metadata);
  in.read("canSubscribeMetrics", video.can_subscribe_metrics);
  in.read("hidden", video.hidden);
  in.read("recorder", video.recorder);
  in.read("agent", video.agent);
  return in.ok();
}

/// Everything but issuer and times.
bool read_claims(const json::object& payload, Claims& claims) {
  ObjectReader in(payload);
  in.read("sub", claims.identity);
  if (claims.identity.empty()) in.read("jti", claims.identity);
  in.read("name", claims.name);
  in.read("metadata", claims.metadata);
  in.read("attributes", claims.attributes);
  in.read("kind", claims.kind);
  in.read("kindDetails", claims.kind_details);
  in.read("roomPreset", claims.room_preset);
  in.read("sha256", claims.body_sha256);
  if (const json::object* room_config = in.object("roomConfig")) claims.room_config = json::serialize(*room_config);
  if (const json::object* video = in.object("video")) {
    if (!read_video(*video, claims.video.emplace())) return false;
  }
  return in.ok();
}

/// Only HS256 is known: "none" and the asymmetric algorithms have no path on which they could be believed. `crit`
/// names extensions that must be understood (RFC 7515 section 4.1.11), and none is.
std::optional<TokenError> check_header(std::string_view part) {
  const auto header = parse_part(part);
  if (!header) return TokenError::kMalformed;
  const json::value* algorithm = header->if_contains("alg");
  if (algorithm == nullptr || !algorithm->is_string() || algorithm->get_string() != "HS256") {
    return TokenError::kBadAlgorithm;
  }
  if (header->contains("crit")) return TokenError::kBadAlgorithm;
  return std::nullopt;
}

std::optional<TokenError> check_times(ObjectReader& payload, WallTime now, Claims& claims) {
  const auto expires = payload.time("exp");
  const auto not_before = payload.time("nbf");
  if (!payload.ok()) return TokenError::kMalformed;
  if (!expires) return TokenError::kNoExpiry;
  claims.expires_unix_s = *expires;
  claims.not_before_unix_s = not_before.value_or(0);
  const int64_t leeway_s = kTokenLeeway.us() / 1'000'000;
  if (now.unix_s() > *expires + leeway_s) return TokenError::kExpired;
  if (not_before && now.unix_s() + leeway_s < *not_before) return TokenError::kNotYetValid;
  return std::nullopt;
}

void set_if(json::object& object, std::string_view key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}
void set_if(json::object& object, std::string_view key, bool value) {
  if (value) object[key] = true;
}
void set_if(json::object& object, std::string_view key, const std::optional<bool>& value) {
  if (value) object[key] = *value;
}
void set_if(json::object& object, std::string_view key, const std::vector<std::string>& values) {
  if (values.empty()) return;
  json::array& list = object[key].emplace_array();
  for (const std::string& value : values) list.emplace_back(value);
}

json::object write_video(const VideoGrant& video) {
  json::object out;
  set_if(out, "roomJoin", video.room_join);
  set_if(out, "roomCreate", video.room_create);
  set_if(out, "roomList", video.room_list);
  set_if(out, "roomAdmin", video.room_admin);
  set_if(out, "roomRecord", video.room_record);
  set_if(out, "ingressAdmin", video.ingress_admin);
  set_if(out, "room", video.room);
  set_if(out, "destinationRoom", video.destination_room);
  set_if(out, "canPublish", video.can_publish);
  set_if(out, "canSubscribe", video.can_subscribe);
  set_if(out, "canPublishData", video.can_publish_data);
  set_if(out, "canPublishSources", video.can_publish_sources);
  set_if(out, "canUpdateOwnMetadata", video.can_update_own_metadata);
  set_if(out, "canSubscribeMetrics", video.can_subscribe_metrics);
  set_if(out, "hidden", video.hidden);
  set_if(out, "recorder", video.recorder);
  set_if(out, "agent", video.agent);
  return out;
}

json::object write_claims(const Claims& claims) {
  json::object out;
  set_if(out, "sub", claims.identity);
  set_if(out, "name", claims.name);
  set_if(out, "metadata", claims.metadata);
  if (!claims.attributes.empty()) {
    json::object& attributes = out["attributes"].emplace_object();
    for (const auto& [key, value] : claims.attributes) attributes[key] = value;
  }
  set_if(out, "kind", claims.kind);
  set_if(out, "kindDetails", claims.kind_details);
  if (claims.video) out["video"] = write_video(*claims.video);
  if (!claims.room_config.empty()) {
    json::error_code error;
    json::value config = json::parse(claims.room_config, error);
    if (!error && config.is_object()) out["roomConfig"] = std::move(config);
  }
  set_if(out, "roomPreset", claims.room_preset);
  set_if(out, "sha256", claims.body_sha256);
  return out;
}

}  // namespace

const ApiKey* KeyStore::find(std::string_view key) const {
  for (const ApiKey& candidate : keys_) {
    if (candidate.key == key) return &candidate;
  }
  return nullptr;
}

std::string_view to_string(TokenError error) {
  switch (error) {
    case TokenError::kMalformed:
      return "malformed token";
    case TokenError::kBadAlgorithm:
      return "token algorithm is not HS256";
    case TokenError::kUnknownKey:
      return "unknown API key";
    case TokenError::kBadSignature:
      return "wrong token signature";
    case TokenError::kNoExpiry:
      return "token has no expiry";
    case TokenError::kExpired:
      return "token is expired";
    case TokenError::kNotYetValid:
      return "token is not valid yet";
  }
  return "invalid token";
}

Result<Claims, TokenError> verify_token(std::string_view jwt, const KeyStore& keys, WallTime now) {
  if (jwt.size() > kMaxTokenSize) return std::unexpected(TokenError::kMalformed);
  const auto parts = split_jwt(jwt);
  if (!parts) return std::unexpected(TokenError::kMalformed);
  if (const auto error = check_header(parts->header)) return std::unexpected(*error);

  const auto payload = parse_part(parts->payload);
  const auto signature = base64url_decode(parts->signature);
  if (!payload || !signature) return std::unexpected(TokenError::kMalformed);
  Claims claims;
  ObjectReader reader(*payload);
  reader.read("iss", claims.issuer);
  const ApiKey* key = keys.find(claims.issuer);
  if (key == nullptr) return std::unexpected(TokenError::kUnknownKey);
  const Mac expected = hmac_sha256(key->secret.reveal(), parts->signed_text);
  if (signature->size() != expected.size() || CRYPTO_memcmp(signature->data(), expected.data(), expected.size()) != 0) {
    return std::unexpected(TokenError::kBadSignature);
  }
  // From here on the token is authentic; what is wrong with it is worth telling.
  if (const auto error = check_times(reader, now, claims)) return std::unexpected(*error);
  if (!read_claims(*payload, claims)) return std::unexpected(TokenError::kMalformed);
  return claims;
}

std::string make_token(const Claims& claims, const ApiKey& key, WallTime now, TimeDelta validity) {
  json::object payload = write_claims(claims);
  payload["iss"] = key.key;
  payload["nbf"] = now.unix_s();
  payload["exp"] = now.unix_s() + validity.us() / 1'000'000;
  std::string token = base64url_encode(as_bytes(R"({"alg":"HS256","typ":"JWT"})"));
  token += '.';
  token += base64url_encode(as_bytes(json::serialize(payload)));
  const Mac mac = hmac_sha256(key.secret.reveal(), token);
  token += '.';
  token += base64url_encode(mac);
  return token;
}

std::string body_hash(std::string_view body) {
  std::array<uint8_t, 32> digest{};
  unsigned size = 0;
  EVP_Digest(body.data(), body.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return base64_encode(digest);
}

}  // namespace parley::livekit
