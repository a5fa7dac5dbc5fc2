#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace parley {
namespace {

/// Length of the sequence that `first` begins, 0 when it begins none.
size_t sequence_length(uint8_t first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

/// The second byte carries the limits against overlong forms, surrogates and values beyond U+10FFFF.
bool is_second_byte(uint8_t first, uint8_t second) {
  const uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  return second >= low && second <= high;
}

}  // namespace

bool is_utf8(std::string_view text) {
  size_t at = 0;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  while (at < text.size()) {
    // Nearly all text is ASCII; eight bytes at a time.
    uint64_t eight;
    if (text.size() - at >= sizeof eight) {
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if ((eight & 0x8080808080808080) == 0) {
        at += sizeof eight;
        continue;
      }
    }
    const size_t length = sequence_length(byte(at));
    if (length == 0 || text.size() - at < length) return false;
    if (length > 1 && !is_second_byte(byte(at), byte(at + 1))) return false;
    for (size_t i = 2; i < length; ++i) {
      if ((byte(at + i) & 0xc0) != 0x80) return false;
    }
    at += length;
  }
  return true;
}

}  // namespace parley
