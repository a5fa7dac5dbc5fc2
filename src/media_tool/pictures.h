// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "media_tool/blurhash.h"
#include "media_tool/files.h"

namespace parley::media_tool {

using product::MediaFacts;

/// Prepares libvips, once, before the sandbox: all loaders but PNG, JPEG, GIF, WebP and HEIF are blocked, nothing goes
/// to temporary files, one worker thread. False when it cannot.
bool init_pictures();

/// Bytes of a picture's file; it is read into memory as a whole. More than any camera's JPEG of 50 million pixels.
inline constexpr int64_t kMaxPictureBytes = int64_t{256} * 1024 * 1024;

/// Size, blurhash, stills, and kClean when the file holds more than the picture. HEIC, which browsers do not show,
/// always has a kClean as JPEG.
Outcome<MediaFacts> examine_picture(std::string_view content_type, const InputFile& input, const OutputFiles& outputs);

/// A video's still: kPoster, kSmall and the blurhash; `facts` gets them. The picture is turned by `turns` quarters
/// clockwise.
Outcome<void> add_poster(const RgbPicture& frame, int turns, const OutputFiles& outputs, MediaFacts& facts);

}  // namespace parley::media_tool
