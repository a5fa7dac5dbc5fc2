#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace parley::wire {

enum class VideoCodec : uint8_t { kVp8, kVp9, kH264, kH265, kAv1 };

/// True when `payload` (an RTP payload, decrypted, without padding) is the packet at which a decoder can start: the
/// first of a key frame, or, for H.264 and H.265, one that carries parameter sets or the start of an intra picture.
/// Malformed payloads are not key frames. With end-to-end encryption the codec data is opaque and the answer is only
/// meaningful for codecs whose descriptor stays clear (VP8's first payload byte, VP9, AV1's N bit).
bool is_keyframe(VideoCodec codec, ByteView payload);

bool is_h264_keyframe(ByteView payload);  ///< RFC 6184: SPS or IDR in a single NAL unit, STAP-A or first FU-A.
bool is_h265_keyframe(ByteView payload);  ///< RFC 7798: VPS, SPS or IRAP in a single NAL unit, AP or first FU.
bool is_av1_keyframe(ByteView payload);   ///< AV1 RTP v1.0 section 4.4: N bit, or a leading sequence header OBU.

}  // namespace parley::wire
