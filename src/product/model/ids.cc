#include "product/model/ids.h"

#include <fmt/format.h>

namespace parley::product {

std::string make_uuid(WallTime now, Rng& rng) {
  const auto ms = static_cast<uint64_t>(now.unix_ms()) & 0xffff'ffff'ffff;
  const uint64_t random = rng.next_u64();
  const uint64_t tail = (rng.next_u64() & 0x3fff'ffff'ffff'ffff) | 0x8000'0000'0000'0000;  // The variant, 0b10.
  return fmt::format("{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}", ms >> 16, ms & 0xffff, random >> 52, tail >> 48,
                     tail & 0xffff'ffff'ffff);
}

}  // namespace parley::product
