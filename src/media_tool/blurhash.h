// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "base/bytes.h"

namespace parley::media_tool {

/// A picture in memory: 8 bits sRGB, three bytes a pixel, rows from the top without gaps.
struct RgbPicture {
  size_t width = 0;
  size_t height = 0;
  ByteVector bytes;
};

/// The blurhash of `picture` with 4 by 3 components (github.com/woltapp/blurhash, Algorithm.md): 28 characters. A
/// picture of 32 pixels a side gives the same as a large one. Empty for an empty picture.
std::string make_blurhash(const RgbPicture& picture);

}  // namespace parley::media_tool
