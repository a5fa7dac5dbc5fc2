#include "media/livekit/negotiation.h"

#include <algorithm>
#include <array>

#include "media/livekit/sdp_codecs.h"
#include "media/transport/sctp.h"

namespace parley::livekit {
namespace {

using wire::Direction;
using wire::MediaKind;
using wire::MediaSection;
using wire::RtpExtensionKind;

/// What is accepted in answers, in sections of either direction: Chromium offers in later sections only what earlier
/// ones of the bundle agreed on, and refuses its own simulcast offer when rid is not among it.
constexpr std::array kAnswerExtensions{
    RtpExtensionKind::kMid,
    RtpExtensionKind::kRid,
    RtpExtensionKind::kRepairedRid,
    RtpExtensionKind::kAudioLevel,
    RtpExtensionKind::kTransportSequence,
    RtpExtensionKind::kAbsCaptureTime,
    RtpExtensionKind::kDependencyDescriptor,
};
/// What we pass on to subscribers. Downstream streams are told apart by SSRC, so mid is not among them.
constexpr std::array kOfferExtensions{RtpExtensionKind::kAbsCaptureTime, RtpExtensionKind::kDependencyDescriptor};

constexpr uint64_t kMaxMessageSize = transport::kSctpMaxOutgoingMessage;

MediaSection answer_base(const MediaSection& offered) {
  MediaSection answer;
  answer.kind = offered.kind;
  answer.protocol = offered.protocol;
  answer.format = offered.format;
  answer.mid = offered.mid;
  answer.rtcp_mux = offered.kind != MediaKind::kApplication;
  answer.rtcp_rsize = answer.rtcp_mux && offered.rtcp_rsize;
  answer.extmap_allow_mixed = offered.extmap_allow_mixed;
  return answer;
}

void copy_extensions(const MediaSection& from, MediaSection& to) {
  const auto& wanted = kAnswerExtensions;
  for (const wire::SdpExtmap& extmap : from.extmaps) {
    const auto kind = wire::extension_kind(extmap.uri);
    const bool is_wanted = kind && std::find(wanted.begin(), wanted.end(), *kind) != wanted.end();
    // transport-cc measures video only: audio feedback would make browsers probe with audio-only traffic.
    const bool is_video_only = kind == RtpExtensionKind::kTransportSequence;
    if (is_wanted && !(is_video_only && from.kind == MediaKind::kAudio))
      to.extmaps.push_back({extmap.id, extmap.uri, {}});
  }
}

void append_parameter(std::string& fmtp, std::string_view key, std::string_view value) {
  if (wire::fmtp_value(fmtp, key)) return;
  if (!fmtp.empty()) fmtp += ';';
  fmtp += key;
  fmtp += '=';
  fmtp += value;
}

std::vector<std::string> receive_feedback(MediaKind kind) {
  if (kind == MediaKind::kAudio) return {"nack"};
  return {"transport-cc", "ccm fir", "nack", "nack pli"};
}

std::vector<std::string> send_feedback(MediaKind kind) {
  if (kind == MediaKind::kAudio) return {"nack"};
  return {"goog-remb", "ccm fir", "nack", "nack pli"};
}

/// The codecs of `offered` that we forward, each followed by its RTX, `first` in front.
std::vector<wire::SdpCodec> choose_codecs(const MediaSection& offered, sfu::Codec first,
                                          const std::vector<std::string>& feedback) {
  std::vector<wire::SdpCodec> chosen;
  const auto take = [&](const wire::SdpCodec& codec) {
    wire::SdpCodec taken = codec;
    taken.rtcp_feedback.clear();
    for (const std::string& f : feedback) {
      // An answer may only name feedback that was offered (RFC 4585 §4.2).
      if (codec.has_feedback(f) || (f == "nack" && codec.name == "opus")) taken.rtcp_feedback.push_back(f);
    }
    chosen.push_back(std::move(taken));
    if (const auto rtx = rtx_payload_type(offered, codec.payload_type)) chosen.push_back(*offered.codec(*rtx));
  };
  for (const bool is_first_round : {true, false}) {
    for (const wire::SdpCodec& codec : offered.codecs) {
      const sfu::Codec known = recognize(codec);
      if (known != sfu::Codec::kUnknown && (known == first) == is_first_round) take(codec);
    }
  }
  return chosen;
}

void describe_stream(MediaSection& section, const OutgoingTrack& track) {
  const wire::Msid msid{track.stream_id, track.track_id};
  section.msid = msid;
  section.ssrcs.push_back({track.ssrc, track.stream_id, msid});
  const wire::SdpCodec* codec = find_codec(section, track.codec);
  if (codec && rtx_payload_type(section, codec->payload_type)) {
    section.ssrcs.push_back({track.rtx_ssrc, track.stream_id, msid});
    section.ssrc_groups.push_back({"FID", {track.ssrc, track.rtx_ssrc}});
  }
}

}  // namespace

bool client_sends(const MediaSection& offered) {
  return offered.kind != MediaKind::kApplication && !offered.is_rejected() &&
         (offered.direction == Direction::kSendOnly || offered.direction == Direction::kSendRecv);
}

int layer_of_rid(std::string_view rid, size_t place) {
  if (rid == "q" || rid == "2") return 0;
  if (rid == "h" || rid == "1") return 1;
  if (rid == "f" || rid == "0") return 2;
  return static_cast<int>(std::min<size_t>(place, 2));
}

MediaSection reject(const MediaSection& offered) {
  MediaSection answer = answer_base(offered);
  answer.port = 0;
  answer.direction = Direction::kInactive;
  // An m-line needs at least one format; the first offered one does (RFC 3264 §6).
  if (!offered.codecs.empty()) answer.codecs.push_back({.payload_type = offered.codecs.front().payload_type});
  return answer;
}

MediaSection answer_receive(const MediaSection& offered, const ReceivePreferences& preferences) {
  MediaSection answer = answer_base(offered);
  answer.direction = Direction::kRecvOnly;
  answer.codecs = choose_codecs(offered, preferences.preferred_codec, receive_feedback(offered.kind));
  if (answer.codecs.empty()) return reject(offered);
  for (wire::SdpCodec& codec : answer.codecs) {
    if (recognize(codec) != sfu::Codec::kOpus) continue;
    if (preferences.use_dtx) append_parameter(codec.fmtp, "usedtx", "1");
    if (preferences.use_stereo) {
      append_parameter(codec.fmtp, "stereo", "1");
      append_parameter(codec.fmtp, "maxaveragebitrate", "510000");
    }
  }
  copy_extensions(offered, answer);
  if (offered.simulcast && !offered.simulcast->send.empty()) {
    answer.simulcast.emplace();
    for (const wire::SimulcastRid& rid : offered.simulcast->send) {
      // A paused rid ("~") is a promise, not a state: answered like any other.
      answer.rids.push_back({rid.rid, wire::RidDirection::kRecv, ""});
      answer.simulcast->recv.push_back({rid.rid, false});
    }
  }
  return answer;
}

sfu::ReceiveSection make_receive_section(const MediaSection& offered, const MediaSection& answered, sfu::Track* track) {
  sfu::ReceiveSection section;
  section.mid = offered.mid;
  section.track = track;
  for (const wire::SdpCodec& codec : answered.codecs) {
    const sfu::Codec known = recognize(codec);
    if (known == sfu::Codec::kUnknown) continue;
    section.codecs.push_back({.payload_type = codec.payload_type,
                              .codec = known,
                              .clock_rate = codec.clock_rate,
                              .rtx_payload_type = rtx_payload_type(answered, codec.payload_type),
                              .has_nack = codec.has_feedback("nack")});
  }
  for (size_t i = 0; i < answered.rids.size(); ++i) {
    section.rids.push_back({answered.rids[i].id, layer_of_rid(answered.rids[i].id, i)});
  }
  if (section.rids.empty()) {
    for (const wire::SdpSsrcGroup& group : offered.ssrc_groups) {
      if (group.semantics == "FID" && group.ssrcs.size() == 2)
        section.ssrcs.push_back({group.ssrcs[0], group.ssrcs[1]});
    }
    if (section.ssrcs.empty() && !offered.ssrcs.empty()) section.ssrcs.push_back({offered.ssrcs.front().ssrc, 0});
  }
  return section;
}

MediaSection answer_send(const MediaSection& offered, const std::optional<OutgoingTrack>& track) {
  MediaSection answer = answer_base(offered);
  answer.codecs = choose_codecs(offered, track ? track->codec : sfu::Codec::kUnknown, send_feedback(offered.kind));
  if (answer.codecs.empty()) return reject(offered);
  copy_extensions(offered, answer);
  answer.direction = Direction::kInactive;
  if (track && find_codec(answer, track->codec)) {
    answer.direction = Direction::kSendOnly;
    describe_stream(answer, *track);
  }
  return answer;
}

MediaSection answer_application(const MediaSection& offered) {
  MediaSection answer = answer_base(offered);
  answer.sctp_port = transport::kSctpPort;
  answer.max_message_size = kMaxMessageSize;
  return answer;
}

MediaSection offer_application(std::string mid) {
  MediaSection section;
  section.kind = MediaKind::kApplication;
  section.protocol = "UDP/DTLS/SCTP";
  section.format = "webrtc-datachannel";
  section.mid = std::move(mid);
  section.sctp_port = transport::kSctpPort;
  section.max_message_size = kMaxMessageSize;
  return section;
}

MediaSection offer_send(MediaKind kind, std::string mid, const std::optional<OutgoingTrack>& track) {
  MediaSection section;
  section.kind = kind;
  section.mid = std::move(mid);
  section.rtcp_mux = true;
  section.rtcp_rsize = true;
  section.direction = track ? Direction::kSendOnly : Direction::kInactive;
  for (const bool is_first_round : {true, false}) {
    for (const SupportedCodec& codec : supported_codecs()) {
      if (codec.kind != kind || (track && codec.codec == track->codec) != is_first_round) continue;
      std::string fmtp(codec.fmtp);
      if (track && track->is_stereo && codec.codec == sfu::Codec::kOpus) append_parameter(fmtp, "sprop-stereo", "1");
      section.codecs.push_back({codec.payload_type, std::string(codec.name), codec.clock_rate, codec.channels,
                                std::move(fmtp), send_feedback(kind)});
      if (codec.rtx_payload_type == 0) continue;
      section.codecs.push_back(
          {codec.rtx_payload_type, "rtx", codec.clock_rate, 1, "apt=" + std::to_string(codec.payload_type), {}});
    }
  }
  uint8_t id = 1;
  for (const RtpExtensionKind extension : kOfferExtensions) {
    section.extmaps.push_back({id++, std::string(wire::extension_uri(extension)), {}});
  }
  if (track) describe_stream(section, *track);
  return section;
}

std::optional<sfu::SendParams> make_send_params(const MediaSection& section, const OutgoingTrack& track) {
  const wire::SdpCodec* codec = find_codec(section, track.codec);
  if (!codec) return std::nullopt;
  sfu::SendParams params{.ssrc = track.ssrc, .payload_type = codec->payload_type, .cname = track.stream_id};
  if (const auto rtx = rtx_payload_type(section, codec->payload_type)) {
    params.rtx_ssrc = track.rtx_ssrc;
    params.rtx_payload_type = *rtx;
  }
  for (const wire::SdpExtmap& extmap : section.extmaps) {
    const auto kind = wire::extension_kind(extmap.uri);
    if (kind == RtpExtensionKind::kAbsCaptureTime) params.capture_time_id = extmap.id;
    if (kind == RtpExtensionKind::kDependencyDescriptor) params.dependency_descriptor_id = extmap.id;
  }
  return params;
}

/// RFC 8842 section 5.2, 5.3.
static wire::SetupRole setup_of(DescriptionKind kind, transport::DtlsRole role) {
  if (kind == DescriptionKind::kOffer) return wire::SetupRole::kActPass;
  return role == transport::DtlsRole::kClient ? wire::SetupRole::kActive : wire::SetupRole::kPassive;
}

wire::SessionDescription make_description(DescriptionKind kind, std::vector<MediaSection> media,
                                          const LocalTransport& transport, uint64_t session_id, uint64_t version) {
  wire::SessionDescription description;
  description.origin.session_id = session_id;
  description.origin.session_version = version;
  description.ice_lite = true;
  description.extmap_allow_mixed = true;
  description.msid_semantic = "WMS *";
  description.transport.fingerprint = wire::Fingerprint{transport.fingerprint.algorithm, transport.fingerprint.digest};
  wire::SdpGroup bundle{"BUNDLE", {}};
  bool has_candidates = false;
  for (MediaSection& section : media) {
    if (section.is_rejected()) continue;
    bundle.mids.push_back(section.mid);
    section.transport.ice_ufrag = transport.ice.ufrag;
    section.transport.ice_pwd = transport.ice.pwd;
    section.transport.setup = setup_of(kind, transport.dtls_role);
    section.transport.fingerprint = description.transport.fingerprint;
    if (has_candidates) continue;
    // One transport for the bundle: its first section carries all there is to know (RFC 8839 §4.2.1.2).
    section.candidates = transport.candidates;
    section.end_of_candidates = true;
    has_candidates = true;
  }
  if (!bundle.mids.empty()) description.groups.push_back(std::move(bundle));
  description.media = std::move(media);
  return description;
}

wire::ExtensionIds extension_ids(const wire::SessionDescription& description) {
  wire::ExtensionIds ids;
  for (const MediaSection& section : description.media) {
    for (const wire::SdpExtmap& extmap : section.extmaps) {
      if (const auto kind = wire::extension_kind(extmap.uri)) ids.set(*kind, extmap.id);
    }
  }
  return ids;
}

}  // namespace parley::livekit
