#pragma once

#include <compare>
#include <cstdint>

#include "base/time.h"

namespace parley::wire {

/// An NTP timestamp: seconds since 1900 in 32.32 fixed point (RFC 3550 section 4). Wraps in 2036.
struct NtpTime {
  uint64_t value = 0;
  constexpr uint32_t seconds() const { return static_cast<uint32_t>(value >> 32); }
  constexpr uint32_t fraction() const { return static_cast<uint32_t>(value); }
  /// The middle 32 bits: what LSR and DLSR of report blocks are in (1/65536 s).
  constexpr uint32_t compact() const { return static_cast<uint32_t>(value >> 16); }
  constexpr auto operator<=>(const NtpTime&) const = default;
};

/// Seconds from the NTP epoch (1900) to the Unix epoch (1970).
inline constexpr int64_t kNtpUnixOffsetSeconds = 2'208'988'800;

/// Exact to a microsecond there and back, for times from 1970 to 2036.
constexpr NtpTime to_ntp(WallTime time) {
  const auto us = static_cast<uint64_t>(time.unix_us + kNtpUnixOffsetSeconds * 1'000'000);
  const uint64_t fraction = ((us % 1'000'000) << 32) / 1'000'000;
  return NtpTime{(us / 1'000'000) << 32 | fraction};
}
constexpr WallTime to_wall_time(NtpTime ntp) {
  // Rounded to nearest, so that to_ntp's rounding down is undone.
  const uint64_t us = (static_cast<uint64_t>(ntp.fraction()) * 1'000'000 + (uint64_t{1} << 31)) >> 32;
  return WallTime{(static_cast<int64_t>(ntp.seconds()) - kNtpUnixOffsetSeconds) * 1'000'000 + static_cast<int64_t>(us)};
}

/// Compact NTP (1/65536 s) to and from a span of time: DLSR, round-trip times. Negative spans become 0; spans above
/// 65535 s saturate.
constexpr uint32_t to_compact_ntp(TimeDelta span) {
  if (span.us() <= 0) return 0;
  const int64_t units = span.us() / 1'000'000 * 65536 + span.us() % 1'000'000 * 65536 / 1'000'000;
  return units > 0xffffffff ? 0xffffffff : static_cast<uint32_t>(units);
}
constexpr TimeDelta from_compact_ntp(uint32_t units) {
  return TimeDelta::micros(static_cast<int64_t>(units) * 1'000'000 / 65536);
}

}  // namespace parley::wire
