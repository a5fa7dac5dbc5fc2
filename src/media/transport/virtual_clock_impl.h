// Include in exactly one source of a test program; see virtual_clock.h. Not for production: it replaces a libc
// function.
#pragma once

#include <sys/time.h>

#include <atomic>

#include "media/transport/virtual_clock.h"

namespace parley::transport {
inline std::atomic<int64_t> virtual_clock_us{1'767'225'600'000'000};  // 2026-01-01.

void advance_virtual_clock(TimeDelta by) { virtual_clock_us += by.us(); }
}  // namespace parley::transport

// NOLINTNEXTLINE: the name is libc's.
extern "C" int gettimeofday(timeval* now, void*) noexcept {
  const int64_t us = parley::transport::virtual_clock_us;
  now->tv_sec = us / 1'000'000;
  now->tv_usec = us % 1'000'000;
  return 0;
}
