#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"

namespace parley::wire {

/// The RTP header extensions known here. Ids are negotiated per m-line: see ExtensionIds.
enum class RtpExtensionKind : uint8_t {
  kMid,
  kRid,
  kRepairedRid,
  kAudioLevel,
  kTransportSequence,
  kAbsSendTime,
  kAbsCaptureTime,
  kDependencyDescriptor,  ///< Opaque here.
  kPlayoutDelay,
  kFrameMarking,  ///< Opaque here.
  kVideoOrientation,
  kTransmissionOffset,
};
inline constexpr size_t kRtpExtensionKindCount = 12;

std::string_view extension_uri(RtpExtensionKind kind);
std::optional<RtpExtensionKind> extension_kind(std::string_view uri);

/// The two-way map between kinds and the ids one side negotiated. Ids are 1 to 255; 0 means "not negotiated".
class ExtensionIds {
 public:
  /// Later calls win; id 0 removes the kind.
  void set(RtpExtensionKind kind, uint8_t id);
  uint8_t id_of(RtpExtensionKind kind) const { return ids_[static_cast<size_t>(kind)]; }
  std::optional<RtpExtensionKind> kind_of(uint8_t id) const {
    if (id == 0 || kinds_[id] == 0) return std::nullopt;
    return static_cast<RtpExtensionKind>(kinds_[id] - 1);
  }
  bool operator==(const ExtensionIds&) const = default;

 private:
  std::array<uint8_t, kRtpExtensionKindCount> ids_{};
  std::array<uint8_t, 256> kinds_{};  ///< Kind + 1, or 0.
};

/// RFC 6464. `level` is in -dBov: 0 is loudest, 127 is silence.
struct AudioLevel {
  uint8_t level = 127;
  bool voice_activity = false;
  bool operator==(const AudioLevel&) const = default;
};
/// Takes the one-byte value and the padded two-byte-form value alike.
std::optional<AudioLevel> parse_audio_level(ByteView bytes);
uint8_t serialize_audio_level(AudioLevel level);

/// draft-holmer-rmcat-transport-wide-cc-extensions-01: the 16-bit sequence number over all streams of a transport.
std::optional<uint16_t> parse_transport_sequence(ByteView bytes);
std::array<uint8_t, 2> serialize_transport_sequence(uint16_t sequence);

/// abs-send-time: 24 bits, seconds in 6.18 fixed point, wrapping every 64 s.
std::optional<uint32_t> parse_abs_send_time(ByteView bytes);
/// From any clock of microseconds; only differences have a meaning.
uint32_t to_abs_send_time(int64_t us);
std::array<uint8_t, 3> serialize_abs_send_time(uint32_t value);

/// abs-capture-time: an NTP timestamp, and in the long form the sender's estimate of its clock's offset to the
/// capturer's, in 32.32 fixed point.
struct AbsCaptureTime {
  uint64_t ntp = 0;
  std::optional<int64_t> clock_offset;
  bool operator==(const AbsCaptureTime&) const = default;
};
std::optional<AbsCaptureTime> parse_abs_capture_time(ByteView bytes);
/// Returns 8 or 16 (the size), or 0 when `out` is too small.
size_t serialize_abs_capture_time(const AbsCaptureTime& time, MutableByteView out);

/// playout-delay: two 12-bit fields in units of 10 ms.
struct PlayoutDelay {
  TimeDelta min;
  TimeDelta max;
  bool operator==(const PlayoutDelay&) const = default;
};
inline constexpr int64_t kPlayoutDelayMaxMs = 40950;
std::optional<PlayoutDelay> parse_playout_delay(ByteView bytes);
/// Values are clamped to 0..kPlayoutDelayMaxMs and rounded down to 10 ms.
std::array<uint8_t, 3> serialize_playout_delay(PlayoutDelay delay);

/// 3GPP TS 26.114 section 7.4.5 coordination of video orientation.
struct VideoOrientation {
  uint16_t rotation_degrees = 0;  ///< 0, 90, 180 or 270, clockwise.
  bool back_facing = false;
  bool flipped = false;
  bool operator==(const VideoOrientation&) const = default;
};
std::optional<VideoOrientation> parse_video_orientation(ByteView bytes);
uint8_t serialize_video_orientation(VideoOrientation orientation);

/// RFC 5450: signed 24 bits in units of the RTP clock.
std::optional<int32_t> parse_transmission_offset(ByteView bytes);
std::array<uint8_t, 3> serialize_transmission_offset(int32_t offset);

/// Mid, rid and repaired-rid values: a non-empty text of at most 16 bytes with any zero padding removed; nullopt
/// otherwise. The view is into `bytes`.
std::optional<std::string_view> parse_sdes_text(ByteView bytes);

}  // namespace parley::wire
