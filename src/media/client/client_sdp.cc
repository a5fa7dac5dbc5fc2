#include "media/client/client_sdp.h"

#include <algorithm>
#include <charconv>

#include "media/transport/sctp.h"

namespace parley::client {
namespace {

using wire::MediaKind;
using wire::MediaSection;
using wire::RtpExtensionKind;

struct PayloadTypes {
  uint8_t opus;
  uint8_t vp8;
  uint8_t rtx;
};
/// As the browsers number them.
PayloadTypes payload_types(Dialect dialect) {
  return dialect == Dialect::kFirefox ? PayloadTypes{109, 120, 124} : PayloadTypes{111, 96, 97};
}

struct ExtensionRow {
  RtpExtensionKind kind;
  uint8_t chromium;
  uint8_t firefox;
};
constexpr std::array kAudioExtensions{
    ExtensionRow{RtpExtensionKind::kAudioLevel, 1, 1},
    ExtensionRow{RtpExtensionKind::kMid, 4, 3},
};
constexpr std::array kVideoExtensions{
    ExtensionRow{RtpExtensionKind::kTransportSequence, 3, 7},
    ExtensionRow{RtpExtensionKind::kMid, 4, 3},
    ExtensionRow{RtpExtensionKind::kRid, 10, 5},
    ExtensionRow{RtpExtensionKind::kRepairedRid, 11, 6},
};

template <size_t N>
void add_extensions(MediaSection& section, const std::array<ExtensionRow, N>& rows, Dialect dialect) {
  for (const ExtensionRow& row : rows) {
    const uint8_t id = dialect == Dialect::kFirefox ? row.firefox : row.chromium;
    section.extmaps.push_back({id, std::string(wire::extension_uri(row.kind)), {}});
  }
}

MediaSection media_section(MediaKind kind, std::string mid, Dialect dialect) {
  MediaSection section;
  section.kind = kind;
  section.mid = std::move(mid);
  section.rtcp_mux = true;
  section.rtcp_rsize = true;
  section.extmap_allow_mixed = true;
  const PayloadTypes types = payload_types(dialect);
  if (kind == MediaKind::kAudio) {
    section.codecs.push_back({types.opus, "opus", 48'000, 2, "minptime=10;useinbandfec=1", {"transport-cc", "nack"}});
    add_extensions(section, kAudioExtensions, dialect);
    return section;
  }
  section.codecs.push_back(
      {types.vp8, "VP8", 90'000, 1, "", {"goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"}});
  section.codecs.push_back({types.rtx, "rtx", 90'000, 1, "apt=" + std::to_string(types.vp8), {}});
  add_extensions(section, kVideoExtensions, dialect);
  return section;
}

bool is_ours(const wire::SdpCodec& codec) {
  return wire::equals_ignoring_case(codec.name, "opus") || wire::equals_ignoring_case(codec.name, "VP8");
}

bool repairs(const wire::SdpCodec& rtx, uint8_t payload_type) {
  if (!wire::equals_ignoring_case(rtx.name, "rtx")) return false;
  const auto apt = wire::fmtp_value(rtx.fmtp, "apt");
  unsigned value = 256;
  if (apt) std::from_chars(apt->data(), apt->data() + apt->size(), value);
  return value == payload_type;
}

}  // namespace

MediaSection offer_receiving(MediaKind kind, std::string mid, Dialect dialect) {
  MediaSection section = media_section(kind, std::move(mid), dialect);
  section.direction = wire::Direction::kRecvOnly;
  return section;
}

MediaSection offer_sending(const Publication& publication, std::string mid, Dialect dialect) {
  const MediaKind kind = publication.is_audio() ? MediaKind::kAudio : MediaKind::kVideo;
  MediaSection section = media_section(kind, std::move(mid), dialect);
  if (publication.is_ended()) {
    section.direction = wire::Direction::kInactive;
    return section;
  }
  section.direction = wire::Direction::kSendOnly;
  const std::string stream = "stream-" + publication.cid();
  const wire::Msid msid{stream, publication.cid()};
  section.msid = msid;
  if (publication.encodings().size() > 1) {
    section.simulcast.emplace();
    for (const Encoding& encoding : publication.encodings()) {
      section.rids.push_back({encoding.rid(), wire::RidDirection::kSend, ""});
      section.simulcast->send.push_back({encoding.rid(), false});
    }
    return section;
  }
  const Encoding& only = publication.encodings().front();
  section.ssrcs.push_back({only.ssrc(), stream, msid});
  if (kind == MediaKind::kVideo) {
    section.ssrcs.push_back({only.rtx_ssrc(), stream, msid});
    section.ssrc_groups.push_back({"FID", {only.ssrc(), only.rtx_ssrc()}});
  }
  return section;
}

MediaSection offer_data(std::string mid) {
  MediaSection section;
  section.kind = MediaKind::kApplication;
  section.protocol = "UDP/DTLS/SCTP";
  section.format = "webrtc-datachannel";
  section.mid = std::move(mid);
  section.sctp_port = transport::kSctpPort;
  section.max_message_size = transport::kSctpMaxIncomingMessage;
  return section;
}

MediaSection answer_receiving(const MediaSection& offered) {
  if (offered.kind == MediaKind::kApplication) return offer_data(offered.mid);
  MediaSection answer = offered;
  answer.ssrcs.clear();
  answer.ssrc_groups.clear();
  answer.msid.reset();
  answer.candidates.clear();
  answer.end_of_candidates = false;
  answer.transport = {};
  answer.direction = wire::reversed(offered.direction);
  answer.codecs.clear();
  for (const wire::SdpCodec& codec : offered.codecs) {
    if (!is_ours(codec)) continue;
    answer.codecs.push_back(codec);
    for (const wire::SdpCodec& rtx : offered.codecs) {
      if (repairs(rtx, codec.payload_type)) answer.codecs.push_back(rtx);
    }
  }
  if (answer.codecs.empty()) {
    answer.port = 0;
    answer.codecs = {offered.codecs.front()};
  }
  return answer;
}

wire::SessionDescription describe(Description kind, std::vector<MediaSection> media, const ClientTransport& transport,
                                  uint64_t version) {
  wire::SessionDescription description;
  description.origin.session_id = 1;
  description.origin.session_version = version;
  description.extmap_allow_mixed = true;
  description.msid_semantic = "WMS *";
  wire::SdpGroup bundle{"BUNDLE", {}};
  for (MediaSection& section : media) {
    if (section.is_rejected()) continue;
    bundle.mids.push_back(section.mid);
    section.transport.ice_ufrag = transport.ice.ufrag;
    section.transport.ice_pwd = transport.ice.pwd;
    section.transport.ice_options = {"trickle"};
    section.transport.fingerprint = transport.fingerprint;
    section.transport.setup = kind == Description::kOffer ? wire::SetupRole::kActPass : transport.answered_setup;
  }
  description.groups.push_back(std::move(bundle));
  description.media = std::move(media);
  return description;
}

std::optional<MediaCodec> find_media_codec(const MediaSection& section) {
  for (const wire::SdpCodec& codec : section.codecs) {
    if (!is_ours(codec)) continue;
    MediaCodec found{.payload_type = codec.payload_type, .has_nack = codec.has_feedback("nack")};
    for (const wire::SdpCodec& rtx : section.codecs) {
      if (repairs(rtx, codec.payload_type)) found.rtx_payload_type = rtx.payload_type;
    }
    return found;
  }
  return std::nullopt;
}

wire::ExtensionIds section_extensions(const MediaSection& section) {
  wire::ExtensionIds ids;
  for (const wire::SdpExtmap& extmap : section.extmaps) {
    if (const auto kind = wire::extension_kind(extmap.uri)) ids.set(*kind, extmap.id);
  }
  return ids;
}

std::optional<SocketAddress> find_udp_candidate(const std::vector<wire::IceCandidate>& candidates) {
  for (const wire::IceCandidate& candidate : candidates) {
    if (candidate.transport != wire::CandidateTransport::kUdp) continue;
    if (const auto address = candidate.connection.address()) return address;
  }
  return std::nullopt;
}

std::optional<SocketAddress> udp_candidate_of_trickle(std::string_view candidate_init) {
  // {"candidate":"candidate:...","sdpMid":...}: the one value we need has no escapes in it.
  const size_t begin = candidate_init.find("candidate:");
  if (begin == std::string_view::npos) return std::nullopt;
  const size_t end = candidate_init.find('"', begin);
  const auto candidate = wire::parse_candidate(candidate_init.substr(begin, end - begin));
  if (!candidate) return std::nullopt;
  return find_udp_candidate({*candidate});
}

}  // namespace parley::client
