#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/units.h"
#include "media/wire/rtcp.h"

namespace parley::wire {

/// Writers of single RTCP packets; call them one after the other for a compound one. The writer's ok() turns false
/// when there is no room; a packet that would pass a limit of its format carries what fits and says so below.
/// The transport-wide feedback is written by write_transport_feedback().

/// Reports carry at most this many blocks (RFC 3550 section 6.4.1: five bits); further ones are left out.
inline constexpr size_t kRtcpMaxBlocks = 31;

struct SenderInfo {
  uint32_t ssrc = 0;
  NtpTime ntp;
  uint32_t rtp_timestamp = 0;
  uint32_t packet_count = 0;
  uint32_t octet_count = 0;
};
void write_sender_report(ByteWriter& out, const SenderInfo& info, std::span<const ReportBlock> blocks = {});
void write_receiver_report(ByteWriter& out, uint32_t ssrc, std::span<const ReportBlock> blocks);

/// One chunk with one CNAME, cut to 255 bytes.
void write_source_description(ByteWriter& out, uint32_t ssrc, std::string_view cname);

/// At most kRtcpMaxBlocks sources, no reason.
void write_bye(ByteWriter& out, std::span<const uint32_t> ssrcs);

struct FeedbackSsrcs {
  uint32_t sender = 0;
  uint32_t media = 0;
};
/// Packs `sequence_numbers` (in ascending order, modulo 2^16) into PID/BLP items. Writes nothing for an empty list.
void write_nack(ByteWriter& out, FeedbackSsrcs ssrcs, std::span<const uint16_t> sequence_numbers);
void write_picture_loss(ByteWriter& out, FeedbackSsrcs ssrcs);
void write_full_intra_request(ByteWriter& out, uint32_t sender_ssrc, std::span<const FirItem> items);
/// At most 255 sources. The rate is rounded down to the format's 18-bit mantissa.
void write_receiver_estimate(ByteWriter& out, uint32_t sender_ssrc, DataRate bitrate, std::span<const uint32_t> ssrcs);

}  // namespace parley::wire
