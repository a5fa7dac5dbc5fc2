// The descriptions of a connection, and what they change.

#include <algorithm>

#include "media/client/peer_connection.h"

namespace parley::client {
namespace {

bool server_sends(const wire::MediaSection& section) {
  return !section.is_rejected() && section.kind != wire::MediaKind::kApplication &&
         (section.direction == wire::Direction::kSendOnly || section.direction == wire::Direction::kSendRecv);
}

/// "PA_x|TR_y" names publisher and track (reference 3.1).
std::pair<std::string, std::string> split_stream_id(const std::string& stream_id) {
  const size_t bar = stream_id.find('|');
  if (bar == std::string::npos) return {stream_id, ""};
  return {stream_id.substr(0, bar), stream_id.substr(bar + 1)};
}

std::string track_of(const wire::MediaSection& section, const std::map<std::string, std::string>& mid_to_track_id) {
  // Clients prefer the map, then the stream id's half that looks like a track, then the track id.
  if (const auto it = mid_to_track_id.find(section.mid); it != mid_to_track_id.end()) return it->second;
  if (!section.msid) return "";
  const std::string track = split_stream_id(section.msid->stream_id).second;
  return track.starts_with("TR") ? track : section.msid->track_id;
}

}  // namespace

void PeerConnection::add_receiving(wire::MediaKind kind) { sections_.push_back({next_mid(), kind, nullptr}); }

void PeerConnection::add_data() { sections_.push_back({next_mid(), wire::MediaKind::kApplication, nullptr}); }

void PeerConnection::add_publication(Publication& publication) {
  publication.set_mid(next_mid());
  const wire::MediaKind kind = publication.is_audio() ? wire::MediaKind::kAudio : wire::MediaKind::kVideo;
  sections_.push_back({next_mid(), kind, &publication});
}

wire::SessionDescription PeerConnection::make_offer() {
  std::vector<wire::MediaSection> media;
  for (const Section& section : sections_) {
    if (section.kind == wire::MediaKind::kApplication) {
      media.push_back(offer_data(section.mid));
    } else if (section.publication) {
      media.push_back(offer_sending(*section.publication, section.mid, options_.dialect));
    } else {
      media.push_back(offer_receiving(section.kind, section.mid, options_.dialect));
    }
  }
  offer_ = describe(Description::kOffer, std::move(media), {transport_.ice_credentials(), options_.dtls->fingerprint()},
                    ++version_);
  return offer_;
}

void PeerConnection::on_answer(const wire::SessionDescription& answer,
                               const std::map<std::string, std::string>& mid_to_track_id, Timestamp now,
                               transport::PeerOutputs& out) {
  take_remote_transport(answer, now, out);
  for (const Section& section : sections_) {
    if (!section.publication) continue;
    if (const wire::MediaSection* answered = answer.section(section.mid)) take_send_format(section, *answered);
  }
  take_remote_tracks(answer, offer_, mid_to_track_id);
}

wire::SessionDescription PeerConnection::on_offer(const wire::SessionDescription& offer, Timestamp now,
                                                  transport::PeerOutputs& out) {
  std::vector<wire::MediaSection> media;
  for (const wire::MediaSection& section : offer.media) media.push_back(answer_receiving(section));
  // RFC 8839 section 4.4.1.1.1: an offer with other credentials restarts ICE, and the answer brings new ones too.
  const bool is_restart = !remote_ice_.ufrag.empty() && !offer.media.empty() &&
                          offer.transport_of(offer.media.front()).ice_ufrag != remote_ice_.ufrag;
  if (is_restart) restart_ice();
  const bool is_passive = options_.dialect == Dialect::kPion && offer.ice_lite;
  if (is_passive) transport_.set_dtls_role(transport::DtlsRole::kServer, now, out);
  wire::SessionDescription answer = describe(Description::kAnswer, std::move(media),
                                             {transport_.ice_credentials(), options_.dtls->fingerprint(),
                                              is_passive ? wire::SetupRole::kPassive : wire::SetupRole::kActive},
                                             ++version_);
  take_remote_transport(offer, now, out);
  take_remote_tracks(offer, answer, {});
  return answer;
}

void PeerConnection::restart_ice() { transport_.restart_ice(transport::IceCredentials::make(rng_)); }

void PeerConnection::take_remote_transport(const wire::SessionDescription& remote, Timestamp now,
                                           transport::PeerOutputs& out) {
  for (const wire::MediaSection& section : remote.media) {
    if (section.is_rejected()) continue;
    const wire::SdpTransport remote_transport = remote.transport_of(section);
    if (remote_transport.fingerprint) transport_.set_remote_fingerprint(*remote_transport.fingerprint, out);
    if (const auto server = find_udp_candidate(section.candidates); server && !server_) server_ = server;
    const transport::IceCredentials ice{remote_transport.ice_ufrag, remote_transport.ice_pwd};
    if (ice == remote_ice_) return;
    remote_ice_ = ice;
    connect(now);
    return;  // Everything is bundled on the first transport.
  }
}

void PeerConnection::connect(Timestamp now) {
  if (!server_ || remote_ice_.ufrag.empty()) return;
  transport_.connect(Path{.remote = *server_}, remote_ice_, now);
}

void PeerConnection::on_trickle(const SocketAddress& server, Timestamp now) {
  if (server_) return;
  server_ = server;
  connect(now);
}

void PeerConnection::take_send_format(const Section& section, const wire::MediaSection& answered) {
  const auto codec = find_media_codec(answered);
  if (answered.is_rejected() || !codec || section.publication->is_ended()) {
    section.publication->set_format(std::nullopt);
    return;
  }
  section.publication->set_format(EncodingFormat{.payload_type = codec->payload_type,
                                                 .rtx_payload_type = codec->rtx_payload_type,
                                                 .mid = section.mid,
                                                 .extensions = section_extensions(answered)});
}

void PeerConnection::take_remote_tracks(const wire::SessionDescription& remote, const wire::SessionDescription& ours,
                                        const std::map<std::string, std::string>& mid_to_track_id) {
  std::vector<std::string> sent;
  for (const wire::MediaSection& section : remote.media) {
    const wire::MediaSection* mine = ours.section(section.mid);
    if (!mine || mine->is_rejected() || !server_sends(section)) continue;
    const std::string track_sid = track_of(section, mid_to_track_id);
    if (track_sid.empty() || section.ssrcs.empty()) continue;
    take_track(section, *mine, track_sid);
    sent.push_back(track_sid);
  }
  std::vector<std::string> ended;
  for (const auto& [sid, reception] : receptions_) {
    if (std::ranges::find(sent, sid) == sent.end()) ended.push_back(sid);
  }
  for (const std::string& sid : ended) end_track(sid);
}

void PeerConnection::take_track(const wire::MediaSection& remote, const wire::MediaSection& ours,
                                std::string track_sid) {
  // What both sides have: the answer's codecs, whoever made it.
  const wire::MediaSection& agreed = remote.codecs.size() <= ours.codecs.size() ? remote : ours;
  const auto codec = find_media_codec(agreed);
  if (!codec) return;
  const uint32_t ssrc = remote.ssrcs.front().ssrc;
  if (const auto it = receptions_.find(track_sid); it != receptions_.end()) {
    it->second->set_mid(remote.mid);
    if (it->second->options().ssrc == ssrc) return;
    end_track(track_sid);
  }
  ReceptionOptions options{.track_sid = track_sid,
                           .publisher_sid = remote.msid ? split_stream_id(remote.msid->stream_id).first : "",
                           .mid = remote.mid,
                           .is_audio = remote.kind == wire::MediaKind::kAudio,
                           .has_nack = codec->has_nack,
                           .ssrc = ssrc,
                           .payload_type = codec->payload_type,
                           .rtx_payload_type = codec->rtx_payload_type,
                           .audio_playout_delay = options_.audio_playout_delay,
                           .verifies_all_bytes = options_.verifies_all_bytes};
  for (const wire::SdpSsrcGroup& group : remote.ssrc_groups) {
    if (group.semantics == "FID" && group.ssrcs.size() == 2 && group.ssrcs[0] == ssrc) {
      options.rtx_ssrc = group.ssrcs[1];
    }
  }
  const wire::ExtensionIds ids = section_extensions(agreed);
  receive_extensions_.set(wire::RtpExtensionKind::kTransportSequence,
                          ids.id_of(wire::RtpExtensionKind::kTransportSequence));
  auto reception = std::make_unique<Reception>(options);
  by_ssrc_[options.ssrc] = reception.get();
  if (options.rtx_ssrc != 0) by_ssrc_[options.rtx_ssrc] = reception.get();
  receptions_[track_sid] = std::move(reception);
  changes_.push_back({std::move(track_sid), true});
}

void PeerConnection::end_track(const std::string& track_sid) {
  const auto it = receptions_.find(track_sid);
  if (it == receptions_.end()) return;
  by_ssrc_.erase(it->second->options().ssrc);
  by_ssrc_.erase(it->second->options().rtx_ssrc);
  receptions_.erase(it);
  changes_.push_back({track_sid, false});
}

}  // namespace parley::client
