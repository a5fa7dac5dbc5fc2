#pragma once

#include <string_view>

#include "product/ports/media_tool.h"

namespace parley::product::files {

/// So much of a file's beginning decides its type.
inline constexpr size_t kSniffBytes = 4096;

/// The content type of a file that begins with `head` (its first kSniffBytes, or all of a shorter one); what the client
/// says does not count. "application/octet-stream" when unknown. Text that a browser might take for HTML or SVG, in
/// whatever encoding, is never "text/plain"; WHATWG MIME Sniffing was read for what browsers look at. The result is a
/// constant of static lifetime, without parameters.
std::string_view sniff(std::string_view head);

/// Whether browsers may show it in place (product.md 3.6): PNG, JPEG, GIF, WebP, AVIF, MP4, WebM, Opus, M4A, MP3, WAV.
/// Everything else is offered for download only.
bool is_inline(std::string_view content_type);

/// What is looked at further: kOther for what is not an image, sound or video that we read.
MediaKind kind_of(std::string_view content_type);

}  // namespace parley::product::files
