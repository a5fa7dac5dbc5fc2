#include "media/wire/rtcp.h"

#include <limits>

namespace parley::wire {
namespace {

constexpr size_t kHeaderSize = 4;
constexpr uint32_t kRembName = 0x52454d42;  ///< "REMB".

/// Feedback formats (RFC 4585 section 6.2 and 6.3, RFC 5104 section 4.3).
constexpr uint8_t kNackFormat = 1;
constexpr uint8_t kTransportWideFormat = 15;
constexpr uint8_t kPictureLossFormat = 1;
constexpr uint8_t kFullIntraFormat = 4;
constexpr uint8_t kApplicationFormat = 15;

/// One sub-packet: its type, the five-bit count or format, and the body without header and padding.
struct Part {
  uint8_t type = 0;
  uint8_t count = 0;
  ByteView body;
};

/// What a body reader says: a packet, nothing of interest, or malformed.
struct Outcome {
  std::optional<RtcpPacket> packet;
  bool is_malformed = false;
};
Outcome malformed() { return {std::nullopt, true}; }

template <class T>
std::optional<RecordList<T>> read_records(ByteReader& r, size_t count) {
  const ByteView bytes = r.bytes(count * T::kSize);
  if (!r.ok()) return std::nullopt;
  return RecordList<T>(bytes);
}

Outcome read_sender_report(const Part& part) {
  ByteReader r(part.body);
  SenderReport report;
  report.ssrc = r.u32();
  report.ntp = NtpTime{r.u64()};
  report.rtp_timestamp = r.u32();
  report.packet_count = r.u32();
  report.octet_count = r.u32();
  const auto blocks = read_records<ReportBlock>(r, part.count);
  if (!blocks) return malformed();
  report.blocks = *blocks;
  return {report};
}

Outcome read_receiver_report(const Part& part) {
  ByteReader r(part.body);
  ReceiverReport report;
  report.ssrc = r.u32();
  const auto blocks = read_records<ReportBlock>(r, part.count);
  if (!blocks) return malformed();
  report.blocks = *blocks;
  return {report};
}

Outcome read_source_description(const Part& part) {
  ByteReader r(part.body);
  for (uint8_t i = 0; i < part.count; ++i) SourceDescription::read_chunk(r);
  if (!r.ok()) return malformed();
  return {SourceDescription{part.body, part.count}};
}

Outcome read_bye(const Part& part) {
  ByteReader r(part.body);
  const auto ssrcs = read_records<SsrcItem>(r, part.count);
  if (!ssrcs) return malformed();
  return {Bye{*ssrcs}};
}

Outcome read_transport_feedback(const Part& part) {
  ByteReader r(part.body);
  const uint32_t sender = r.u32();
  const uint32_t media = r.u32();
  if (!r.ok()) return malformed();
  if (part.count == kNackFormat) {
    const auto items = read_records<NackItem>(r, r.remaining() / NackItem::kSize);
    if (!items || items->empty()) return malformed();
    return {Nack{sender, media, *items}};
  }
  if (part.count != kTransportWideFormat) return {};
  auto feedback = parse_transport_feedback(r.rest());
  if (!feedback) return malformed();
  feedback->sender_ssrc = sender;
  feedback->media_ssrc = media;
  return {*feedback};
}

/// draft-alvestrand-rmcat-remb-03 section 2.2. Other application feedback is skipped.
Outcome read_receiver_estimate(ByteReader& r, uint32_t sender) {
  if (r.remaining() < 8) return {};
  if (r.u32() != kRembName) return {};
  const uint8_t count = r.u8();
  const uint32_t rate = r.u24();
  const auto mantissa = static_cast<uint64_t>(rate & 0x3ffff);
  const unsigned exponent = rate >> 18;
  const auto ssrcs = read_records<SsrcItem>(r, count);
  const uint64_t bps = mantissa << exponent;
  const bool is_overflow = bps >> exponent != mantissa || bps > std::numeric_limits<int64_t>::max();
  if (!ssrcs || is_overflow) return malformed();
  return {ReceiverEstimate{sender, DataRate::bps(static_cast<int64_t>(bps)), *ssrcs}};
}

Outcome read_payload_feedback(const Part& part) {
  ByteReader r(part.body);
  const uint32_t sender = r.u32();
  const uint32_t media = r.u32();
  if (!r.ok()) return malformed();
  if (part.count == kPictureLossFormat) return {PictureLoss{sender, media}};
  if (part.count == kApplicationFormat) return read_receiver_estimate(r, sender);
  if (part.count != kFullIntraFormat) return {};
  const auto items = read_records<FirItem>(r, r.remaining() / FirItem::kSize);
  if (!items || items->empty()) return malformed();
  return {FullIntraRequest{sender, *items}};
}

Outcome read_part(const Part& part) {
  switch (static_cast<RtcpType>(part.type)) {
    case RtcpType::kSenderReport:
      return read_sender_report(part);
    case RtcpType::kReceiverReport:
      return read_receiver_report(part);
    case RtcpType::kSourceDescription:
      return read_source_description(part);
    case RtcpType::kBye:
      return read_bye(part);
    case RtcpType::kTransportFeedback:
      return read_transport_feedback(part);
    case RtcpType::kPayloadFeedback:
      return read_payload_feedback(part);
    case RtcpType::kApp:
    case RtcpType::kExtendedReport:
      break;
  }
  return {};
}

}  // namespace

ReportBlock ReportBlock::read(ByteReader& r) {
  ReportBlock block;
  block.ssrc = r.u32();
  block.fraction_lost = r.u8();
  block.cumulative_lost = static_cast<int32_t>(r.u24() << 8) >> 8;
  block.extended_highest_sequence = r.u32();
  block.jitter = r.u32();
  block.last_sender_report = r.u32();
  block.delay_since_last_sender_report = r.u32();
  return block;
}

NackItem NackItem::read(ByteReader& r) {
  NackItem item;
  item.packet_id = r.u16();
  item.bitmask = r.u16();
  return item;
}

FirItem FirItem::read(ByteReader& r) {
  FirItem item;
  item.ssrc = r.u32();
  item.sequence = r.u8();
  return item;
}

SsrcItem SsrcItem::read(ByteReader& r) { return {r.u32()}; }

SourceDescription::SourceChunk SourceDescription::read_chunk(ByteReader& r) {
  constexpr uint8_t kEnd = 0;
  constexpr uint8_t kCname = 1;
  SourceChunk chunk;
  chunk.ssrc = r.u32();
  while (r.remaining() > 0) {
    const uint8_t type = r.u8();
    if (type == kEnd) {
      // RFC 3550 section 6.5: a chunk is padded to 32 bits; the body begins on such a boundary.
      r.skip((4 - r.offset() % 4) % 4);
      break;
    }
    const ByteView text = r.bytes(r.u8());
    if (type == kCname && chunk.cname.empty()) chunk.cname = as_text(text);
  }
  return chunk;
}

std::string_view to_string(RtcpError error) {
  switch (error) {
    case RtcpError::kTruncated:
      return "truncated";
    case RtcpError::kBadVersion:
      return "wrong version";
    case RtcpError::kBadPadding:
      return "wrong padding";
    case RtcpError::kBadBody:
      return "malformed body";
  }
  return "unknown";
}

std::optional<RtcpPacket> RtcpReader::stop(RtcpError error) {
  error_ = error;
  bytes_ = {};
  return std::nullopt;
}

std::optional<RtcpPacket> RtcpReader::next() {
  while (!bytes_.empty()) {
    ByteReader r(bytes_);
    const uint8_t first = r.u8();
    Part part{r.u8(), static_cast<uint8_t>(first & 0x1f), {}};
    // RFC 3550 section 6.4.1: in 32-bit words, minus one.
    const size_t body_size = size_t{r.u16()} * 4;
    part.body = r.bytes(body_size);
    if (!r.ok()) return stop(RtcpError::kTruncated);
    if (first >> 6 != 2) return stop(RtcpError::kBadVersion);
    if ((first & 0x20) != 0) {
      // Deviation: padding is accepted on every packet, not only on the last, as some senders pad each feedback.
      const uint8_t padding = part.body.empty() ? 0 : part.body.back();
      if (padding == 0 || padding > part.body.size()) return stop(RtcpError::kBadPadding);
      part.body = part.body.first(part.body.size() - padding);
    }
    bytes_ = bytes_.subspan(kHeaderSize + body_size);
    Outcome outcome = read_part(part);
    if (outcome.is_malformed) return stop(RtcpError::kBadBody);
    if (outcome.packet) return outcome.packet;
  }
  return std::nullopt;
}

}  // namespace parley::wire
