// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace parley::media_tool {

/// Whether a picture file holds anything beside what is needed to draw it: places, names, devices, comments, a profile,
/// thumbnails, whatever stands behind its end. In doubt, true. Knows image/jpeg (ITU T.81 annex B), image/png (W3C
/// PNG), image/gif (GIF89a), image/webp (RFC 9649); true for every other type.
bool has_hidden_data(std::string_view content_type, ByteView file);

/// Of a WebP file: only what is needed to draw it. libvips 8.14 writes EXIF, XMP and profiles into WebP even where it
/// is told to strip them. Empty when `file` is damaged.
ByteVector stripped_webp(ByteView file);

}  // namespace parley::media_tool
