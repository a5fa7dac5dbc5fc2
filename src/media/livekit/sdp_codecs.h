#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media/sfu/media_params.h"
#include "media/wire/sdp.h"

namespace parley::livekit {

/// A codec this server forwards, and how it is offered when the server makes the offer (dual mode).
struct SupportedCodec {
  sfu::Codec codec;
  wire::MediaKind kind;
  std::string_view name;
  uint32_t clock_rate;
  uint8_t channels;
  uint8_t payload_type;      ///< In our offers; LiveKit's numbers.
  uint8_t rtx_payload_type;  ///< 0 for audio.
  std::string_view fmtp;
};
/// In order of preference.
std::span<const SupportedCodec> supported_codecs();

/// Which supported codec an offered payload type is, or kUnknown. Of H.264 only constrained-baseline with
/// packetization mode 1 and of VP9 only profile 0 count, so that what one client publishes another can decode.
sfu::Codec recognize(const wire::SdpCodec& offered);

/// The payload type of the RTX stream that repairs `payload_type` in `section` (RFC 4588 §8.6), if offered.
std::optional<uint8_t> rtx_payload_type(const wire::MediaSection& section, uint8_t payload_type);

/// The payload type of `codec` in a section that the client offered, or null.
const wire::SdpCodec* find_codec(const wire::MediaSection& section, sfu::Codec codec);

}  // namespace parley::livekit
