#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

namespace parley {

/// True when `a` comes after `b` in serial number arithmetic (RFC 1982): within half the number space ahead of it.
template <class U>
constexpr bool is_newer(U a, U b) {
  static_assert(std::is_unsigned_v<U>);
  return a != b && static_cast<U>(a - b) < (U{1} << (sizeof(U) * 8 - 1));
}

/// Turns wrapping counters (RTP sequence numbers, timestamps, TSNs) into 64-bit ones that only order by value. The
/// first value keeps its number; each later one is taken as nearest to the newest so far.
template <class U>
class Unwrapper {
 public:
  /// The unwrapped value, without remembering it.
  int64_t peek(U value) const {
    if (!last_) return static_cast<int64_t>(value);
    const U last_low = static_cast<U>(*last_);
    const auto delta = static_cast<std::make_signed_t<U>>(static_cast<U>(value - last_low));
    return *last_ + delta;
  }
  /// The unwrapped value; the newest so far is remembered.
  int64_t unwrap(U value) {
    const int64_t result = peek(value);
    if (!last_ || result > *last_) last_ = result;
    return result;
  }
  std::optional<int64_t> newest() const { return last_; }
  void reset() { last_.reset(); }

 private:
  std::optional<int64_t> last_;
};

}  // namespace parley
