#include "server/system_rng.h"

#include <sys/random.h>

#include "base/check.h"

namespace parley::server {

uint64_t SystemRng::next_u64() {
  if (used_ == buffer_.size()) {
    // 256 bytes and fewer are never cut short once the pool is initialised (getrandom(2)).
    auto* bytes = reinterpret_cast<uint8_t*>(buffer_.data());
    for (size_t at = 0; at < sizeof buffer_; at += 256) PARLEY_CHECK(getrandom(bytes + at, 256, 0) == 256);
    used_ = 0;
  }
  return buffer_[used_++];
}

}  // namespace parley::server
