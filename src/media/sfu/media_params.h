#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/stream/receive_stream.h"
#include "media/wire/rtp_extensions.h"

namespace parley::sfu {

using stream::MediaKind;

enum class Codec : uint8_t { kUnknown, kOpus, kPcmu, kPcma, kG722, kVp8, kVp9, kH264, kH265, kAv1 };
/// From an SDP encoding name, case ignored.
Codec codec_from_name(std::string_view name);
/// "audio/opus", "video/VP8": LiveKit's mime strings.
std::string_view mime_type(Codec codec);
std::string_view codec_name(Codec codec);
Codec codec_from_mime(std::string_view mime);
MediaKind kind_of(Codec codec);

/// One payload type that a publisher may use in a section.
struct ReceiveCodec {
  uint8_t payload_type = 0;
  Codec codec = Codec::kUnknown;
  uint32_t clock_rate = 90'000;
  std::optional<uint8_t> rtx_payload_type;
  bool has_nack = false;
};

/// An SSRC that a section declares, with its repair SSRC (RFC 4588 §8.8 FID group); 0 without one.
struct DeclaredSsrc {
  uint32_t ssrc = 0;
  uint32_t rtx_ssrc = 0;
};

/// A rid and the layer it stands for: 0 low, 1 medium, 2 high.
struct RidLayer {
  std::string rid;
  int layer = 0;
};

class Track;

/// What negotiation agreed on for one m-line on which the client sends.
struct ReceiveSection {
  std::string mid;
  Track* track = nullptr;  ///< Null until the client announced what the m-line carries.
  std::vector<ReceiveCodec> codecs;
  std::vector<RidLayer> rids;
  std::vector<DeclaredSsrc> ssrcs;
};

/// How a subscription's packets look on its subscriber's connection: all of it belongs to that connection only.
struct SendParams {
  uint32_t ssrc = 0;
  uint32_t rtx_ssrc = 0;  ///< 0 without RTX.
  uint8_t payload_type = 0;
  uint8_t rtx_payload_type = 0;
  uint8_t capture_time_id = 0;           ///< abs-capture-time; 0 when not negotiated.
  uint8_t dependency_descriptor_id = 0;  ///< 0 when not negotiated.
  std::string cname;
};

}  // namespace parley::sfu
