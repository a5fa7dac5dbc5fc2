// The packets of a connection: RTP in, RTCP both ways.

#include <algorithm>
#include <array>
#include <variant>

#include "media/client/peer_connection.h"
#include "media/wire/ntp.h"
#include "media/wire/rtcp_write.h"

namespace parley::client {
namespace {

/// One RTCP datagram with its SRTCP overhead stays below 1,200 bytes.
constexpr size_t kRtcpMtu = 1160;
/// What one more stream may add to a compound packet: SR, SDES, NACK of kMaxNacks scattered numbers, PLI.
constexpr size_t kReportRoom = 28 + 80;
constexpr size_t kMaxNacks = 32;
constexpr size_t kFeedbackRoom = 12 + 4 * kMaxNacks + 12;

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

void PeerConnection::on_rtp(ByteView packet, Timestamp now, transport::PeerOutputs& out) {
  const auto rtp = wire::parse_rtp(packet);
  if (!rtp) {
    ++counts_.malformed;
    return;
  }
  ++counts_.packets;
  if (const uint8_t id = receive_extensions_.id_of(wire::RtpExtensionKind::kTransportSequence); id != 0) {
    const auto bytes = rtp->extension(id);
    if (const auto sequence = bytes ? wire::parse_transport_sequence(*bytes) : std::nullopt) {
      feedback_.on_packet(*sequence, now);
      if (feedback_.is_full()) send_transport_feedback(out);
    }
  }
  const auto found = by_ssrc_.find(rtp->ssrc);
  if (found == by_ssrc_.end()) {
    ++counts_.unknown_ssrc;
    return;
  }
  Reception& reception = *found->second;
  const ReceptionOptions& options = reception.options();
  const uint8_t expected = rtp->ssrc == options.ssrc ? options.payload_type : options.rtx_payload_type;
  if (rtp->payload_type != expected) {
    ++counts_.wrong_payload;
    return;
  }
  const size_t missing_before = reception.nacks().missing_count();
  reception.on_packet(*rtp, now);
  next_feedback_ = earlier(next_feedback_, reception.next_deadline());
  if (reception.nacks().missing_count() > missing_before) send_feedback(now, out);
}

void PeerConnection::on_rtcp(ByteView compound, Timestamp now, transport::PeerOutputs& out) {
  ++counts_.rtcp_packets;
  wire::RtcpReader reader(compound);
  while (const auto packet = reader.next()) {
    std::visit(Overloaded{
                   [&](const wire::SenderReport& report) {
                     const auto found = by_ssrc_.find(report.ssrc);
                     if (found != by_ssrc_.end()) found->second->on_sender_report(report.ntp.compact(), now);
                     on_reports(report.blocks, now);
                   },
                   [&](const wire::ReceiverReport& report) { on_reports(report.blocks, now); },
                   [&](const wire::Nack& nack) { on_nack(nack, out); },
                   [&](const wire::PictureLoss& loss) { on_key_frame_request(loss.media_ssrc); },
                   [&](const wire::FullIntraRequest& request) {
                     for (const wire::FirItem item : request.items) on_key_frame_request(item.ssrc);
                   },
                   [&](const wire::TransportFeedback& feedback) {
                     ++counts_.feedbacks;
                     feedback.for_each([&](const wire::PacketStatus& status) {
                       if (!status.is_received) ++counts_.feedback_lost;
                     });
                   },
                   [](const auto&) {},
               },
               *packet);
  }
  if (reader.error()) ++counts_.malformed;
}

void PeerConnection::on_nack(const wire::Nack& nack, transport::PeerOutputs& out) {
  auto sending = target(out);
  if (!sending) return;
  nack.for_each_sequence([&](uint16_t sequence_number) {
    for (const Section& section : sections_) {
      if (section.publication && section.publication->on_nack(nack.media_ssrc, sequence_number, *sending)) return;
    }
  });
}

void PeerConnection::on_key_frame_request(uint32_t ssrc) {
  ++counts_.key_frame_requests;
  for (const Section& section : sections_) {
    if (section.publication) section.publication->on_key_frame_request(ssrc);
  }
}

void PeerConnection::on_reports(const wire::RecordList<wire::ReportBlock>& blocks, Timestamp now) {
  for (const wire::ReportBlock block : blocks) {
    if (block.last_sender_report == 0 || !report_clock_offset_) continue;
    // RFC 3550 section 6.4.1: A - LSR - DLSR.
    const uint32_t arrival = wire::to_ntp(WallTime{now.us() + *report_clock_offset_}).compact();
    const uint32_t units = arrival - block.last_sender_report - block.delay_since_last_sender_report;
    if (units >= 60 * 65536) continue;  // "Negative": rounding.
    rtt_ = wire::from_compact_ntp(units);
    for (const auto& [sid, reception] : receptions_) reception->nacks().set_rtt(*rtt_);
  }
}

void PeerConnection::send_feedback(Timestamp now, transport::PeerOutputs& out) {
  std::array<uint8_t, kRtcpMtu> buffer;
  ByteWriter writer(buffer);
  next_feedback_ = Timestamp::never();
  for (const auto& [sid, reception] : receptions_) {
    if (buffer.size() - writer.size() < kFeedbackRoom) {
      send_rtcp(writer.written(), out);
      writer = ByteWriter(buffer);
    }
    std::array<uint16_t, kMaxNacks> due;
    const size_t count = reception->nacks().take_due(now, due);
    const wire::FeedbackSsrcs ssrcs{local_ssrc_, reception->options().ssrc};
    if (count > 0) {
      wire::write_nack(writer, ssrcs, std::span(due).first(count));
      reception->count_nacks(count);
    }
    if (reception->take_pli(now)) wire::write_picture_loss(writer, ssrcs);
    next_feedback_ = earlier(next_feedback_, reception->next_deadline());
  }
  if (writer.ok() && writer.size() > 0) send_rtcp(writer.written(), out);
}

void PeerConnection::send_transport_feedback(transport::PeerOutputs& out) {
  std::array<uint8_t, kRtcpMtu> buffer;
  ByteWriter writer(buffer);
  feedback_.write(writer, local_ssrc_, by_ssrc_.empty() ? 0 : by_ssrc_.begin()->first);
  if (writer.ok() && writer.size() > 0) send_rtcp(writer.written(), out);
}

void PeerConnection::send_reports(Now now, transport::PeerOutputs& out) {
  // Stamped with one clock for the life of the connection, so that round-trip times are differences.
  if (!report_clock_offset_) report_clock_offset_ = now.wall.unix_us - now.mono.us();
  const Now stamped{now.mono, WallTime{now.mono.us() + *report_clock_offset_}};
  std::array<uint8_t, kRtcpMtu> buffer;
  ByteWriter writer(buffer);
  const auto flush_if_full = [&] {
    if (buffer.size() - writer.size() >= kReportRoom) return;
    send_rtcp(writer.written(), out);
    writer = ByteWriter(buffer);
  };
  for (const Section& section : sections_) {
    if (!section.publication) continue;
    for (const Encoding& encoding : section.publication->encodings()) {
      const auto info = encoding.sender_info(stamped);
      if (!info) continue;
      flush_if_full();
      wire::write_sender_report(writer, *info);
      wire::write_source_description(writer, info->ssrc, "stream-" + section.publication->cid());
    }
  }
  for (const auto& [sid, reception] : receptions_) {
    if (!reception->has_packets()) continue;
    flush_if_full();
    const auto report = reception->take_report(now.mono);
    const wire::ReportBlock block{.ssrc = reception->options().ssrc,
                                  .fraction_lost = report.fraction_lost,
                                  .cumulative_lost = report.cumulative_lost,
                                  .extended_highest_sequence = report.highest_sequence,
                                  .jitter = report.jitter,
                                  .last_sender_report = report.last_sender_report,
                                  .delay_since_last_sender_report = report.delay_since_last_sender_report};
    wire::write_receiver_report(writer, local_ssrc_, std::span(&block, 1));
  }
  if (writer.ok() && writer.size() > 0) send_rtcp(writer.written(), out);
}

void PeerConnection::send_rtcp(ByteView compound, transport::PeerOutputs& out) {
  transport::SrtpSender* srtp = transport_.srtp();
  if (compound.empty() || !srtp || !transport_.path()) return;
  uint8_t* dst = out.packets.reserve(compound.size() + transport::kSrtcpMaxOverhead);
  std::ranges::copy(compound, dst);
  if (const auto size = srtp->protect_rtcp(dst, compound.size())) out.packets.commit(*transport_.path(), *size);
}

}  // namespace parley::client
