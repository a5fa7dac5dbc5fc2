// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "media_tool/av.h"

namespace parley::media_tool {

/// Copies the first video and all sound of `source`, which has not been read from, into a container `muxer`, without
/// re-encoding and without metadata, chapters, covers, subtitles and tracks of data.
Outcome<void> copy_streams(const Container& source, const std::string& muxer, int fd);

}  // namespace parley::media_tool
