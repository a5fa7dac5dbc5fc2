#include "media/livekit/sdp_codecs.h"

#include <array>
#include <charconv>

namespace parley::livekit {
namespace {

using sfu::Codec;
using wire::MediaKind;

constexpr std::array kSupported{
    SupportedCodec{Codec::kOpus, MediaKind::kAudio, "opus", 48'000, 2, 111, 0, "minptime=10;useinbandfec=1"},
    SupportedCodec{Codec::kPcmu, MediaKind::kAudio, "PCMU", 8'000, 1, 0, 0, ""},
    SupportedCodec{Codec::kPcma, MediaKind::kAudio, "PCMA", 8'000, 1, 8, 0, ""},
    SupportedCodec{Codec::kVp8, MediaKind::kVideo, "VP8", 90'000, 1, 96, 97, ""},
    SupportedCodec{Codec::kH264, MediaKind::kVideo, "H264", 90'000, 1, 125, 124,
                   "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
    SupportedCodec{Codec::kVp9, MediaKind::kVideo, "VP9", 90'000, 1, 98, 99, "profile-id=0"},
    SupportedCodec{Codec::kAv1, MediaKind::kVideo, "AV1", 90'000, 1, 35, 36, ""},
};

bool is_constrained_baseline(std::string_view fmtp) {
  const auto mode = wire::fmtp_value(fmtp, "packetization-mode");
  const auto profile = wire::fmtp_value(fmtp, "profile-level-id");
  // RFC 6184 §8.1: 42 is baseline; the constraint bits 0xe0 (or at least set 1, 0x40) make it constrained.
  return mode == "1" && profile && profile->size() == 6 && (profile->starts_with("42e") || profile->starts_with("42E"));
}

}  // namespace

std::span<const SupportedCodec> supported_codecs() { return kSupported; }

sfu::Codec recognize(const wire::SdpCodec& offered) {
  const Codec codec = sfu::codec_from_name(offered.name);
  for (const SupportedCodec& supported : kSupported) {
    if (supported.codec != codec || supported.clock_rate != offered.clock_rate) continue;
    if (codec == Codec::kH264 && !is_constrained_baseline(offered.fmtp)) return Codec::kUnknown;
    // RFC 9628 §6: without profile-id it is profile 0.
    if (codec == Codec::kVp9 && wire::fmtp_value(offered.fmtp, "profile-id").value_or("0") != "0") {
      return Codec::kUnknown;
    }
    return codec;
  }
  return Codec::kUnknown;
}

std::optional<uint8_t> rtx_payload_type(const wire::MediaSection& section, uint8_t payload_type) {
  for (const wire::SdpCodec& codec : section.codecs) {
    if (!wire::equals_ignoring_case(codec.name, "rtx")) continue;
    const auto apt = wire::fmtp_value(codec.fmtp, "apt");
    unsigned value = 256;
    if (apt) std::from_chars(apt->data(), apt->data() + apt->size(), value);
    if (value == payload_type) return codec.payload_type;
  }
  return std::nullopt;
}

const wire::SdpCodec* find_codec(const wire::MediaSection& section, sfu::Codec codec) {
  for (const wire::SdpCodec& offered : section.codecs) {
    if (recognize(offered) == codec) return &offered;
  }
  return nullptr;
}

}  // namespace parley::livekit
