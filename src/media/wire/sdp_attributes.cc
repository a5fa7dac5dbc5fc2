#include "media/wire/sdp_attributes.h"

#include <algorithm>
#include <array>

#include "media/wire/sdp_text.h"

namespace parley::wire::sdp_attributes {
namespace {

using namespace sdp_text;
using Code = SdpError::Code;

/// RFC 8839 section 5.4: ufrag and password have at most 256 characters.
constexpr size_t kMaxIceCredential = 256;

/// RFC 8122 section 5: "<algorithm> AB:CD:…". Nullopt when malformed.
std::optional<Fingerprint> parse_fingerprint(std::string_view value) {
  Fingerprint fingerprint;
  for (const char c : take_token(value)) {
    fingerprint.algorithm.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  std::string_view hex = take_token(value);
  while (!hex.empty()) {
    const std::string_view pair = take_until(hex, ':');
    uint8_t byte = 0;
    const auto [end, error] = std::from_chars(pair.data(), pair.data() + pair.size(), byte, 16);
    if (pair.size() != 2 || error != std::errc{} || end != pair.data() + 2) return std::nullopt;
    if (fingerprint.digest.size() == kSdpMaxFingerprintBytes) return std::nullopt;
    fingerprint.digest.push_back(byte);
  }
  if (fingerprint.algorithm.empty() || fingerprint.digest.empty()) return std::nullopt;
  return fingerprint;
}

Fault apply_fingerprint(std::string_view value, SdpTransport& transport) {
  auto fingerprint = parse_fingerprint(value);
  if (!fingerprint) return Code::kBadAttribute;
  constexpr std::string_view kPreferred = "sha-256";
  const bool is_better =
      fingerprint->algorithm == kPreferred && transport.fingerprint && transport.fingerprint->algorithm != kPreferred;
  if (!transport.fingerprint || is_better) transport.fingerprint = std::move(fingerprint);
  return std::nullopt;
}

Fault apply_setup(std::string_view value, SdpTransport& transport) {
  for (const SetupRole role : {SetupRole::kActPass, SetupRole::kActive, SetupRole::kPassive, SetupRole::kHoldConn}) {
    if (value != to_string(role)) continue;
    transport.setup = role;
    return std::nullopt;
  }
  return Code::kBadAttribute;
}

Fault apply_ice_options(std::string_view value, SdpTransport& transport) {
  for (std::string_view option = take_token(value); !option.empty(); option = take_token(value)) {
    if (transport.ice_options.size() >= kSdpMaxIceOptions) return Code::kTooManyItems;
    transport.ice_options.emplace_back(option);
  }
  return std::nullopt;
}

Fault apply_ice_credential(std::string_view value, std::string& credential) {
  value = trim(value);
  if (value.empty() || value.size() > kMaxIceCredential) return Code::kBadAttribute;
  credential = value;
  return std::nullopt;
}

SdpCodec* find_codec(MediaSection& section, std::string_view payload_type_text) {
  const auto payload_type = to_number<uint8_t>(payload_type_text);
  if (!payload_type) return nullptr;
  const auto it = std::find_if(section.codecs.begin(), section.codecs.end(),
                               [&](const SdpCodec& each) { return each.payload_type == *payload_type; });
  return it == section.codecs.end() ? nullptr : &*it;
}

/// RFC 8866 section 6.6: "<pt> <name>/<clock rate>[/<channels>]". A payload type that the m-line lacks is ignored, here
/// and below: it cannot be used.
Fault on_rtpmap(std::string_view value, MediaSection& section) {
  SdpCodec* codec = find_codec(section, take_token(value));
  if (codec == nullptr) return std::nullopt;
  std::string_view encoding = take_token(value);
  const std::string_view name = take_until(encoding, '/');
  const auto clock_rate = to_number<uint32_t>(take_until(encoding, '/'));
  const auto channels = encoding.empty() ? std::optional<uint8_t>(uint8_t{1}) : to_number<uint8_t>(encoding);
  if (name.empty() || !clock_rate || !channels || *channels == 0) return Code::kBadAttribute;
  codec->name = name;
  codec->clock_rate = *clock_rate;
  codec->channels = *channels;
  return std::nullopt;
}

Fault on_fmtp(std::string_view value, MediaSection& section) {
  SdpCodec* codec = find_codec(section, take_token(value));
  const std::string_view parameters = trim(value);
  if (codec == nullptr || parameters.empty()) return std::nullopt;
  if (!codec->fmtp.empty()) codec->fmtp += ';';
  codec->fmtp += parameters;
  return std::nullopt;
}

Fault add_feedback(SdpCodec& codec, std::string_view feedback) {
  if (codec.has_feedback(feedback)) return std::nullopt;
  if (codec.rtcp_feedback.size() >= kSdpMaxFeedbackPerCodec) return Code::kTooManyItems;
  codec.rtcp_feedback.emplace_back(feedback);
  return std::nullopt;
}

/// RFC 4585 section 4.2; "*" stands for every payload type of the section.
Fault on_rtcp_feedback(std::string_view value, MediaSection& section) {
  constexpr size_t kMaxFeedback = 128;
  const std::string_view payload_type = take_token(value);
  const std::string_view feedback = trim(value);
  if (feedback.empty() || feedback.size() > kMaxFeedback) return Code::kBadAttribute;
  if (payload_type != "*") {
    SdpCodec* codec = find_codec(section, payload_type);
    return codec == nullptr ? std::nullopt : add_feedback(*codec, feedback);
  }
  for (SdpCodec& codec : section.codecs) {
    if (const Fault fault = add_feedback(codec, feedback)) return fault;
  }
  return std::nullopt;
}

/// RFC 8285 section 8: "<id>[/<direction>] <uri> …".
Fault on_extmap(std::string_view value, MediaSection& section) {
  std::string_view head = take_token(value);
  const auto id = to_number<uint32_t>(take_until(head, '/'));
  const std::string_view uri = take_token(value);
  if (!id || uri.empty()) return Code::kBadAttribute;
  // RFC 8285 section 7: ids from 4096 on are placeholders of an offerer; they cannot be used on the wire.
  if (*id == 0 || *id > 255) return std::nullopt;
  if (section.extmaps.size() >= kSdpMaxExtmaps) return Code::kTooManyExtmaps;
  const auto direction = parse_direction(head);
  if (!head.empty() && !direction) return Code::kBadAttribute;
  section.extmaps.push_back({static_cast<uint8_t>(*id), std::string(uri), direction});
  return std::nullopt;
}

Msid parse_msid(std::string_view value) {
  Msid msid;
  msid.stream_id = take_token(value);
  msid.track_id = take_token(value);
  return msid;
}

Fault on_msid(std::string_view value, MediaSection& section) {
  Msid msid = parse_msid(value);
  if (msid.stream_id.empty()) return Code::kBadAttribute;
  if (!section.msid) section.msid = std::move(msid);
  return std::nullopt;
}

/// RFC 5576 section 4.1: "<ssrc> <attribute>[:<value>]".
Fault on_ssrc(std::string_view value, MediaSection& section) {
  const auto ssrc = to_number<uint32_t>(take_token(value));
  if (!ssrc) return Code::kBadAttribute;
  auto it =
      std::find_if(section.ssrcs.begin(), section.ssrcs.end(), [&](const SdpSsrc& each) { return each.ssrc == *ssrc; });
  if (it == section.ssrcs.end()) {
    if (section.ssrcs.size() >= kSdpMaxSsrcs) return Code::kTooManySsrcs;
    section.ssrcs.push_back({*ssrc, {}, {}});
    it = section.ssrcs.end() - 1;
  }
  const std::string_view name = trim(take_until(value, ':'));
  if (name == "cname") it->cname = trim(value);
  if (name == "msid") {
    Msid msid = parse_msid(value);
    if (msid.stream_id.empty()) return Code::kBadAttribute;
    it->msid = std::move(msid);
  }
  return std::nullopt;
}

Fault on_ssrc_group(std::string_view value, MediaSection& section) {
  if (section.ssrc_groups.size() >= kSdpMaxSsrcGroups) return Code::kTooManyItems;
  SdpSsrcGroup group;
  group.semantics = take_token(value);
  for (std::string_view token = take_token(value); !token.empty(); token = take_token(value)) {
    const auto ssrc = to_number<uint32_t>(token);
    if (!ssrc) return Code::kBadAttribute;
    if (group.ssrcs.size() >= kSdpMaxSsrcsPerGroup) return Code::kTooManyItems;
    group.ssrcs.push_back(*ssrc);
  }
  if (group.semantics.empty()) return Code::kBadAttribute;
  section.ssrc_groups.push_back(std::move(group));
  return std::nullopt;
}

std::optional<RidDirection> parse_rid_direction(std::string_view text) {
  if (text == "send") return RidDirection::kSend;
  if (text == "recv") return RidDirection::kRecv;
  return std::nullopt;
}

Fault on_rid(std::string_view value, MediaSection& section) {
  if (section.rids.size() >= kSdpMaxRids) return Code::kTooManyItems;
  const std::string_view id = take_token(value);
  const auto direction = parse_rid_direction(take_token(value));
  if (id.empty() || !direction) return Code::kBadAttribute;
  section.rids.push_back({std::string(id), *direction, std::string(trim(value))});
  return std::nullopt;
}

/// RFC 8853 section 5.1: streams between ";", alternatives between ",", "~" for paused.
Fault read_simulcast_list(std::string_view list, std::vector<SimulcastRid>& out) {
  constexpr std::string_view kDraftPrefix = "rid=";  // Firefox before the RFC.
  if (list.starts_with(kDraftPrefix)) list.remove_prefix(kDraftPrefix.size());
  while (!list.empty()) {
    std::string_view alternatives = take_until(list, ';');
    std::string_view rid = take_until(alternatives, ',');
    SimulcastRid entry;
    entry.is_paused = rid.starts_with('~');
    if (entry.is_paused) rid.remove_prefix(1);
    if (rid.empty() || rid.starts_with('~') || rid.starts_with(kDraftPrefix)) return Code::kBadAttribute;
    if (out.size() >= kSdpMaxRids) return Code::kTooManyItems;
    entry.rid = rid;
    out.push_back(std::move(entry));
  }
  return std::nullopt;
}

Fault on_simulcast(std::string_view value, MediaSection& section) {
  Simulcast simulcast;
  for (std::string_view token = take_token(value); !token.empty(); token = take_token(value)) {
    const auto direction = parse_rid_direction(token);
    if (!direction) return Code::kBadAttribute;
    std::vector<SimulcastRid>& list = *direction == RidDirection::kSend ? simulcast.send : simulcast.recv;
    if (const Fault fault = read_simulcast_list(take_token(value), list)) return fault;
  }
  if (simulcast.send.empty() && simulcast.recv.empty()) return Code::kBadAttribute;
  section.simulcast = std::move(simulcast);
  return std::nullopt;
}

Fault on_candidate(std::string_view value, MediaSection& section) {
  if (section.candidates.size() >= kSdpMaxCandidates) return Code::kTooManyItems;
  // RFC 8839 section 5.1: candidates of unknown transport or form are ignored, the others still serve.
  auto candidate = parse_candidate("candidate:" + std::string(value));
  if (candidate) section.candidates.push_back(std::move(*candidate));
  return std::nullopt;
}

Fault on_mid(std::string_view value, MediaSection& section) {
  section.mid = trim(value);
  return section.mid.empty() ? Fault(Code::kBadAttribute) : std::nullopt;
}

/// RFC 8841 section 5: the port; the older sctpmap begins with it too.
Fault on_sctp_port(std::string_view value, MediaSection& section) {
  section.sctp_port = to_number<uint16_t>(take_token(value));
  return section.sctp_port ? std::nullopt : Fault(Code::kBadAttribute);
}

Fault on_max_message_size(std::string_view value, MediaSection& section) {
  section.max_message_size = to_number<uint64_t>(trim(value));
  return section.max_message_size ? std::nullopt : Fault(Code::kBadAttribute);
}

/// Which sections an attribute means something in.
enum class Scope : uint8_t { kAll, kRtp };

struct Reader {
  std::string_view name;
  Scope scope;
  Fault (*read)(std::string_view value, MediaSection& section);
};
constexpr std::array<Reader, 14> kReaders{{
    {"rtpmap", Scope::kRtp, on_rtpmap},
    {"fmtp", Scope::kRtp, on_fmtp},
    {"rtcp-fb", Scope::kRtp, on_rtcp_feedback},
    {"extmap", Scope::kRtp, on_extmap},
    {"ssrc", Scope::kRtp, on_ssrc},
    {"ssrc-group", Scope::kRtp, on_ssrc_group},
    {"msid", Scope::kRtp, on_msid},
    {"rid", Scope::kRtp, on_rid},
    {"simulcast", Scope::kRtp, on_simulcast},
    {"candidate", Scope::kAll, on_candidate},
    {"mid", Scope::kAll, on_mid},
    {"sctp-port", Scope::kAll, on_sctp_port},
    {"sctpmap", Scope::kAll, on_sctp_port},
    {"max-message-size", Scope::kAll, on_max_message_size},
}};

struct Flag {
  std::string_view name;
  bool MediaSection::* field;
};
constexpr std::array<Flag, 5> kFlags{{
    {"rtcp-mux", &MediaSection::rtcp_mux},
    {"rtcp-rsize", &MediaSection::rtcp_rsize},
    {"bundle-only", &MediaSection::bundle_only},
    {"extmap-allow-mixed", &MediaSection::extmap_allow_mixed},
    {"end-of-candidates", &MediaSection::end_of_candidates},
}};

}  // namespace

std::optional<Direction> parse_direction(std::string_view text) {
  for (const Direction direction :
       {Direction::kSendRecv, Direction::kSendOnly, Direction::kRecvOnly, Direction::kInactive}) {
    if (text == to_string(direction)) return direction;
  }
  return std::nullopt;
}

bool apply_transport_attribute(const Attribute& attribute, SdpTransport& transport, Fault& fault) {
  if (attribute.name == "ice-ufrag") {
    fault = apply_ice_credential(attribute.value, transport.ice_ufrag);
  } else if (attribute.name == "ice-pwd") {
    fault = apply_ice_credential(attribute.value, transport.ice_pwd);
  } else if (attribute.name == "ice-options") {
    fault = apply_ice_options(attribute.value, transport);
  } else if (attribute.name == "fingerprint") {
    fault = apply_fingerprint(attribute.value, transport);
  } else if (attribute.name == "setup") {
    fault = apply_setup(trim(attribute.value), transport);
  } else {
    return false;
  }
  return true;
}

Fault apply_media_attribute(const Attribute& attribute, MediaSection& section) {
  const bool is_rtp = section.kind != MediaKind::kApplication;
  for (const Reader& reader : kReaders) {
    if (reader.name != attribute.name) continue;
    return is_rtp || reader.scope == Scope::kAll ? reader.read(attribute.value, section) : std::nullopt;
  }
  for (const Flag& flag : kFlags) {
    if (flag.name == attribute.name) section.*flag.field = true;
  }
  Fault fault;
  if (apply_transport_attribute(attribute, section.transport, fault)) return fault;
  const auto direction = parse_direction(attribute.name);
  if (direction && is_rtp) section.direction = *direction;
  return std::nullopt;
}

}  // namespace parley::wire::sdp_attributes
