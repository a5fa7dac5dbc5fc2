#include "media/wire/rtcp_write.h"

#include <algorithm>

namespace parley::wire {
namespace {

constexpr size_t kMaxCname = 255;
constexpr size_t kMaxRembSsrcs = 255;
constexpr uint32_t kRembName = 0x52454d42;
constexpr uint64_t kRembMaxMantissa = 0x3ffff;

/// `body_size` is a multiple of four.
void write_header(ByteWriter& out, uint8_t count_or_format, RtcpType type, size_t body_size) {
  out.u8(static_cast<uint8_t>(0x80 | count_or_format));
  out.u8(static_cast<uint8_t>(type));
  out.u16(static_cast<uint16_t>(body_size / 4));
}

template <class T>
std::span<const T> at_most(std::span<const T> list, size_t limit) {
  return list.first(std::min(list.size(), limit));
}

/// The items for ascending sequence numbers: calls `f(NackItem)` for each.
template <class F>
void for_each_nack_item(std::span<const uint16_t> sequence_numbers, F&& f) {
  size_t i = 0;
  while (i < sequence_numbers.size()) {
    NackItem item{sequence_numbers[i++], 0};
    for (; i < sequence_numbers.size(); ++i) {
      const auto distance = static_cast<uint16_t>(sequence_numbers[i] - item.packet_id);
      if (distance == 0) continue;
      if (distance > 16) break;
      item.bitmask = static_cast<uint16_t>(item.bitmask | 1u << (distance - 1));
    }
    f(item);
  }
}

}  // namespace

void ReportBlock::write(ByteWriter& w) const {
  constexpr int32_t kMaxLost = 0x7fffff;
  w.u32(ssrc);
  w.u8(fraction_lost);
  w.u24(static_cast<uint32_t>(std::clamp(cumulative_lost, -kMaxLost - 1, kMaxLost)) & 0xffffff);
  w.u32(extended_highest_sequence);
  w.u32(jitter);
  w.u32(last_sender_report);
  w.u32(delay_since_last_sender_report);
}

void write_sender_report(ByteWriter& out, const SenderInfo& info, std::span<const ReportBlock> blocks) {
  blocks = at_most(blocks, kRtcpMaxBlocks);
  write_header(out, static_cast<uint8_t>(blocks.size()), RtcpType::kSenderReport,
               24 + blocks.size() * ReportBlock::kSize);
  out.u32(info.ssrc);
  out.u64(info.ntp.value);
  out.u32(info.rtp_timestamp);
  out.u32(info.packet_count);
  out.u32(info.octet_count);
  for (const ReportBlock& block : blocks) block.write(out);
}

void write_receiver_report(ByteWriter& out, uint32_t ssrc, std::span<const ReportBlock> blocks) {
  blocks = at_most(blocks, kRtcpMaxBlocks);
  write_header(out, static_cast<uint8_t>(blocks.size()), RtcpType::kReceiverReport,
               4 + blocks.size() * ReportBlock::kSize);
  out.u32(ssrc);
  for (const ReportBlock& block : blocks) block.write(out);
}

void write_source_description(ByteWriter& out, uint32_t ssrc, std::string_view cname) {
  cname = cname.substr(0, kMaxCname);
  // At least one zero ends the chunk, then up to the next 32-bit boundary (RFC 3550 section 6.5).
  const size_t content = 4 + 2 + cname.size();
  const size_t padding = 4 - content % 4;
  write_header(out, 1, RtcpType::kSourceDescription, content + padding);
  out.u32(ssrc);
  out.u8(1);
  out.u8(static_cast<uint8_t>(cname.size()));
  out.bytes(as_bytes(cname));
  out.zeros(padding);
}

void write_bye(ByteWriter& out, std::span<const uint32_t> ssrcs) {
  ssrcs = at_most(ssrcs, kRtcpMaxBlocks);
  write_header(out, static_cast<uint8_t>(ssrcs.size()), RtcpType::kBye, ssrcs.size() * 4);
  for (const uint32_t ssrc : ssrcs) out.u32(ssrc);
}

void write_nack(ByteWriter& out, FeedbackSsrcs ssrcs, std::span<const uint16_t> sequence_numbers) {
  if (sequence_numbers.empty()) return;
  size_t count = 0;
  for_each_nack_item(sequence_numbers, [&](NackItem) { ++count; });
  write_header(out, 1, RtcpType::kTransportFeedback, 8 + count * NackItem::kSize);
  out.u32(ssrcs.sender);
  out.u32(ssrcs.media);
  for_each_nack_item(sequence_numbers, [&](NackItem item) {
    out.u16(item.packet_id);
    out.u16(item.bitmask);
  });
}

void write_picture_loss(ByteWriter& out, FeedbackSsrcs ssrcs) {
  write_header(out, 1, RtcpType::kPayloadFeedback, 8);
  out.u32(ssrcs.sender);
  out.u32(ssrcs.media);
}

void write_full_intra_request(ByteWriter& out, uint32_t sender_ssrc, std::span<const FirItem> items) {
  write_header(out, 4, RtcpType::kPayloadFeedback, 8 + items.size() * FirItem::kSize);
  out.u32(sender_ssrc);
  out.u32(0);  // RFC 5104 section 4.3.1.2: the media source is not used and is 0.
  for (const FirItem& item : items) {
    out.u32(item.ssrc);
    out.u8(item.sequence);
    out.u24(0);
  }
}

void write_receiver_estimate(ByteWriter& out, uint32_t sender_ssrc, DataRate bitrate, std::span<const uint32_t> ssrcs) {
  ssrcs = at_most(ssrcs, kMaxRembSsrcs);
  auto mantissa = static_cast<uint64_t>(std::max<int64_t>(bitrate.bps(), 0));
  uint32_t exponent = 0;
  for (; mantissa > kRembMaxMantissa; mantissa >>= 1) ++exponent;
  write_header(out, 15, RtcpType::kPayloadFeedback, 16 + ssrcs.size() * 4);
  out.u32(sender_ssrc);
  out.u32(0);
  out.u32(kRembName);
  out.u8(static_cast<uint8_t>(ssrcs.size()));
  out.u24(exponent << 18 | static_cast<uint32_t>(mantissa));
  for (const uint32_t ssrc : ssrcs) out.u32(ssrc);
}

}  // namespace parley::wire
