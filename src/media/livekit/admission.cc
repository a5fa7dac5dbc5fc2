#include "media/livekit/admission.h"

#include <zlib.h>

#include <boost/json.hpp>
#include <cctype>
#include <charconv>

#include "base/base64.h"
#include "base/utf8.h"

namespace parley::livekit {
namespace {

using Refusal = std::optional<HttpRefusal>;

constexpr int kBadRequest = 400;
constexpr int kUnauthorized = 401;

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

/// The query of one request, with LiveKit's ways of writing values.
class Query {
 public:
  explicit Query(const std::map<std::string, std::string>& values) : values_(values) {}

  /// Empty when absent, and when it is no text: it goes into protobuf strings, which must be UTF-8.
  std::string_view text(const std::string& key) const {
    const auto it = values_.find(key);
    return it == values_.end() || !is_utf8(it->second) ? std::string_view() : std::string_view(it->second);
  }
  bool flag(const std::string& key, bool if_absent = false) const {
    const std::string_view value = text(key);
    return value.empty() ? if_absent : value == "1" || equals_ignoring_case(value, "true");
  }
  int32_t number(const std::string& key) const {
    const std::string_view value = text(key);
    int32_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    return error == std::errc() && end == value.data() + value.size() ? number : 0;
  }

 private:
  const std::map<std::string, std::string>& values_;
};

std::string_view find_token(const SignalHttpRequest& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view header = request.authorization;
  if (header.size() > kScheme.size() && equals_ignoring_case(header.substr(0, kScheme.size()), kScheme)) {
    return header.substr(kScheme.size());
  }
  return Query(request.query).text("access_token");
}

Refusal check_grants(const Claims& claims) {
  if (!claims.video || !claims.video->room_join) return HttpRefusal{kUnauthorized, "the token does not allow joining"};
  if (claims.identity.empty()) return HttpRefusal{kBadRequest, "the token names no identity"};
  if (claims.video->room.empty()) return HttpRefusal{kBadRequest, "the token names no room"};
  if (claims.identity.size() > kMaxNameLength) return HttpRefusal{kBadRequest, "identity exceeds 256 bytes"};
  if (claims.video->room.size() > kMaxNameLength) return HttpRefusal{kBadRequest, "room name exceeds 256 bytes"};
  if (claims.name.size() > kMaxNameLength) return HttpRefusal{kBadRequest, "name exceeds 256 bytes"};
  return std::nullopt;
}

Refusal check_sizes(const Claims& claims) {
  if (claims.metadata.size() > kMaxMetadataSize) return HttpRefusal{kBadRequest, "metadata exceeds 512 KiB"};
  size_t size = 0;
  for (const auto& [key, value] : claims.attributes) size += key.size() + value.size();
  if (size > kMaxAttributesSize) return HttpRefusal{kBadRequest, "attributes exceed 64 KiB"};
  return std::nullopt;
}

bool may_update_metadata(const Claims& claims) { return claims.video->can_update_own_metadata.value_or(false); }

/// RFC 1952; exactly one member, nothing after it, and never more than `limit` bytes of output.
std::optional<std::string> gunzip(std::string_view compressed, size_t limit) {
  z_stream stream{};
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return std::nullopt;
  ByteVector input(as_bytes(compressed).begin(), as_bytes(compressed).end());
  ByteVector output;
  stream.next_in = input.data();
  stream.avail_in = static_cast<uInt>(input.size());
  int status = Z_OK;
  while (status == Z_OK && output.size() <= limit) {
    const size_t done = output.size();
    output.resize(std::min(limit + 1, std::max<size_t>(4096, done * 2)));
    stream.next_out = output.data() + done;
    stream.avail_out = static_cast<uInt>(output.size() - done);
    status = inflate(&stream, Z_NO_FLUSH);
    output.resize(output.size() - stream.avail_out);
  }
  const bool is_complete = status == Z_STREAM_END && stream.avail_in == 0 && output.size() <= limit;
  inflateEnd(&stream);
  if (!is_complete) return std::nullopt;
  return std::string(as_text(output));
}

std::optional<pb::JoinRequest> parse_join_request(std::string_view encoded) {
  const auto bytes = base64url_decode(encoded);
  if (!bytes || bytes->size() > kMaxJoinRequestSize) return std::nullopt;
  pb::WrappedJoinRequest wrapped;
  if (!wrapped.ParseFromArray(bytes->data(), static_cast<int>(bytes->size()))) return std::nullopt;
  std::optional<std::string> plain;
  switch (wrapped.compression()) {
    case pb::WrappedJoinRequest::NONE:
      plain = wrapped.join_request();
      break;
    case pb::WrappedJoinRequest::GZIP:
      plain = gunzip(wrapped.join_request(), kMaxJoinRequestSize);
      break;
    default:
      break;
  }
  pb::JoinRequest request;
  if (!plain || !request.ParseFromString(*plain)) return std::nullopt;
  return request;
}

Refusal apply_join_request(pb::JoinRequest request, JoinParams& params) {
  const bool asks_change = !request.metadata().empty() || request.participant_attributes_size() > 0;
  if (asks_change && !may_update_metadata(params.claims)) {
    return HttpRefusal{kUnauthorized, "the token does not allow setting metadata or attributes"};
  }
  if (!request.metadata().empty()) params.claims.metadata = request.metadata();
  for (const auto& [key, value] : request.participant_attributes()) params.claims.attributes[key] = value;

  const pb::ConnectionSettings& settings = request.connection_settings();
  params.is_single_peer_connection = true;
  params.auto_subscribe = settings.auto_subscribe();
  params.adaptive_stream = settings.adaptive_stream();
  params.subscriber_allow_pause = settings.subscriber_allow_pause();
  params.is_reconnect = request.reconnect();
  params.participant_sid = request.participant_sid();
  params.client = std::move(*request.mutable_client_info());
  for (auto& track : *request.mutable_add_track_requests()) params.add_tracks.push_back(std::move(track));
  if (request.has_publisher_offer()) params.publisher_offer = std::move(*request.mutable_publisher_offer());
  return std::nullopt;
}

pb::ClientInfo::SDK parse_sdk(std::string_view name) {
  static constexpr std::pair<std::string_view, pb::ClientInfo::SDK> kNames[] = {
      {"js", pb::ClientInfo::JS},
      {"reactnative", pb::ClientInfo::REACT_NATIVE},
      {"swift", pb::ClientInfo::SWIFT},
      {"ios", pb::ClientInfo::SWIFT},
      {"android", pb::ClientInfo::ANDROID},
      {"flutter", pb::ClientInfo::FLUTTER},
      {"go", pb::ClientInfo::GO},
      {"rust", pb::ClientInfo::RUST},
      {"node", pb::ClientInfo::NODE},
      {"python", pb::ClientInfo::PYTHON},
      {"cpp", pb::ClientInfo::CPP},
      {"unity", pb::ClientInfo::UNITY},
      {"unityweb", pb::ClientInfo::UNITY_WEB},
      {"unreal", pb::ClientInfo::UNREAL},
      {"esp32", pb::ClientInfo::ESP32},
  };
  for (const auto& [known, sdk] : kNames) {
    if (equals_ignoring_case(known, name)) return sdk;
  }
  return pb::ClientInfo::UNKNOWN;
}

void read_client(const Query& query, pb::ClientInfo& client) {
  client.set_sdk(parse_sdk(query.text("sdk")));
  client.set_version(std::string(query.text("version")));
  client.set_protocol(query.number("protocol"));
  client.set_client_protocol(query.number("client_protocol"));
  client.set_os(std::string(query.text("os")));
  client.set_os_version(std::string(query.text("os_version")));
  client.set_device_model(std::string(query.text("device_model")));
  client.set_browser(std::string(query.text("browser")));
  client.set_browser_version(std::string(query.text("browser_version")));
  client.set_network(std::string(query.text("network")));
  std::string_view names = query.text("capabilities");
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(','));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    pb::ClientInfo::Capability capability;
    // Each known one once, so that the list is as short as the enum.
    if (pb::ClientInfo::Capability_Parse(std::string(name), &capability) &&
        std::ranges::find(client.capabilities(), capability) == client.capabilities().end()) {
      client.add_capabilities(capability);
    }
  }
}

