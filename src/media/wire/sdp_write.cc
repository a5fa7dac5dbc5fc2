#include <fmt/format.h>

#include <iterator>

#include "media/wire/sdp.h"

namespace parley::wire {
namespace {

/// Collects lines. Line breaks inside a value would let whoever chose it (a client names its streams) add lines of
/// their own: they become "_".
class LineWriter {
 public:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    const size_t start = text_.size();
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    for (size_t i = start; i < text_.size(); ++i) {
      if (text_[i] == '\r' || text_[i] == '\n' || text_[i] == '\0') text_[i] = '_';
    }
    text_ += "\r\n";
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// The elements with a space before each.
template <class List>
std::string spaced(const List& list) {
  std::string text;
  for (const auto& each : list) fmt::format_to(std::back_inserter(text), " {}", each);
  return text;
}

std::string hex_of(const ByteVector& digest) {
  std::string text;
  for (const uint8_t byte : digest) fmt::format_to(std::back_inserter(text), "{}{:02X}", text.empty() ? "" : ":", byte);
  return text;
}

void write_transport(LineWriter& out, const SdpTransport& transport) {
  if (!transport.ice_ufrag.empty()) out.line("a=ice-ufrag:{}", transport.ice_ufrag);
  if (!transport.ice_pwd.empty()) out.line("a=ice-pwd:{}", transport.ice_pwd);
  if (!transport.ice_options.empty()) out.line("a=ice-options:{}", spaced(transport.ice_options).substr(1));
  if (transport.fingerprint) {
    out.line("a=fingerprint:{} {}", transport.fingerprint->algorithm, hex_of(transport.fingerprint->digest));
  }
  if (transport.setup) out.line("a=setup:{}", to_string(*transport.setup));
}

void write_media_line(LineWriter& out, const MediaSection& section) {
  std::string formats;
  if (section.kind == MediaKind::kApplication) {
    formats = " " + (section.format.empty() ? "webrtc-datachannel" : section.format);
  } else if (section.codecs.empty()) {
    formats = " 0";  // RFC 8866 section 9: an m-line has at least one format, also when rejected.
  }
  for (const SdpCodec& codec : section.codecs) {
    fmt::format_to(std::back_inserter(formats), " {}", codec.payload_type);
  }
  out.line("m={} {} {}{}", to_string(section.kind), section.port, section.protocol, formats);
  out.line("c=IN IP4 0.0.0.0");
}

void write_codec(LineWriter& out, const SdpCodec& codec) {
  if (!codec.name.empty()) {
    const std::string channels = codec.channels == 1 ? "" : fmt::format("/{}", codec.channels);
    out.line("a=rtpmap:{} {}/{}{}", codec.payload_type, codec.name, codec.clock_rate, channels);
  }
  for (const std::string& feedback : codec.rtcp_feedback) out.line("a=rtcp-fb:{} {}", codec.payload_type, feedback);
  if (!codec.fmtp.empty()) out.line("a=fmtp:{} {}", codec.payload_type, codec.fmtp);
}

void write_extmap(LineWriter& out, const SdpExtmap& extmap) {
  if (extmap.direction) {
    out.line("a=extmap:{}/{} {}", extmap.id, to_string(*extmap.direction), extmap.uri);
  } else {
    out.line("a=extmap:{} {}", extmap.id, extmap.uri);
  }
}

std::string msid_text(const Msid& msid) {
  return msid.track_id.empty() ? msid.stream_id : msid.stream_id + " " + msid.track_id;
}

void write_ssrcs(LineWriter& out, const MediaSection& section) {
  for (const SdpSsrcGroup& group : section.ssrc_groups) {
    out.line("a=ssrc-group:{}{}", group.semantics, spaced(group.ssrcs));
  }
  for (const SdpSsrc& ssrc : section.ssrcs) {
    out.line("a=ssrc:{} cname:{}", ssrc.ssrc, ssrc.cname);
    if (ssrc.msid) out.line("a=ssrc:{} msid:{}", ssrc.ssrc, msid_text(*ssrc.msid));
  }
}

std::string simulcast_list(std::string_view direction, const std::vector<SimulcastRid>& list) {
  std::string text;
  for (const SimulcastRid& each : list) {
    if (!text.empty()) text += ';';
    if (each.is_paused) text += '~';
    text += each.rid;
  }
  return text.empty() ? text : fmt::format("{} {}", direction, text);
}

void write_simulcast(LineWriter& out, const MediaSection& section) {
  for (const SdpRid& rid : section.rids) {
    const std::string_view direction = rid.direction == RidDirection::kSend ? "send" : "recv";
    out.line("a=rid:{} {}{}{}", rid.id, direction, rid.params.empty() ? "" : " ", rid.params);
  }
  if (!section.simulcast) return;
  const std::string send = simulcast_list("send", section.simulcast->send);
  const std::string recv = simulcast_list("recv", section.simulcast->recv);
  if (send.empty() && recv.empty()) return;
  out.line("a=simulcast:{}{}{}", send, send.empty() || recv.empty() ? "" : " ", recv);
}

void write_rtp_part(LineWriter& out, const MediaSection& section) {
  for (const SdpExtmap& extmap : section.extmaps) write_extmap(out, extmap);
  out.line("a={}", to_string(section.direction));
  if (section.msid) out.line("a=msid:{}", msid_text(*section.msid));
  for (const SdpCodec& codec : section.codecs) write_codec(out, codec);
  write_simulcast(out, section);
  write_ssrcs(out, section);
}

void write_section(LineWriter& out, const MediaSection& section) {
  write_media_line(out, section);
  for (const IceCandidate& candidate : section.candidates) out.line("a={}", serialize(candidate));
  if (section.end_of_candidates) out.line("a=end-of-candidates");
  write_transport(out, section.transport);
  if (!section.mid.empty()) out.line("a=mid:{}", section.mid);
  if (section.bundle_only) out.line("a=bundle-only");
  if (section.extmap_allow_mixed) out.line("a=extmap-allow-mixed");
  if (section.rtcp_mux) out.line("a=rtcp-mux");
  if (section.rtcp_rsize) out.line("a=rtcp-rsize");
  if (section.kind != MediaKind::kApplication) write_rtp_part(out, section);
  if (section.sctp_port) out.line("a=sctp-port:{}", *section.sctp_port);
  if (section.max_message_size) out.line("a=max-message-size:{}", *section.max_message_size);
}

}  // namespace

std::string serialize(const SessionDescription& description) {
  LineWriter out;
  const SdpOrigin& origin = description.origin;
  out.line("v=0");
  out.line("o={} {} {} IN IP4 127.0.0.1", origin.username, origin.session_id, origin.session_version);
  out.line("s=-");
  out.line("t=0 0");
  for (const SdpGroup& group : description.groups) out.line("a=group:{}{}", group.semantics, spaced(group.mids));
  if (description.extmap_allow_mixed) out.line("a=extmap-allow-mixed");
  if (!description.msid_semantic.empty()) out.line("a=msid-semantic: {}", description.msid_semantic);
  if (description.ice_lite) out.line("a=ice-lite");
  write_transport(out, description.transport);
  for (const MediaSection& section : description.media) write_section(out, section);
  return out.take();
}

}  // namespace parley::wire
