#include "net/public_address.h"

#include <algorithm>

namespace parley::net {
namespace {

struct V4Network {
  uint32_t prefix;
  int bits;
};
constexpr uint32_t v4(uint32_t a, uint32_t b, uint32_t c, uint32_t d) { return a << 24 | b << 16 | c << 8 | d; }
constexpr V4Network kNotPublicV4[] = {
    {v4(0, 0, 0, 0), 8},        // "This network".
    {v4(10, 0, 0, 0), 8},       // Private.
    {v4(100, 64, 0, 0), 10},    // Shared, behind a carrier's NAT.
    {v4(127, 0, 0, 0), 8},      // Loopback.
    {v4(169, 254, 0, 0), 16},   // Link-local; the metadata services of clouds.
    {v4(172, 16, 0, 0), 12},    // Private.
    {v4(192, 0, 0, 0), 24},     // Protocol assignments.
    {v4(192, 0, 2, 0), 24},     // Documentation.
    {v4(192, 88, 99, 0), 24},   // Formerly 6to4 relays.
    {v4(192, 168, 0, 0), 16},   // Private.
    {v4(198, 18, 0, 0), 15},    // Benchmarks.
    {v4(198, 51, 100, 0), 24},  // Documentation.
    {v4(203, 0, 113, 0), 24},   // Documentation.
    {v4(224, 0, 0, 0), 3},      // Multicast, reserved, broadcast.
};

bool is_public_v4(uint32_t ip) {
  return std::ranges::none_of(
      kNotPublicV4, [&](const V4Network& network) { return (ip ^ network.prefix) >> (32 - network.bits) == 0; });
}

struct V6Network {
  uint64_t prefix;  ///< The upper half.
  int bits;
};
/// Of what begins with 001, the only part that is given out.
constexpr V6Network kNotPublicV6[] = {
    {0x2001'0000'0000'0000, 23},  // Protocol assignments, Teredo among them.
    {0x2001'0db8'0000'0000, 32},  // Documentation.
    {0x2002'0000'0000'0000, 16},  // 6to4: holds an IPv4 address.
    {0x3fff'0000'0000'0000, 20},  // Documentation.
};

uint64_t read_u64(const uint8_t* bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | bytes[i];
  return value;
}

}  // namespace

bool is_public(const SocketAddress& address) {
  if (address.is_v4()) return is_public_v4(address.v4_host_order());
  const uint64_t upper = read_u64(address.ip().data());
  const uint64_t lower = read_u64(address.ip().data() + 8);
  constexpr uint64_t kNat64 = 0x0064'ff9b'0000'0000;  // RFC 6052: 64:ff9b::/96.
  if (upper == kNat64 && lower >> 32 == 0) return is_public_v4(static_cast<uint32_t>(lower));
  if (upper >> 61 != 1) return false;
  return std::ranges::none_of(
      kNotPublicV6, [&](const V6Network& network) { return (upper ^ network.prefix) >> (64 - network.bits) == 0; });
}

}  // namespace parley::net