/// base64url of a JSON object whose values are strings.
std::optional<std::map<std::string, std::string>> parse_attributes(std::string_view encoded) {
  const auto bytes = base64url_decode(encoded);
  if (!bytes) return std::nullopt;
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(as_text(*bytes), error);
  if (error || !value.is_object()) return std::nullopt;
  std::map<std::string, std::string> attributes;
  for (const auto& [key, element] : value.get_object()) {
    if (!element.is_string()) return std::nullopt;
    attributes.emplace(std::string(key), std::string(element.get_string()));
  }
  return attributes;
}

Refusal apply_query(const Query& query, JoinParams& params) {
  if (const std::string_view encoded = query.text("attributes"); !encoded.empty()) {
    if (!may_update_metadata(params.claims)) {
      return HttpRefusal{kUnauthorized, "the token does not allow setting attributes"};
    }
    auto attributes = parse_attributes(encoded);
    if (!attributes) return HttpRefusal{kBadRequest, "attributes are not base64url of a JSON object of strings"};
    for (auto& [key, value] : *attributes) params.claims.attributes[key] = std::move(value);
  }
  params.auto_subscribe = query.flag("auto_subscribe", true);
  params.adaptive_stream = query.flag("adaptive_stream");
  params.subscriber_allow_pause = query.flag("subscriber_allow_pause");
  params.is_reconnect = query.flag("reconnect");
  params.participant_sid = query.text("sid");
  read_client(query, params.client);
  return std::nullopt;
}

