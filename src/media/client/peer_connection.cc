#include "media/client/peer_connection.h"

#include <algorithm>

namespace parley::client {
namespace {

/// Reports go out this often, as from every WebRTC endpoint.
constexpr TimeDelta kReportInterval = TimeDelta::seconds(1);

transport::PeerOptions peer_options(const ClientOptions& options, ConnectionIndex index, Rng& rng) {
  return {.role = transport::DtlsRole::kClient,
          .dtls = options.dtls,
          .srtp = options.srtp,
          .sctp = options.sctp,
          .sctp_mailbox = options.mailbox,
          .sctp_tag = options.sctp_tag + static_cast<uint64_t>(index),
          .ice = transport::IceCredentials::make(rng),
          .rng = &rng};
}

}  // namespace

PeerConnection::PeerConnection(const ClientOptions& options, ConnectionIndex index, Rng& rng)
    : options_(options),
      rng_(rng),
      index_(index),
      transport_(peer_options(options, index, rng)),
      local_ssrc_(rng.next_u32() | 1) {}

Reception* PeerConnection::reception(const std::string& track_sid) {
  const auto it = receptions_.find(track_sid);
  return it == receptions_.end() ? nullptr : it->second.get();
}

void PeerConnection::on_datagram(const Path& from, ByteView datagram, Timestamp now, ClientOutputs& out) {
  // transport() puts at most datagram.size() bytes there.
  if (datagram.size() > out.scratch_plain.size()) return;
  transport::PeerOutputs& mine = out.of(index_);
  const transport::PeerPacket packet = transport_.on_datagram(from, datagram, out.scratch_plain.data(), now, mine);
  const ByteView plain = ByteView(out.scratch_plain).first(packet.size);
  if (packet.verdict == transport::PeerVerdict::kRtp) on_rtp(plain, now, mine);
  if (packet.verdict == transport::PeerVerdict::kRtcp) on_rtcp(plain, now, mine);
}

std::optional<SendTarget> PeerConnection::target(transport::PeerOutputs& out) {
  transport::SrtpSender* srtp = transport_.srtp();
  if (!srtp || !transport_.may_send()) return std::nullopt;
  return SendTarget{*srtp, *transport_.path(), out.packets, transport_sequence_};
}

void PeerConnection::send_due(Now now, transport::PeerOutputs& out) {
  auto sending = target(out);
  if (!sending) return;
  for (const Section& section : sections_) {
    if (section.publication && section.publication->next_deadline() <= now.mono) {
      section.publication->send_due(now.mono, *sending);
    }
  }
}

void PeerConnection::on_timer(Now now, transport::PeerOutputs& out) {
  if (transport_.next_deadline() <= now.mono) transport_.on_timer(now.mono, out);
  if (!transport_.may_send()) return;
  send_due(now, out);
  if (next_feedback_ <= now.mono) send_feedback(now.mono, out);
  if (feedback_.next_deadline() <= now.mono) send_transport_feedback(out);
  if (next_report_ <= now.mono) {
    next_report_ = now.mono + kReportInterval;
    send_reports(now, out);
  }
}

Timestamp PeerConnection::next_deadline() const {
  Timestamp at = transport_.next_deadline();
  if (!transport_.may_send()) return at;
  at = earlier(at, earlier(next_report_, next_feedback_));
  at = earlier(at, feedback_.next_deadline());
  for (const Section& section : sections_) {
    if (section.publication) at = earlier(at, section.publication->next_deadline());
  }
  return at;
}

}  // namespace parley::client
