#pragma once

#include <utility>

#include "base/guarded.h"
#include "base/rng.h"

namespace parley {

/// A source of randomness for several threads at once.
template <class Source>
class LockedRng : public Rng {
 public:
  LockedRng() = default;
  explicit LockedRng(Source source) : source_(std::move(source)) {}

  uint64_t next_u64() override {
    return source_.with([](Source& source) { return source.next_u64(); });
  }

 private:
  Guarded<Source> source_;
};

}  // namespace parley
