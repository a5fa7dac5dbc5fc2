#include "media/wire/rtp_extensions.h"

#include <algorithm>

namespace parley::wire {
namespace {

/// By RtpExtensionKind.
constexpr std::array<std::string_view, kRtpExtensionKindCount> kUris{
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    "http://tools.ietf.org/html/draft-ietf-avtext-framemarking-07",
    "urn:3gpp:video-orientation",
    "urn:ietf:params:rtp-hdrext:toffset",
};

/// The standard's own name of frame marking, beside the draft's that clients offer.
constexpr std::string_view kFrameMarkingUrn = "urn:ietf:params:rtp-hdrext:framemarking";

/// RFC 8852 rids and mids are short; the one-byte form holds 16 bytes.
constexpr size_t kMaxSdesText = 16;

std::array<uint8_t, 3> u24_bytes(uint32_t v) {
  return {static_cast<uint8_t>(v >> 16), static_cast<uint8_t>(v >> 8), static_cast<uint8_t>(v)};
}

std::optional<uint32_t> parse_u24(ByteView bytes) {
  ByteReader r(bytes);
  const uint32_t value = r.u24();
  if (!r.ok()) return std::nullopt;
  return value;
}

uint32_t playout_units(TimeDelta delay) {
  return static_cast<uint32_t>(std::clamp<int64_t>(delay.ms(), 0, kPlayoutDelayMaxMs) / 10);
}

}  // namespace

std::string_view extension_uri(RtpExtensionKind kind) { return kUris[static_cast<size_t>(kind)]; }

std::optional<RtpExtensionKind> extension_kind(std::string_view uri) {
  if (uri == kFrameMarkingUrn) return RtpExtensionKind::kFrameMarking;
  const auto it = std::find(kUris.begin(), kUris.end(), uri);
  if (it == kUris.end()) return std::nullopt;
  return static_cast<RtpExtensionKind>(it - kUris.begin());
}

void ExtensionIds::set(RtpExtensionKind kind, uint8_t id) {
  uint8_t& mine = ids_[static_cast<size_t>(kind)];
  if (mine != 0) kinds_[mine] = 0;
  mine = id;
  if (id == 0) return;
  if (kinds_[id] != 0) ids_[kinds_[id] - 1u] = 0;
  kinds_[id] = static_cast<uint8_t>(static_cast<size_t>(kind) + 1);
}

std::optional<AudioLevel> parse_audio_level(ByteView bytes) {
  if (bytes.empty()) return std::nullopt;
  return AudioLevel{static_cast<uint8_t>(bytes[0] & 0x7f), (bytes[0] & 0x80) != 0};
}
uint8_t serialize_audio_level(AudioLevel level) {
  return static_cast<uint8_t>((level.voice_activity ? 0x80 : 0) | (level.level & 0x7f));
}

std::optional<uint16_t> parse_transport_sequence(ByteView bytes) {
  ByteReader r(bytes);
  const uint16_t sequence = r.u16();
  if (!r.ok()) return std::nullopt;
  return sequence;
}
std::array<uint8_t, 2> serialize_transport_sequence(uint16_t sequence) {
  return {static_cast<uint8_t>(sequence >> 8), static_cast<uint8_t>(sequence)};
}

std::optional<uint32_t> parse_abs_send_time(ByteView bytes) { return parse_u24(bytes); }
uint32_t to_abs_send_time(int64_t us) {
  const auto within = static_cast<uint64_t>(us) % 64'000'000;
  return static_cast<uint32_t>((within << 18) / 1'000'000) & 0xffffff;
}
std::array<uint8_t, 3> serialize_abs_send_time(uint32_t value) { return u24_bytes(value); }

std::optional<AbsCaptureTime> parse_abs_capture_time(ByteView bytes) {
  ByteReader r(bytes);
  AbsCaptureTime time{r.u64(), std::nullopt};
  if (!r.ok()) return std::nullopt;
  if (r.remaining() >= 8) time.clock_offset = static_cast<int64_t>(r.u64());
  return time;
}
size_t serialize_abs_capture_time(const AbsCaptureTime& time, MutableByteView out) {
  ByteWriter w(out);
  w.u64(time.ntp);
  if (time.clock_offset) w.u64(static_cast<uint64_t>(*time.clock_offset));
  return w.ok() ? w.size() : 0;
}

std::optional<PlayoutDelay> parse_playout_delay(ByteView bytes) {
  const auto value = parse_u24(bytes);
  if (!value) return std::nullopt;
  return PlayoutDelay{TimeDelta::millis(int64_t{*value >> 12} * 10), TimeDelta::millis(int64_t{*value & 0xfff} * 10)};
}
std::array<uint8_t, 3> serialize_playout_delay(PlayoutDelay delay) {
  return u24_bytes(playout_units(delay.min) << 12 | playout_units(delay.max));
}

std::optional<VideoOrientation> parse_video_orientation(ByteView bytes) {
  if (bytes.empty()) return std::nullopt;
  const uint8_t b = bytes[0];
  return VideoOrientation{static_cast<uint16_t>((b & 3) * 90), (b & 8) != 0, (b & 4) != 0};
}
uint8_t serialize_video_orientation(VideoOrientation orientation) {
  return static_cast<uint8_t>((orientation.back_facing ? 8 : 0) | (orientation.flipped ? 4 : 0) |
                              (orientation.rotation_degrees / 90 & 3));
}

std::optional<int32_t> parse_transmission_offset(ByteView bytes) {
  const auto value = parse_u24(bytes);
  if (!value) return std::nullopt;
  // Sign extension of 24 bits.
  return static_cast<int32_t>(*value << 8) >> 8;
}
std::array<uint8_t, 3> serialize_transmission_offset(int32_t offset) {
  return u24_bytes(static_cast<uint32_t>(offset) & 0xffffff);
}

std::optional<std::string_view> parse_sdes_text(ByteView bytes) {
  std::string_view text = as_text(bytes);
  // Some senders pad with zeros to a fixed size.
  text = text.substr(0, text.find('\0'));
  if (text.empty() || text.size() > kMaxSdesText) return std::nullopt;
  return text;
}

}  // namespace parley::wire
