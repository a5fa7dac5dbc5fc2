#include <algorithm>
#include <array>
#include <bitset>

#include "media/wire/sdp.h"
#include "media/wire/sdp_attributes.h"
#include "media/wire/sdp_text.h"

namespace parley::wire {
namespace {

using namespace sdp_text;
using sdp_attributes::Attribute;
using sdp_attributes::Fault;
using Code = SdpError::Code;

/// RFC 3551 section 6: payload types with a fixed meaning that need no rtpmap.
struct StaticCodec {
  uint8_t payload_type;
  std::string_view name;
  uint32_t clock_rate;
};
constexpr std::array<StaticCodec, 4> kStaticCodecs{
    {{0, "PCMU", 8000}, {8, "PCMA", 8000}, {9, "G722", 8000}, {13, "CN", 8000}}};

SdpCodec make_codec(uint8_t payload_type) {
  SdpCodec codec;
  codec.payload_type = payload_type;
  for (const StaticCodec& each : kStaticCodecs) {
    if (each.payload_type != payload_type) continue;
    codec.name = each.name;
    codec.clock_rate = each.clock_rate;
  }
  return codec;
}

std::optional<MediaKind> parse_kind(std::string_view text) {
  for (const MediaKind kind : {MediaKind::kAudio, MediaKind::kVideo, MediaKind::kApplication}) {
    if (text == to_string(kind)) return kind;
  }
  return std::nullopt;
}

/// The payload types of an m-line.
Fault read_payload_types(std::string_view rest, MediaSection& section) {
  std::bitset<128> seen;
  size_t count = 0;
  for (std::string_view token = take_token(rest); !token.empty(); token = take_token(rest)) {
    if (++count > kSdpMaxPayloadTypes) return Code::kTooManyPayloadTypes;
    const auto payload_type = to_number<uint8_t>(token);
    if (!payload_type || *payload_type > 127) return Code::kBadMedia;
    if (seen.test(*payload_type)) continue;
    seen.set(*payload_type);
    section.codecs.push_back(make_codec(*payload_type));
  }
  return section.codecs.empty() ? Fault(Code::kBadMedia) : std::nullopt;
}

/// RFC 8866 section 5.14: "<kind> <port>[/<count>] <protocol> <format> …".
Fault read_media_line(std::string_view value, MediaSection& section) {
  const auto kind = parse_kind(take_token(value));
  if (!kind) return Code::kUnsupportedKind;
  section.kind = *kind;
  std::string_view port_text = take_token(value);
  const auto port = to_number<uint16_t>(take_until(port_text, '/'));
  section.protocol = take_token(value);
  if (!port || section.protocol.empty()) return Code::kBadMedia;
  section.port = *port;
  if (section.kind != MediaKind::kApplication) return read_payload_types(value, section);
  section.format = take_token(value);
  return section.format.empty() ? Fault(Code::kBadMedia) : std::nullopt;
}

class SessionParser {
 public:
  explicit SessionParser(std::string_view text) : rest_(text) {}
  std::expected<SessionDescription, SdpError> run();

 private:
  Fault on_line(std::string_view line);
  Fault on_origin(std::string_view value);
  Fault on_media(std::string_view value);
  Fault on_attribute(std::string_view value);
  Fault on_session_attribute(const Attribute& attribute);
  Fault on_group(std::string_view value);

  std::string_view rest_;
  SessionDescription session_;
  Direction direction_ = Direction::kSendRecv;  ///< Of the session, for sections that name none.
  bool has_version_ = false;
  bool has_origin_ = false;
};

std::expected<SessionDescription, SdpError> SessionParser::run() {
  if (rest_.size() > kSdpMaxText) return std::unexpected(SdpError{Code::kTextTooLong, 0});
  for (uint32_t number = 1; !rest_.empty(); ++number) {
    std::string_view line = take_until(rest_, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (const Fault fault = on_line(line)) return std::unexpected(SdpError{*fault, number});
  }
  if (!has_version_) return std::unexpected(SdpError{Code::kBadVersion, 0});
  if (!has_origin_) return std::unexpected(SdpError{Code::kBadOrigin, 0});
  return std::move(session_);
}

Fault SessionParser::on_line(std::string_view line) {
  constexpr std::string_view kForbidden{"\r\0", 2};
  if (line.size() > kSdpMaxLine) return Code::kLineTooLong;
  if (line.size() < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z' ||
      line.find_first_of(kForbidden) != std::string_view::npos) {
    return Code::kMalformedLine;
  }
  const std::string_view value = line.substr(2);
  if (!has_version_) {
    if (line != "v=0") return Code::kBadVersion;
    has_version_ = true;
    return std::nullopt;
  }
  switch (line[0]) {
    case 'o':
      return on_origin(value);
    case 'm':
      return on_media(value);
    case 'a':
      return on_attribute(value);
    default:
      // Name, timing, connection and bandwidth mean nothing to WebRTC.
      return std::nullopt;
  }
}

Fault SessionParser::on_origin(std::string_view value) {
  session_.origin.username = take_token(value);
  const auto id = to_number<uint64_t>(take_token(value));
  const auto version = to_number<uint64_t>(take_token(value));
  if (session_.origin.username.empty() || !id || !version) return Code::kBadOrigin;
  session_.origin.session_id = *id;
  session_.origin.session_version = *version;
  has_origin_ = true;
  return std::nullopt;
}

Fault SessionParser::on_media(std::string_view value) {
  if (session_.media.size() >= kSdpMaxMediaSections) return Code::kTooManyMediaSections;
  MediaSection& section = session_.media.emplace_back();
  const Fault fault = read_media_line(value, section);
  if (section.kind != MediaKind::kApplication) section.direction = direction_;
  return fault;
}

Fault SessionParser::on_attribute(std::string_view value) {
  Attribute attribute;
  attribute.name = take_until(value, ':');
  attribute.value = value;
  if (session_.media.empty()) return on_session_attribute(attribute);
  return sdp_attributes::apply_media_attribute(attribute, session_.media.back());
}

Fault SessionParser::on_session_attribute(const Attribute& attribute) {
  Fault fault;
  if (sdp_attributes::apply_transport_attribute(attribute, session_.transport, fault)) return fault;
  if (attribute.name == "group") return on_group(attribute.value);
  if (attribute.name == "msid-semantic") session_.msid_semantic = trim(attribute.value);
  if (attribute.name == "ice-lite") session_.ice_lite = true;
  if (attribute.name == "extmap-allow-mixed") session_.extmap_allow_mixed = true;
  if (const auto direction = sdp_attributes::parse_direction(attribute.name)) direction_ = *direction;
  return std::nullopt;
}

Fault SessionParser::on_group(std::string_view value) {
  if (session_.groups.size() >= kSdpMaxGroups) return Code::kTooManyItems;
  SdpGroup group;
  group.semantics = take_token(value);
  if (group.semantics.empty()) return Code::kBadAttribute;
  for (std::string_view mid = take_token(value); !mid.empty(); mid = take_token(value)) {
    if (group.mids.size() >= kSdpMaxMediaSections) return Code::kTooManyItems;
    group.mids.emplace_back(mid);
  }
  session_.groups.push_back(std::move(group));
  return std::nullopt;
}

}  // namespace

std::expected<SessionDescription, SdpError> parse_sdp(std::string_view text) { return SessionParser(text).run(); }

}  // namespace parley::wire