/// Product tokens of a User-Agent, the most telling first: Chromium's derivatives name Chrome too, and everybody
/// names Safari.
struct UserAgentName {
  std::string_view token;
  std::string_view name;
};
constexpr UserAgentName kBrowsers[] = {
    {"Edg/", "Edge"},        {"OPR/", "Opera"},      {"SamsungBrowser/", "Samsung Internet"},
    {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},  {"CriOS/", "Chrome"},
    {"Chrome/", "Chrome"},   {"Version/", "Safari"},
};
constexpr UserAgentName kSystems[] = {
    {"iPhone OS ", "iOS"},     {"CPU OS ", "iOS"},     {"Android ", "Android"}, {"Windows NT ", "Windows"},
    {"Mac OS X ", "Mac OS X"}, {"CrOS ", "Chrome OS"}, {"Linux", "Linux"},
};

/// The number after a token: "125.0", "10_15_7"; empty when there is none.
std::string version_after(std::string_view agent, size_t at) {
  std::string version(agent.substr(at, agent.find_first_not_of("0123456789._", at) - at));
  std::ranges::replace(version, '_', '.');
  return version;
}

void fill_from_user_agent(std::string_view agent, pb::ClientInfo& client) {
  if (client.browser().empty()) {
    for (const auto& [token, name] : kBrowsers) {
      const size_t at = agent.find(token);
      if (at == std::string_view::npos) continue;
      client.set_browser(std::string(name));
      client.set_browser_version(version_after(agent, at + token.size()));
      break;
    }
  }
  if (!client.os().empty()) return;
  for (const auto& [token, name] : kSystems) {
    const size_t at = agent.find(token);
    if (at == std::string_view::npos) continue;
    client.set_os(std::string(name));
    client.set_os_version(version_after(agent, at + token.size()));
    break;
  }
}

Refusal read_params(const SignalHttpRequest& request, JoinParams& params) {
  const Query query(request.query);
  const std::string_view join_request = query.text("join_request");
  if (join_request.empty()) {
    if (request.is_v1) return HttpRefusal{kBadRequest, "join_request is missing"};
    return apply_query(query, params);
  }
  auto parsed = parse_join_request(join_request);
  if (!parsed) return HttpRefusal{kBadRequest, "join_request is malformed or exceeds 1 MiB"};
  return apply_join_request(std::move(*parsed), params);
}

}  // namespace

std::expected<JoinParams, HttpRefusal> admit(const SignalHttpRequest& request, const KeyStore& keys, WallTime now) {
  const std::string_view token = find_token(request);
  if (token.empty()) return std::unexpected(HttpRefusal{kUnauthorized, "no access token"});
  auto claims = verify_token(token, keys, now);
  if (!claims) return std::unexpected(HttpRefusal{kUnauthorized, std::string(to_string(claims.error()))});
  if (auto refusal = check_grants(*claims)) return std::unexpected(std::move(*refusal));

  JoinParams params;
  params.claims = std::move(*claims);
  if (auto refusal = read_params(request, params)) return std::unexpected(std::move(*refusal));
  if (auto refusal = check_sizes(params.claims)) return std::unexpected(std::move(*refusal));
  fill_from_user_agent(request.user_agent, params.client);
  params.client.set_address(request.remote_address);
  return params;
}

}  // namespace parley::livekit
