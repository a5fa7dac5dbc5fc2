#pragma once

#include <array>

#include "base/rng.h"

namespace parley::server {

/// The kernel's randomness, fetched a page at a time. For ids and credentials. Owner: one thread.
class SystemRng : public Rng {
 public:
  uint64_t next_u64() override;

 private:
  std::array<uint64_t, 64> buffer_{};
  size_t used_ = buffer_.size();
};

}  // namespace parley::server
