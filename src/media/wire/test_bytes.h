#pragma once

#include <string_view>

#include "base/bytes.h"

/// For tests: bytes written as hexadecimal digits; anything else between them is ignored.
namespace parley::wire {

inline ByteVector from_hex(std::string_view text) {
  ByteVector bytes;
  int digits = 0;
  unsigned value = 0;
  for (const char c : text) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a' + 10);
    } else {
      continue;
    }
    value = value << 4 | digit;
    if (++digits % 2 == 0) {
      bytes.push_back(static_cast<uint8_t>(value));
      value = 0;
    }
  }
  return bytes;
}

}  // namespace parley::wire
