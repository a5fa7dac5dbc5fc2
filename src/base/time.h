#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace parley {

/// A span of time in microseconds. May be negative. Arithmetic wraps nowhere near practical values (±292,000 years).
class TimeDelta {
 public:
  constexpr TimeDelta() = default;
  static constexpr TimeDelta micros(int64_t us) { return TimeDelta(us); }
  static constexpr TimeDelta millis(int64_t ms) { return TimeDelta(ms * 1000); }
  static constexpr TimeDelta seconds(int64_t s) { return TimeDelta(s * 1'000'000); }
  static constexpr TimeDelta zero() { return TimeDelta(0); }

  constexpr int64_t us() const { return us_; }
  constexpr int64_t ms() const { return us_ / 1000; }
  constexpr double seconds_f() const { return static_cast<double>(us_) / 1e6; }

  constexpr auto operator<=>(const TimeDelta&) const = default;
  constexpr TimeDelta operator+(TimeDelta o) const { return TimeDelta(us_ + o.us_); }
  constexpr TimeDelta operator-(TimeDelta o) const { return TimeDelta(us_ - o.us_); }
  constexpr TimeDelta operator-() const { return TimeDelta(-us_); }
  constexpr TimeDelta operator*(int64_t k) const { return TimeDelta(us_ * k); }
  constexpr TimeDelta operator/(int64_t k) const { return TimeDelta(us_ / k); }

 private:
  explicit constexpr TimeDelta(int64_t us) : us_(us) {}
  int64_t us_ = 0;
};

/// A point of monotonic time in microseconds since an arbitrary origin. Only `net/`, `media/shard/` and `server/` make
/// one from a clock; everything else receives it as an argument.
class Timestamp {
 public:
  constexpr Timestamp() = default;
  static constexpr Timestamp micros(int64_t us) { return Timestamp(us); }
  static constexpr Timestamp millis(int64_t ms) { return Timestamp(ms * 1000); }
  static constexpr Timestamp seconds(int64_t s) { return Timestamp(s * 1'000'000); }
  /// "No deadline". Later than every other timestamp; adding to it is meaningless.
  static constexpr Timestamp never() { return Timestamp(std::numeric_limits<int64_t>::max()); }

  constexpr int64_t us() const { return us_; }
  constexpr int64_t ms() const { return us_ / 1000; }
  constexpr bool is_never() const { return *this == never(); }

  constexpr auto operator<=>(const Timestamp&) const = default;
  constexpr Timestamp operator+(TimeDelta d) const { return Timestamp(us_ + d.us()); }
  constexpr Timestamp operator-(TimeDelta d) const { return Timestamp(us_ - d.us()); }
  constexpr TimeDelta operator-(Timestamp o) const { return TimeDelta::micros(us_ - o.us_); }
  constexpr Timestamp& operator+=(TimeDelta d) { return *this = *this + d; }

 private:
  explicit constexpr Timestamp(int64_t us) : us_(us) {}
  int64_t us_ = 0;
};

constexpr Timestamp earlier(Timestamp a, Timestamp b) { return a < b ? a : b; }

/// Wall-clock time in microseconds since the Unix epoch, a different type so that it is never compared with monotonic
/// time. Passed in beside Timestamp where a protocol needs it (tokens, RTCP sender reports, LiveKit's created_at).
struct WallTime {
  int64_t unix_us = 0;
  constexpr int64_t unix_ms() const { return unix_us / 1000; }
  constexpr int64_t unix_s() const { return unix_us / 1'000'000; }
  constexpr auto operator<=>(const WallTime&) const = default;
};

/// The two clocks read together: what an event loop hands to the machines it drives.
struct Now {
  Timestamp mono;
  WallTime wall;
};

}  // namespace parley
