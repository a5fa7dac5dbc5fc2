#include "product/files/sniff.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/utf8.h"

namespace parley::product::files {
namespace {

constexpr std::string_view kUnknown = "application/octet-stream";

unsigned byte_at(std::string_view head, size_t at) {
  return at < head.size() ? static_cast<unsigned char>(head[at]) : 0U;
}
uint32_t little_endian(std::string_view head, size_t at) {
  return byte_at(head, at) | byte_at(head, at + 1) << 8U | byte_at(head, at + 2) << 16U | byte_at(head, at + 3) << 24U;
}
uint32_t big_endian(std::string_view head, size_t at) {
  return byte_at(head, at) << 24U | byte_at(head, at + 1) << 16U | byte_at(head, at + 2) << 8U | byte_at(head, at + 3);
}
bool has_at(std::string_view head, size_t at, std::string_view what) {
  return head.size() >= at + what.size() && head.substr(at, what.size()) == what;
}

template <class List, class T>
bool is_any_of(const List& list, const T& value) {
  return std::ranges::find(list, value) != list.end();
}

/// Lower case and without NUL bytes, so that markup in UTF-16 and UTF-32 reads as that in ASCII.
std::string flattened(std::string_view head) {
  std::string out;
  out.reserve(head.size());
  for (const char c : head) {
    if (c != '\0') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

enum class Markup : unsigned char {
  kNone,
  kHtmlTag,  ///< Such as ordinary text and chance may hold, too.
  kHtml,     ///< What nothing but HTML holds.
  kSvg,
};

bool ends_tag(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '>' || c == '/' || c == ':';
}

/// Anywhere, since comments, white space and declarations may stand before the tag that counts.
Markup find_markup(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kStrong{"html",  "script",        "iframe", "body",
                                                            "head",  "!doctype",      "style",  "object",
                                                            "embed", "foreignobject", "meta",   "math"};
  static constexpr std::array<std::string_view, 23> kWeak{
      "a",    "b",     "br",    "p",     "h1",   "div", "font", "table",  "img",    "link",     "base",    "title",
      "form", "input", "video", "audio", "span", "ul",  "i",    "center", "button", "template", "frameset"};
  const auto is_tag = [&](size_t at, std::string_view name) {
    return has_at(text, at, name) && (at + name.size() >= text.size() || ends_tag(text[at + name.size()]));
  };
  Markup found = Markup::kNone;
  for (size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    const auto is_one_of = [&](const auto& names) {
      return std::ranges::any_of(names, [&](std::string_view name) { return is_tag(at + 1, name); });
    };
    // "<x:svg" is SVG as well where the prefix is bound to its namespace.
    const size_t name_end = text.find_first_of(" \t\r\n\f>/", at);
    const std::string_view name =
        text.substr(at + 1, name_end == std::string_view::npos ? name_end : name_end - at - 1);
    if (is_tag(at + 1, "svg") || name.ends_with(":svg")) return Markup::kSvg;
    if (is_one_of(kStrong)) found = std::max(found, Markup::kHtml);
    if (has_at(text, at + 1, "!--") || is_one_of(kWeak)) found = std::max(found, Markup::kHtmlTag);
  }
  return found;
}

/// ISO/IEC 14496-12 section 4.3: the first box tells which readers it was made for.
std::string_view sniff_mp4(std::string_view head) {
  if (!has_at(head, 4, "ftyp")) return {};
  const size_t end = std::min<size_t>({head.size(), big_endian(head, 0), 256});
  const std::string_view major = head.substr(8, 4);
  std::string_view still;
  for (size_t at = 8; at + 4 <= end; at += at == 8 ? 8 : 4) {
    const std::string_view brand = head.substr(at, 4);
    if (brand == "avif" || brand == "avis") return "image/avif";
    if (brand == "heic" || brand == "heix" || brand == "hevc" || brand == "heim" || brand == "heis")
      still = "image/heic";
    if (brand == "mif1" && major == brand) still = "image/heic";
  }
  if (!still.empty()) return still;
  if (major == "qt  ") return "video/quicktime";
  if (major == "M4A " || major == "M4B ") return "audio/mp4";
  static constexpr std::array<std::string_view, 8> kMovies{"iso", "mp4", "avc", "dash", "mmp4", "M4V", "3gp", "MSNV"};
  const bool is_movie = std::ranges::any_of(kMovies, [&](std::string_view brand) { return major.starts_with(brand); });
  return is_movie ? "video/mp4" : std::string_view();
}

/// RFC 8794 (EBML): the document type (element 4282) stands in the first element.
std::string_view sniff_matroska(std::string_view head) {
  if (!has_at(head, 0, "\x1a\x45\xdf\xa3")) return {};
  const std::string_view header = head.substr(0, 80);
  const size_t at = header.find("\x42\x82");
  if (at == std::string_view::npos) return {};
  const std::string_view type = header.substr(std::min(header.size(), at + 3), 8);
  if (type.starts_with("webm")) return "video/webm";
  return type == "matroska" ? "video/x-matroska" : std::string_view();
}

/// RFC 3533: the first page holds the codec's first packet.
std::string_view sniff_ogg(std::string_view head) {
  if (!has_at(head, 0, "OggS")) return {};
  const size_t packet = 27 + byte_at(head, 26);
  const bool is_sound = has_at(head, packet, "OpusHead") || has_at(head, packet, "\x01vorbis");
  return is_sound ? "audio/ogg" : "application/ogg";
}

std::string_view sniff_riff(std::string_view head) {
  if (!has_at(head, 0, "RIFF")) return {};
  if (has_at(head, 8, "WEBPVP8")) return "image/webp";
  return has_at(head, 8, "WAVE") ? "audio/wav" : std::string_view();
}

/// The length of an MPEG-1/2/2.5 layer III frame (ISO/IEC 11172-3 section 2.4.1.3), 0 when there is none.
size_t mp3_frame_length(std::string_view head, size_t at) {
  static constexpr std::array<unsigned, 15> kRates1{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320};
  static constexpr std::array<unsigned, 15> kRates2{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160};
  static constexpr std::array<unsigned, 3> kSampling{44100, 48000, 32000};
  if (at + 4 > head.size() || byte_at(head, at) != 0xff || (byte_at(head, at + 1) & 0xe6U) != 0xe2) return 0;
  const unsigned version = byte_at(head, at + 1) >> 3U & 3U;  // 0: 2.5, 2: 2, 3: 1.
  const unsigned rate = byte_at(head, at + 2) >> 4U;
  const unsigned sampling = byte_at(head, at + 2) >> 2U & 3U;
  if (version == 1 || rate == 0 || rate == 15 || sampling == 3) return 0;
  const unsigned hz = kSampling.at(sampling) >> (version == 3 ? 0U : version == 2 ? 1U : 2U);
  const unsigned bits = (version == 3 ? kRates1 : kRates2).at(rate) * 1000;
  return (version == 3 ? 144U : 72U) * bits / hz + (byte_at(head, at + 2) >> 1U & 1U);
}

/// The length of an ADTS frame (ISO/IEC 13818-7 section 6.2), 0 when there is none.
size_t adts_frame_length(std::string_view head, size_t at) {
  if (at + 7 > head.size() || byte_at(head, at) != 0xff || (byte_at(head, at + 1) & 0xf6U) != 0xf0) return 0;
  if ((byte_at(head, at + 2) >> 2U & 15U) > 12) return 0;
  const size_t length = (byte_at(head, at + 3) & 3U) << 11U | byte_at(head, at + 4) << 3U | byte_at(head, at + 5) >> 5U;
  return length > 7 ? length : 0;
}

/// The sign of a frame is short, so a second one must follow where it can be seen.
template <class Length>
bool begins_with_two_frames(std::string_view head, Length length_of) {
  const size_t length = length_of(head, 0);
  return length > 0 && (length + 7 > head.size() || length_of(head, length) > 0);
}

std::string_view sniff_stream(std::string_view head) {
  if (has_at(head, 0, "ID3") && byte_at(head, 3) < 5) return "audio/mpeg";
  if (begins_with_two_frames(head, mp3_frame_length)) return "audio/mpeg";
  if (begins_with_two_frames(head, adts_frame_length)) return "audio/aac";
  return {};
}

bool is_bmp(std::string_view head) {
  static constexpr std::array<uint32_t, 7> kHeaders{12, 40, 52, 56, 64, 108, 124};
  return has_at(head, 0, "BM") && little_endian(head, 6) == 0 && is_any_of(kHeaders, little_endian(head, 14));
}

std::string_view sniff_signature(std::string_view head) {
  using namespace std::string_view_literals;
  struct Signature {
    std::string_view bytes;
    std::string_view type;
  };
  static constexpr std::array kSignatures{
      Signature{"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"sv, "image/png"},
      Signature{"\xff\xd8\xff"sv, "image/jpeg"},
      Signature{"GIF87a"sv, "image/gif"},
      Signature{"GIF89a"sv, "image/gif"},
      Signature{"II*\0"sv, "image/tiff"},
      Signature{"MM\0*"sv, "image/tiff"},
      Signature{"fLaC"sv, "audio/flac"},
      Signature{"%PDF-"sv, "application/pdf"},
      Signature{"PK\x03\x04"sv, "application/zip"},
      Signature{"PK\x05\x06"sv, "application/zip"},
      Signature{"\x1f\x8b\x08"sv, "application/gzip"},
  };
  for (const Signature& each : kSignatures) {
    if (head.starts_with(each.bytes)) return each.type;
  }
  for (const auto look : {sniff_mp4, sniff_matroska, sniff_ogg, sniff_riff, sniff_stream}) {
    if (const std::string_view type = look(head); !type.empty()) return type;
  }
  return is_bmp(head) ? "image/bmp" : std::string_view();
}

/// UTF-8 without control characters; a character that the end of a full head cuts does not count.
bool is_plain_text(std::string_view head) {
  if (head.size() == kSniffBytes) {
    for (size_t back = 1; back <= 3; ++back) {
      const unsigned lead = byte_at(head, head.size() - back);
      if (lead < 0x80) break;
      if (lead >= 0xc0) {
        head.remove_suffix(back);
        break;
      }
    }
  }
  const bool has_controls = std::ranges::any_of(head, [](char c) {
    const auto value = static_cast<unsigned char>(c);
    return value == 0x7f || (value < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f');
  });
  // White space alone says nothing about what follows it.
  return !has_controls && head.find_first_not_of(" \t\r\n\f") != std::string_view::npos && is_utf8(head);
}

}  // namespace

std::string_view sniff(std::string_view head) {
  head = head.substr(0, kSniffBytes);
  const std::string flat = flattened(head);
  const Markup markup = find_markup(flat);
  if (const std::string_view type = sniff_signature(head); !type.empty()) {
    // Two things at once: neither is shown.
    return markup >= Markup::kHtml && kind_of(type) != MediaKind::kOther ? kUnknown : type;
  }
  const bool is_text = is_plain_text(head);
  if (markup == Markup::kSvg) return "image/svg+xml";
  if (markup == Markup::kHtml || (markup == Markup::kHtmlTag && (is_text || flat.size() < head.size())))
    return "text/html";
  // An XML document may turn out to be SVG behind the part that is looked at.
  if (flat.contains("<?xml") || flat.contains("<!")) return "text/xml";
  return is_text ? "text/plain" : kUnknown;
}

bool is_inline(std::string_view content_type) {
  static constexpr std::array<std::string_view, 12> kInline{"image/png",  "image/jpeg", "image/gif",  "image/webp",
                                                            "image/avif", "video/mp4",  "video/webm", "audio/webm",
                                                            "audio/ogg",  "audio/mp4",  "audio/mpeg", "audio/wav"};
  return is_any_of(kInline, content_type);
}

MediaKind kind_of(std::string_view content_type) {
  static constexpr std::array<std::string_view, 6> kImages{"image/png",  "image/jpeg", "image/gif",
                                                           "image/webp", "image/avif", "image/heic"};
  static constexpr std::array<std::string_view, 7> kSounds{"audio/mpeg", "audio/aac",  "audio/ogg", "audio/mp4",
                                                           "audio/wav",  "audio/flac", "audio/webm"};
  static constexpr std::array<std::string_view, 4> kVideos{"video/mp4", "video/quicktime", "video/webm",
                                                           "video/x-matroska"};
  if (is_any_of(kImages, content_type)) return MediaKind::kImage;
  if (is_any_of(kSounds, content_type)) return MediaKind::kAudio;
  if (is_any_of(kVideos, content_type)) return MediaKind::kVideo;
  return MediaKind::kOther;
}

}  // namespace parley::product::files
