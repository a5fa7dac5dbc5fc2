// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "media_tool/files.h"

namespace parley::media_tool {

/// Prepares libav, once, before the sandbox: it says nothing on standard error.
void init_recordings();

/// Sound or video of a file: duration, size, poster, and kClean when the container holds more than the streams. What it
/// cannot decode still has its duration.
Outcome<product::MediaFacts> examine_recording(std::string_view content_type, const InputFile& input,
                                               const OutputFiles& outputs);

/// The longest voice message (product.md 3.6).
inline constexpr int64_t kMaxVoiceMs = 15 * 60 * 1000;

/// Exactly one stream, of sound: Opus in WebM or Ogg, AAC in MP4, whole or fragmented. Duration and waveform of what is
/// heard, kPlayable unless it is plain AAC in MP4 already, kClean as above.
Outcome<product::MediaFacts> examine_voice(std::string_view content_type, const InputFile& input,
                                           const OutputFiles& outputs);

}  // namespace parley::media_tool
