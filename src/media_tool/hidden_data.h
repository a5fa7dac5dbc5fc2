// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace parley::media_tool {

/// Whether a picture file holds anything beside what is needed to draw it: places, names, devices, comments, a profile,
/// thumbnails, whatever stands behind its end. In doubt, true. Knows image/jpeg (ITU T.81 annex B), image/png (W3C
/// PNG), image/gif (GIF89a), image/webp (RFC 9649); true for every other type.
bool has_hidden_data(std::string_view content_type, ByteView file);

}  // namespace parley::media_tool
