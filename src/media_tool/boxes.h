// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "media_tool/files.h"

namespace parley::media_tool {

/// What the outline of a container tells, beside what libav does.
struct Outline {
  bool is_fragmented = false;  ///< MP4 in pieces, as recorders write it; some players want it whole.
  bool hides = false;          ///< There are parts for metadata, whatever they hold.
};

/// Of ISO BMFF (ISO/IEC 14496-12), RIFF (WAV) and MP3; nothing is known of other types. At most 100,000 parts are
/// walked: what has more hides something.
Outline outline_of(std::string_view content_type, const InputFile& input);

}  // namespace parley::media_tool
