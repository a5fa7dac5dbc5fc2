#include "media/client/encoding.h"

#include <algorithm>

#include "media/client/stamp.h"
#include "media/wire/ntp.h"
#include "media/wire/rtp.h"
#include "media/wire/rtx.h"

namespace parley::client {
namespace {

using wire::RtpExtensionKind;

/// Fixed header, and mid, rid, transport sequence and audio level in one-byte form.
constexpr size_t kMaxHeader = 12 + 4 + 2 * 17 + 3 + 2 + 4;
constexpr size_t kVp8DescriptorSize = 6;
/// RFC 6716 section 3.1: full-band CELT, 20 ms, mono, one frame.
constexpr uint8_t kOpusToc = 31 << 3;
/// As loud as speech: -20 dBov.
constexpr wire::AudioLevel kSpeech{20, true};
/// RFC 3711 section 3.3.1: a first number below 32,768 cannot be followed by a roll-over that a receiver misses.
constexpr uint16_t kFirstSequenceMask = 0x7fff;

/// Frame tag, start code and dimensions, in the first packet of every frame: 10 bytes.
void write_vp8_header(ByteWriter& out, bool is_key) {
  // RFC 6386 section 9.1: bit 0 clear in a key frame; bit 4 shows the frame.
  out.u8(is_key ? 0x10 : 0x11);
  out.u16(0);
  out.u24(is_key ? 0x9d012a : 0);
  out.u32(0);
}

}  // namespace

Encoding::Encoding(Kind kind, uint32_t publisher_id, std::string rid, Rng& rng)
    : kind_(kind),
      publisher_id_(publisher_id),
      rid_(std::move(rid)),
      ssrc_(rng.next_u32() | 1),
      rtx_ssrc_(rng.next_u32() | 1),
      clock_rate_(kind == Kind::kOpus ? 48'000 : 90'000),
      timestamp_base_(rng.next_u32()),
      next_sequence_(rng.next_u16() & kFirstSequenceMask),
      next_rtx_sequence_(rng.next_u16() & kFirstSequenceMask),
      history_(kHistory) {}

uint32_t Encoding::timestamp_at(Timestamp now) const {
  return timestamp_base_ + static_cast<uint32_t>(now.us() * static_cast<int64_t>(clock_rate_) / 1'000'000);
}

void Encoding::send_frame(const VideoSource::Frame& frame, const EncodingFormat& format, FrameTimes times,
                          SendTarget& target) {
  const size_t overhead = kind_ == Kind::kVp8 ? kVp8DescriptorSize : 0;
  const size_t room = kMaxPayload - overhead;
  const size_t count = (frame.bytes + room - 1) / room;
  for (size_t i = 0; i < count; ++i) {
    // Near-equal parts, as libwebrtc splits frames.
    const size_t part = frame.bytes * (i + 1) / count - frame.bytes * i / count;
    Record record{.sent = times.sent,
                  .timestamp = timestamp_at(times.captured),
                  .number = next_number_++,
                  .sequence_number = next_sequence_++,
                  .payload_size = static_cast<uint16_t>(part + overhead),
                  .picture_id = frame.picture_id,
                  .tl0_picture_index = frame.tl0_picture_index,
                  .temporal_id = frame.temporal_id,
                  .is_key = frame.is_key,
                  .is_start = i == 0,
                  .is_marked = kind_ == Kind::kVp8 && i + 1 == count,
                  .is_used = true};
    history_[record.sequence_number % kHistory] = record;
    ++packets_;
    bytes_ += record.payload_size;
    write_packet(record, {.is_repair = false}, format, target);
  }
}

void Encoding::resend(uint16_t sequence_number, const EncodingFormat& format, SendTarget& target) {
  const Record& record = history_[sequence_number % kHistory];
  if (!record.is_used || record.sequence_number != sequence_number) return;
  // Sent again on its own SSRC a packet must be the same bytes, or the SRTP nonce is used twice: a transport-wide
  // number would change them.
  const bool changes = format.extensions.id_of(RtpExtensionKind::kTransportSequence) != 0;
  if (format.rtx_payload_type == 0 && changes) return;
  ++resends_;
  write_packet(record, {.is_repair = true}, format, target);
}

void Encoding::write_payload(const Record& record, ByteWriter& out) const {
  const size_t begin = out.size();
  if (kind_ == Kind::kOpus) {
    out.u8(kOpusToc);
  } else {
    // RFC 7741 section 4.2: X, S; then I (15 bits), L, T.
    out.u8(static_cast<uint8_t>(0x80 | (record.is_start ? 0x10 : 0)));
    out.u8(0xe0);
    out.u16(static_cast<uint16_t>(0x8000 | record.picture_id));
    out.u8(record.tl0_picture_index);
    out.u8(static_cast<uint8_t>(record.temporal_id << 6));
    if (record.is_start) write_vp8_header(out, record.is_key);
  }
  const Stamp stamp{publisher_id_, record.number, record.sent};
  const size_t rest = record.payload_size - std::min<size_t>(record.payload_size, out.size() - begin + Stamp::kSize);
  stamp.write(out);
  std::array<uint8_t, kMaxPayload> filler;
  std::fill_n(filler.begin(), rest, stamp.filler());
  out.bytes(ByteView(filler).first(rest));
}

void Encoding::write_packet(const Record& record, Copy copy, const EncodingFormat& format, SendTarget& target) {
  const bool uses_rtx = copy.is_repair && format.rtx_payload_type != 0;
  auto& handle = uses_rtx ? rtx_stream_ : stream_;
  if (!handle) {
    const auto stream = target.srtp.stream(uses_rtx ? rtx_ssrc_ : ssrc_);
    if (!stream) return;
    handle = *stream;
  }
  const uint8_t level = wire::serialize_audio_level(kSpeech);
  const auto& ids = format.extensions;
  const bool has_transport_sequence = ids.id_of(RtpExtensionKind::kTransportSequence) != 0;
  const auto transport_sequence = wire::serialize_transport_sequence(target.transport_sequence);
  const auto rid_kind = uses_rtx ? RtpExtensionKind::kRepairedRid : RtpExtensionKind::kRid;
  const wire::RtpExtension extensions[] = {
      {ids.id_of(RtpExtensionKind::kMid), as_bytes(format.mid)},
      {rid_.empty() ? uint8_t{0} : ids.id_of(rid_kind), as_bytes(rid_)},
      {ids.id_of(RtpExtensionKind::kTransportSequence), transport_sequence},
      {kind_ == Kind::kOpus ? ids.id_of(RtpExtensionKind::kAudioLevel) : uint8_t{0}, ByteView(&level, 1)},
  };
  uint8_t* dst =
      target.packets.reserve(kMaxHeader + wire::kRtxHeaderSize + record.payload_size + transport::kSrtpMaxOverhead);
  const size_t header_size =
      wire::write_rtp_header({.timestamp = record.timestamp,
                              .ssrc = uses_rtx ? rtx_ssrc_ : ssrc_,
                              .sequence_number = uses_rtx ? next_rtx_sequence_ : record.sequence_number,
                              .payload_type = uses_rtx ? format.rtx_payload_type : format.payload_type,
                              .marker = record.is_marked},
                             extensions, MutableByteView(dst, kMaxHeader));
  if (header_size == 0) return;
  ByteWriter payload(MutableByteView(dst + header_size, wire::kRtxHeaderSize + record.payload_size));
  if (uses_rtx) payload.u16(record.sequence_number);
  write_payload(record, payload);
  const auto size = target.srtp.protect_in_place(*handle, dst, header_size, header_size + payload.size());
  if (!size) return;
  if (uses_rtx) ++next_rtx_sequence_;
  if (has_transport_sequence) ++target.transport_sequence;
  target.packets.commit(target.path, *size);
}

std::optional<wire::SenderInfo> Encoding::sender_info(Now now) const {
  if (packets_ == 0) return std::nullopt;
  return wire::SenderInfo{.ssrc = ssrc_,
                          .ntp = wire::to_ntp(now.wall),
                          .rtp_timestamp = timestamp_at(now.mono),
                          .packet_count = static_cast<uint32_t>(packets_),
                          .octet_count = static_cast<uint32_t>(bytes_)};
}

}  // namespace parley::client
