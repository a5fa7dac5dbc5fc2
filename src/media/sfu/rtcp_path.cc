// RTCP both ways: what subscribers and publishers tell us, and what we tell them.

#include <algorithm>
#include <array>
#include <variant>

#include "media/sfu/sfu.h"
#include "media/wire/ntp.h"
#include "media/wire/rtcp_write.h"

namespace parley::sfu {
namespace {

/// One RTCP datagram with its SRTCP overhead stays below the MTU of 1,200 that DTLS uses too.
constexpr size_t kRtcpMtu = 1160;
/// What one subscription adds to a compound report: SR (28) and SDES with a CNAME of at most 64 bytes.
constexpr size_t kSenderReportRoom = 28 + 80;
/// Packets asked for in one NACK: five bits of loss at 720p fit many times over.
constexpr size_t kMaxNacks = 64;

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

Verdict Sfu::on_rtcp(MediaPeer& peer, ByteView compound, Timestamp now, Outputs& out) {
  wire::RtcpReader reader(compound);
  while (const auto packet = reader.next()) {
    std::visit(Overloaded{
                   [&](const wire::SenderReport& report) { on_sender_report(peer, report, now); },
                   [&](const wire::ReceiverReport& report) {
                     for (const wire::ReportBlock block : report.blocks) on_report_block(peer, block, now);
                   },
                   [&](const wire::Nack& nack) { on_nack(peer, nack, now, out); },
                   [&](const wire::PictureLoss& loss) { on_picture_loss(peer, loss.media_ssrc); },
                   [&](const wire::FullIntraRequest& request) {
                     for (const wire::FirItem item : request.items) on_picture_loss(peer, item.ssrc);
                   },
                   [&](const wire::ReceiverEstimate& estimate) { peer.receiver_estimate = estimate.bitrate; },
                   [](const auto&) {},  // SDES and BYE change nothing: signalling says who is there.
               },
               *packet);
  }
  return reader.error() ? Verdict::kDropMalformed : Verdict::kRtcp;
}

void Sfu::on_sender_report(MediaPeer& peer, const wire::SenderReport& report, Timestamp now) {
  if (const ReceiveBinding* binding = peer.binding(report.ssrc); binding && binding->stream) {
    binding->stream->on_sender_report(report.ntp.value, report.rtp_timestamp, now);
  }
  for (const wire::ReportBlock block : report.blocks) on_report_block(peer, block, now);
}

void Sfu::on_report_block(MediaPeer& peer, const wire::ReportBlock& block, Timestamp now) {
  Subscription* subscription = peer.subscription_by_ssrc(block.ssrc);
  if (!subscription || block.ssrc != subscription->params().ssrc) return;
  stream::RemoteReception reception{.fraction_lost = block.fraction_lost / 256.0, .jitter = block.jitter};
  if (block.last_sender_report != 0) {
    // RFC 3550 §6.4.1: A - LSR - DLSR, on the clock that the sender report was stamped with. Ours is monotonic time
    // shifted to the wall clock at the last report.
    const uint32_t arrival = to_report_clock(now).compact();
    const uint32_t units = arrival - block.last_sender_report - block.delay_since_last_sender_report;
    // Above a minute, or "negative": the client's clock jumped.
    if (units < 60 * 65536) {
      reception.rtt = wire::from_compact_ntp(units);
      take_rtt(peer, *reception.rtt);
    }
  }
  subscription->send().on_receiver_report(reception);
}

void Sfu::take_rtt(MediaPeer& peer, TimeDelta rtt) {
  peer.rtt = rtt;
  // Both connections of a participant lead the same way; only the one with subscriptions is measured. An eighth more,
  // so that a repair which is on its way is not asked for again.
  for (const auto& track : peer.participant().tracks()) {
    for (stream::ReceiveStream* stream : track->layers()) {
      if (stream) stream->nacks().set_rtt(rtt + rtt / 8);
    }
  }
}

void Sfu::on_nack(MediaPeer& peer, const wire::Nack& nack, Timestamp now, Outputs& out) {
  Subscription* subscription = peer.subscription_by_ssrc(nack.media_ssrc);
  if (!subscription || nack.media_ssrc != subscription->params().ssrc || !subscription->has_srtp) return;
  size_t budget = stream::SendStream::kVideoMap;  // A forged list cannot ask for more than there is.
  nack.for_each_sequence([&](uint16_t sequence_number) {
    if (budget == 0) return;
    --budget;
    resend(*subscription, sequence_number, now, out);
  });
}

void Sfu::resend(Subscription& subscription, uint16_t sequence_number, Timestamp now, Outputs& out) {
  const stream::SentPacket* sent = subscription.send().take_resend(sequence_number, now);
  stream::ReceiveStream* source = sent ? subscription.track().layers()[sent->layer] : nullptr;
  const stream::PacketCell* cell =
      source ? source->history().find(source->unwrap_near_newest(sent->source_sequence_number)) : nullptr;
  if (!cell || !subscription.peer().route().srtp) {
    ++counters_.resend_misses;
    return;
  }
  const SendParams& params = subscription.params();
  OutgoingHeader header{.payload_type = params.payload_type,
                        .ssrc = params.ssrc,
                        .sequence_number = sent->sequence_number,
                        .timestamp = sent->timestamp,
                        .original_sequence_number = std::nullopt,
                        .vp8 = std::nullopt};
  if (sent->rewrites_vp8) header.vp8 = forward::Vp8Rewriter::Values{sent->picture_id, sent->tl0_picture_index};
  transport::SrtpStream stream = subscription.srtp_stream;
  if (params.rtx_ssrc != 0) {
    header.payload_type = params.rtx_payload_type;
    header.ssrc = params.rtx_ssrc;
    header.sequence_number = subscription.send().next_rtx_sequence();
    header.original_sequence_number = sent->sequence_number;
    stream = subscription.srtp_rtx_stream;
  }
  if (write_packet(subscription, stream, *cell, header, out.packets())) ++counters_.resent_packets;
}

void Sfu::on_picture_loss(MediaPeer& peer, uint32_t media_ssrc) {
  ++counters_.plis_received;
  Subscription* subscription = peer.subscription_by_ssrc(media_ssrc);
  if (!subscription) return;
  const int layer = subscription->forwarder().current_layer();
  Track& track = subscription->track();
  MediaPeer* publisher = track.peer();
  if (layer == forward::kNoLayer || !publisher) return;
  track.key_frame(layer).want();
  mark_feedback_due(*publisher);
}

void Sfu::send_feedback(MediaPeer& peer, Timestamp now, Outputs& out) {
  std::array<uint8_t, kRtcpMtu + transport::kSrtcpMaxOverhead> buffer;
  ByteWriter writer(MutableByteView(buffer).first(kRtcpMtu));
  peer.next_nack = Timestamp::never();
  for (const auto& track : peer.participant().tracks()) {
    if (track->peer() != &peer) continue;
    for (int layer = 0; layer < forward::kMaxLayers; ++layer) {
      stream::ReceiveStream* stream = track->layers()[static_cast<size_t>(layer)];
      if (!stream) continue;
      std::array<uint16_t, kMaxNacks> due;
      const size_t count = stream->nacks().take_due(now, due);
      if (count > 0) {
        wire::write_nack(writer, {peer.local_ssrc, stream->ssrc()}, std::span(due).first(count));
        counters_.nacks_sent += count;
      }
      peer.next_nack = earlier(peer.next_nack, stream->nacks().next_deadline());
      if (track->kind() != MediaKind::kVideo) continue;
      if (stream->nacks().take_gave_up() && !track->subscriptions().empty()) track->key_frame(layer).want();
      if (track->key_frame(layer).take_due(now, layer)) {
        wire::write_picture_loss(writer, {peer.local_ssrc, stream->ssrc()});
        ++counters_.plis_sent;
      }
    }
  }
  schedule(peer, peer.next_nack);
  if (writer.ok() && writer.size() > 0) send_rtcp(peer, writer.written(), out);
}

void Sfu::send_transport_feedback(MediaPeer& peer, Outputs& out) {
  std::array<uint8_t, kRtcpMtu> buffer;
  ByteWriter writer(buffer);
  peer.feedback().write(writer, peer.local_ssrc, first_media_ssrc(peer));
  if (writer.ok() && writer.size() > 0) send_rtcp(peer, writer.written(), out);
}

uint32_t Sfu::first_media_ssrc(const MediaPeer& peer) {
  for (const auto& track : peer.participant().tracks()) {
    for (const stream::ReceiveStream* stream : track->layers()) {
      if (stream && track->peer() == &peer) return stream->ssrc();
    }
  }
  return 0;
}

void Sfu::send_reports(MediaPeer& peer, Now now, Outputs& out) {
  // Sender reports are stamped with one clock for the life of the shard, so that round-trip times are differences.
  if (!report_clock_offset_) report_clock_offset_ = now.wall.unix_us - now.mono.us();
  std::array<uint8_t, kRtcpMtu> buffer;
  ByteWriter writer(buffer);
  write_reception(peer, now.mono, writer);
  for (Subscription* subscription : peer.subscriptions()) {
    stream::SendStream& send = subscription->send();
    if (!send.has_sent()) continue;
    if (buffer.size() - writer.size() < kSenderReportRoom) {
      send_rtcp(peer, writer.written(), out);
      writer = ByteWriter(buffer);
    }
    wire::write_sender_report(writer, {.ssrc = send.ssrc(),
                                       .ntp = to_report_clock(now.mono),
                                       .rtp_timestamp = send.timestamp_at(now.mono),
                                       .packet_count = send.packet_count(),
                                       .octet_count = send.octet_count()});
    wire::write_source_description(writer, send.ssrc(), subscription->params().cname);
  }
  if (writer.ok() && writer.size() > 0) send_rtcp(peer, writer.written(), out);
}

void Sfu::write_reception(MediaPeer& peer, Timestamp now, ByteWriter& writer) {
  std::array<wire::ReportBlock, wire::kRtcpMaxBlocks> blocks;
  size_t count = 0;
  for (const auto& track : peer.participant().tracks()) {
    if (track->peer() != &peer) continue;
    for (stream::ReceiveStream* stream : track->layers()) {
      if (!stream || !stream->stats().has_packets() || count == blocks.size()) continue;
      const auto report = stream->stats().take_report(now);
      blocks[count++] = {.ssrc = stream->ssrc(),
                         .fraction_lost = report.fraction_lost,
                         .cumulative_lost = report.cumulative_lost,
                         .extended_highest_sequence = report.highest_sequence,
                         .jitter = report.jitter,
                         .last_sender_report = report.last_sender_report,
                         .delay_since_last_sender_report = report.delay_since_last_sender_report};
    }
  }
  if (count > 0) wire::write_receiver_report(writer, peer.local_ssrc, std::span(blocks).first(count));
}

wire::NtpTime Sfu::to_report_clock(Timestamp now) const {
  return wire::to_ntp(WallTime{now.us() + report_clock_offset_.value_or(0)});
}

void Sfu::send_rtcp(MediaPeer& peer, ByteView compound, Outputs& out) {
  transport::SrtpSender* srtp = peer.transport().srtp();
  if (!srtp || !peer.transport().path()) return;
  uint8_t* dst = out.packets().reserve(compound.size() + transport::kSrtcpMaxOverhead);
  std::memcpy(dst, compound.data(), compound.size());
  if (const auto size = srtp->protect_rtcp(dst, compound.size())) {
    out.packets().commit(*peer.transport().path(), *size);
  }
}

}  // namespace parley::sfu
