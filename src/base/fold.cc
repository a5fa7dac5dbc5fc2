#include "base/fold.h"

#include <array>
#include <cstdint>

#include "base/utf8.h"

namespace parley {
namespace {

constexpr char32_t kReplacement = 0xfffd;

struct Pair {
  char32_t from;
  char32_t to;
};
/// What is not simply the lower case.
constexpr std::array kSpecial{
    Pair{U'İ', U'i'},
    Pair{U'ı', U'i'},
    Pair{U'Ə', U'e'},
    Pair{U'ə', U'e'},
    Pair{U'Ş', U's'},
    Pair{U'ş', U's'},
    Pair{U'Ç', U'c'},
    Pair{U'ç', U'c'},
    Pair{U'Ğ', U'g'},
    Pair{U'ğ', U'g'},
    Pair{U'Ö', U'o'},
    Pair{U'ö', U'o'},
    Pair{U'Ü', U'u'},
    Pair{U'ü', U'u'},
    // Look like Azerbaijani's and Turkish's, and are what some keyboards and fonts give instead.
    Pair{U'Ǝ', U'e'},
    Pair{U'ǝ', U'e'},
    Pair{U'Ș', U's'},
    Pair{U'ș', U's'},
    // Lower cases that are not at the usual distance.
    Pair{U'Ÿ', U'ÿ'},
    Pair{U'ẞ', U'ß'},
    Pair{U'ς', U'σ'},
    Pair{U'Ά', U'ά'},
    Pair{U'Έ', U'έ'},
    Pair{U'Ή', U'ή'},
    Pair{U'Ί', U'ί'},
    Pair{U'Ό', U'ό'},
    Pair{U'Ύ', U'ύ'},
    Pair{U'Ώ', U'ώ'},
    Pair{U'Ӏ', U'ӏ'},
};

/// Dot above, diaeresis, breve, cedilla, comma below: with i, o, u, g, s, c they are the letters above in two parts.
bool is_dropped(char32_t code) {
  return code == 0x0307 || code == 0x0308 || code == 0x0306 || code == 0x0327 || code == 0x0326;
}

bool is_in(char32_t code, char32_t first, char32_t last) { return code >= first && code <= last; }

/// Blocks in which upper and lower case alternate; `is_upper_odd` where the upper one has the odd number.
bool is_upper_of_pair(char32_t code) {
  const bool is_odd = (code & 1) != 0;
  if (is_in(code, 0x100, 0x137) || is_in(code, 0x14a, 0x177)) return !is_odd;
  if (is_in(code, 0x139, 0x148) || is_in(code, 0x179, 0x17e) || is_in(code, 0x4c1, 0x4ce)) return is_odd;
  return (is_in(code, 0x460, 0x481) || is_in(code, 0x48a, 0x4bf) || is_in(code, 0x4d0, 0x52f)) && !is_odd;
}

char32_t fold_code(char32_t code) {
  if (code < 0x80) return code >= U'A' && code <= U'Z' ? code + 0x20 : code;
  for (const Pair& pair : kSpecial) {
    if (pair.from == code) return pair.to;
  }
  if (is_in(code, 0xc0, 0xde) && code != 0xd7) return code + 0x20;
  if (is_in(code, 0x391, 0x3ab) && code != 0x3a2) return code + 0x20;
  if (is_in(code, 0x410, 0x42f)) return code + 0x20;
  if (is_in(code, 0x400, 0x40f)) return code + 0x50;
  return is_upper_of_pair(code) ? code + 1 : code;
}

}  // namespace

std::optional<char32_t> take_code_point(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(rest[i]); };
  const uint8_t first = byte(0);
  const size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length == 1 || rest.size() < length || !is_utf8(rest.substr(0, length))) {
    rest.remove_prefix(1);
    return length == 1 ? char32_t{first} : kReplacement;
  }
  char32_t code = first & (0xffu >> (length + 1));
  for (size_t i = 1; i < length; ++i) code = code << 6 | (byte(i) & 0x3fu);
  rest.remove_prefix(length);
  return code;
}

void append_code_point(std::string& out, char32_t code) {
  const auto put = [&](char32_t bits) { out += static_cast<char>(static_cast<uint8_t>(bits)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xe0 | code >> 12);
    } else {
      put(0xf0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3f));
    }
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

std::string fold(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (const auto code = take_code_point(text)) {
    if (!is_dropped(*code)) append_code_point(out, fold_code(*code));
  }
  return out;
}

}  // namespace parley
