// SPDX-License-Identifier: GPL-2.0-or-later
#include "media_tool/hidden_data.h"

#include <algorithm>
#include <array>

namespace parley::media_tool {
namespace {

/// The marker behind a scan's data, 0 at the file's end. Inside of it FF is followed by 00 or a restart marker.
uint8_t skip_scan(ByteReader& reader) {
  uint8_t before = 0;
  while (reader.remaining() > 0) {
    const uint8_t here = reader.u8();
    const bool is_data = before != 0xff || here == 0 || here == 0xff || (here >= 0xd0 && here <= 0xd7);
    if (!is_data) return here;
    before = here;
  }
  return 0;
}

/// Tables, frames and scans are needed; of the applications' segments JFIF (its own thumbnail apart) and Adobe's, which
/// tells the colours' meaning.
bool is_needed_segment(uint8_t marker, std::string_view body) {
  if (marker == 0xe0) return body.starts_with(std::string_view("JFIF\0", 5)) && body.size() == 14;
  if (marker == 0xee) return body.starts_with("Adobe") && body.size() == 12;
  const bool is_application = marker >= 0xe0 && marker <= 0xef;
  const bool is_comment = marker == 0xfe;
  return !is_application && !is_comment && marker >= 0xc0 && marker < 0xf0;
}

bool jpeg_hides(ByteView file) {
  ByteReader reader(file);
  if (reader.u16() != 0xffd8) return true;
  uint8_t marker = 0;
  while (reader.ok()) {
    if (marker == 0) {
      if (reader.u8() != 0xff) return true;
      marker = reader.u8();
    }
    if (marker == 0xd9) return !reader.ok() || reader.remaining() > 0;
    const size_t length = reader.u16();
    if (length < 2) return true;
    const ByteView body = reader.bytes(length - 2);
    if (!reader.ok() || !is_needed_segment(marker, as_text(body))) return true;
    const bool is_scan = marker == 0xda;
    marker = is_scan ? skip_scan(reader) : uint8_t{0};
    if (is_scan && marker == 0) return true;
  }
  return true;
}

bool png_hides(ByteView file) {
  static constexpr std::array<std::string_view, 15> kNeeded{"IHDR", "PLTE", "IDAT", "tRNS", "gAMA",
                                                            "cHRM", "sRGB", "sBIT", "bKGD", "pHYs",
                                                            "hIST", "acTL", "fcTL", "fdAT", "cICP"};
  ByteReader reader(file);
  reader.skip(8);
  while (reader.ok()) {
    const size_t length = reader.u32();
    const std::string_view type = as_text(reader.bytes(4));
    reader.skip(length + 4);
    if (type == "IEND") return !reader.ok() || length > 0 || reader.remaining() > 0;
    if (std::ranges::find(kNeeded, type) == kNeeded.end()) return true;
  }
  return true;
}

/// A chain of sub-blocks; false at a damaged one.
bool skip_blocks(ByteReader& reader) {
  while (const uint8_t size = reader.u8()) reader.skip(size);
  return reader.ok();
}

/// Graphics control and Netscape's loop are needed; comments, plain texts and other applications (XMP) are not.
bool skip_needed_extension(ByteReader& reader) {
  const uint8_t label = reader.u8();
  if (label == 0xf9) return skip_blocks(reader);
  if (label != 0xff || reader.u8() != 11) return false;
  const std::string_view application = as_text(reader.bytes(11));
  return (application == "NETSCAPE2.0" || application == "ANIMEXTS1.0") && skip_blocks(reader);
}

/// The colours that a descriptor's flags announce.
void skip_colours(ByteReader& reader, uint8_t flags) {
  if ((flags & 0x80U) != 0) reader.skip(size_t{3} << ((flags & 7U) + 1U));
}

bool gif_hides(ByteView file) {
  ByteReader reader(file);
  reader.skip(10);
  const uint8_t screen = reader.u8();
  reader.skip(2);
  skip_colours(reader, screen);
  while (reader.ok()) {
    switch (reader.u8()) {
      case 0x21:
        if (!skip_needed_extension(reader)) return true;
        break;
      case 0x2c: {
        reader.skip(8);
        skip_colours(reader, reader.u8());
        reader.skip(1);
        if (!skip_blocks(reader)) return true;
        break;
      }
      case 0x3b:
        return !reader.ok() || reader.remaining() > 0;
      default:
        return true;
    }
  }
  return true;
}

uint32_t swapped(uint32_t value) { return __builtin_bswap32(value); }

bool is_needed_webp(std::string_view type) {
  static constexpr std::array<std::string_view, 6> kNeeded{"VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF"};
  return std::ranges::find(kNeeded, type) != kNeeded.end();
}

bool webp_hides(ByteView file) {
  ByteReader reader(file);
  reader.skip(4);
  if (uint64_t{swapped(reader.u32())} + 8 != file.size()) return true;
  reader.skip(4);
  while (reader.remaining() > 0) {
    const std::string_view type = as_text(reader.bytes(4));
    const size_t length = swapped(reader.u32());
    if (!is_needed_webp(type)) return true;
    reader.skip(length + length % 2);
  }
  return !reader.ok();
}

}  // namespace

ByteVector stripped_webp(ByteView file) {
  constexpr size_t kHead = 12;
  if (file.size() < kHead) return {};
  ByteVector out(file.begin(), file.begin() + kHead);
  ByteReader reader(file);
  reader.skip(kHead);
  while (reader.remaining() > 0) {
    const size_t begin = reader.offset();
    const std::string_view type = as_text(reader.bytes(4));
    const size_t length = swapped(reader.u32());
    const bool has_flags = type == "VP8X" && length > 0;
    reader.skip(length + length % 2);
    if (!reader.ok()) return {};
    if (!is_needed_webp(type)) continue;
    const size_t at = out.size();
    out.insert(out.end(), file.begin() + static_cast<ptrdiff_t>(begin),
               file.begin() + static_cast<ptrdiff_t>(reader.offset()));
    // RFC 9649 section 2.7: the flags of profile, EXIF and XMP.
    constexpr uint8_t kMetadata = 0x20 | 0x08 | 0x04;
    if (has_flags) out[at + 8] &= static_cast<uint8_t>(~kMetadata);
  }
  const uint32_t size = swapped(static_cast<uint32_t>(out.size() - 8));
  for (size_t i = 0; i < 4; ++i) out[4 + i] = static_cast<uint8_t>(size >> (24 - 8 * i));
  return out;
}

bool has_hidden_data(std::string_view content_type, ByteView file) {
  if (content_type == "image/jpeg") return jpeg_hides(file);
  if (content_type == "image/png") return png_hides(file);
  if (content_type == "image/gif") return gif_hides(file);
  if (content_type == "image/webp") return webp_hides(file);
  return true;
}

}  // namespace parley::media_tool
