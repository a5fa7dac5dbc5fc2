#pragma once

#include "base/bytes.h"

namespace parley::transport {

/// Cuts a fuzzer's input into steps: an operation byte, then for some an argument or a short byte string.
class FuzzScript {
 public:
  explicit FuzzScript(ByteView bytes) : reader_(bytes) {}
  bool has_more() const { return reader_.remaining() > 0; }
  uint8_t byte() { return reader_.u8(); }
  uint16_t word() { return reader_.u16(); }
  /// A string with a 16-bit length before it; a shorter rest is taken whole.
  ByteView bytes() {
    const size_t size = reader_.u16();
    return size <= reader_.remaining() ? reader_.bytes(size) : reader_.rest();
  }

 private:
  ByteReader reader_;
};

}  // namespace parley::transport
