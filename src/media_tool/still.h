// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "media_tool/av.h"
#include "media_tool/blurhash.h"

namespace parley::media_tool {

/// Quarters clockwise by which a video's pictures are to be turned, 0 to 3.
int turns_of(const AVStream& stream);

/// A picture of `stream` from about `at_ms`, of at most 1280 pixels a side, not turned; empty when none can be decoded.
RgbPicture decode_still(const Container& source, const AVStream& stream, int64_t at_ms);

}  // namespace parley::media_tool
