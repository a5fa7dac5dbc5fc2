#pragma once

#include <compare>
#include <cstdint>

#include "base/time.h"

namespace parley {

/// An amount of data in bytes.
class DataSize {
 public:
  constexpr DataSize() = default;
  static constexpr DataSize bytes(int64_t n) { return DataSize(n); }
  constexpr int64_t bytes() const { return bytes_; }
  constexpr auto operator<=>(const DataSize&) const = default;
  constexpr DataSize operator+(DataSize o) const { return DataSize(bytes_ + o.bytes_); }
  constexpr DataSize operator-(DataSize o) const { return DataSize(bytes_ - o.bytes_); }

 private:
  explicit constexpr DataSize(int64_t n) : bytes_(n) {}
  int64_t bytes_ = 0;
};

/// A data rate in bits per second.
class DataRate {
 public:
  constexpr DataRate() = default;
  static constexpr DataRate bps(int64_t n) { return DataRate(n); }
  static constexpr DataRate kbps(int64_t n) { return DataRate(n * 1000); }
  constexpr int64_t bps() const { return bps_; }
  constexpr auto operator<=>(const DataRate&) const = default;
  constexpr DataRate operator+(DataRate o) const { return DataRate(bps_ + o.bps_); }
  constexpr DataRate operator-(DataRate o) const { return DataRate(bps_ - o.bps_); }

 private:
  explicit constexpr DataRate(int64_t n) : bps_(n) {}
  int64_t bps_ = 0;
};

/// Rate times time. Exact below 2^63 bit-microseconds (100 Gbit/s for a minute).
constexpr DataSize operator*(DataRate rate, TimeDelta time) {
  return DataSize::bytes(rate.bps() * time.us() / 8'000'000);
}
constexpr DataRate operator/(DataSize size, TimeDelta time) {
  return DataRate::bps(time.us() <= 0 ? 0 : size.bytes() * 8'000'000 / time.us());
}

}  // namespace parley
