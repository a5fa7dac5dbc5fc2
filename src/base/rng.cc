#include "base/rng.h"

#include <bit>

namespace parley {

void Rng::fill(MutableByteView out) {
  size_t i = 0;
  while (i < out.size()) {
    uint64_t word = next_u64();
    for (size_t k = 0; k < 8 && i < out.size(); ++k, ++i, word >>= 8) out[i] = static_cast<uint8_t>(word);
  }
}

std::string Rng::base62(size_t length) {
  static constexpr char kAlphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string text(length, '0');
  for (char& c : text) c = kAlphabet[below(62)];
  return text;
}

SeededRng::SeededRng(uint64_t seed) {
  for (uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    word = z ^ (z >> 31);
  }
}

uint64_t SeededRng::next_u64() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

}  // namespace parley
