#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace parley {

/// Source of randomness that is passed in. Machines never make their own, so a simulation replays from its seed.
class Rng {
 public:
  virtual ~Rng() = default;
  virtual uint64_t next_u64() = 0;

  uint32_t next_u32() { return static_cast<uint32_t>(next_u64() >> 32); }
  uint16_t next_u16() { return static_cast<uint16_t>(next_u64() >> 48); }
  /// Uniform in [0, bound). `bound` > 0. The bias of the modulus is below 2^-32 for bounds under 2^32.
  uint64_t below(uint64_t bound) { return next_u64() % bound; }
  /// Uniform in [0, 1).
  double unit() { return static_cast<double>(next_u64() >> 11) * 0x1.0p-53; }
  void fill(MutableByteView out);
  /// `length` characters of [0-9A-Za-z]: ids, ICE credentials.
  std::string base62(size_t length);
};

/// xoshiro256** seeded by splitmix64. Repeatable, not for secrets.
class SeededRng : public Rng {
 public:
  explicit SeededRng(uint64_t seed);
  uint64_t next_u64() override;

 private:
  uint64_t state_[4];
};

}  // namespace parley
