#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "base/time.h"

namespace parley::client {

/// Counts durations in buckets that grow by an eighth: quantiles are exact to 12 %. 1 ms to 16 s.
class LatencyHistogram {
 public:
  void add(TimeDelta latency) {
    ++counts_[bucket_of(static_cast<uint64_t>(std::max<int64_t>(0, latency.us()) >> kUnitShift))];
    ++total_;
  }
  uint64_t count() const { return total_; }
  /// The upper end of the bucket that holds the quantile; zero when nothing was counted. `quantile` is 0 to 1.
  TimeDelta quantile(double quantile) const {
    const auto wanted = static_cast<uint64_t>(quantile * static_cast<double>(total_));
    uint64_t seen = 0;
    for (size_t i = 0; i < kBuckets && total_ > 0; ++i) {
      seen += counts_[i];
      if (seen > wanted || seen == total_) return upper_end(i);
    }
    return {};
  }
  void merge(const LatencyHistogram& o) {
    for (size_t i = 0; i < kBuckets; ++i) counts_[i] += o.counts_[i];
    total_ += o.total_;
  }
  /// Takes out what had been counted earlier, in a copy of this one.
  void remove(const LatencyHistogram& earlier) {
    for (size_t i = 0; i < kBuckets; ++i) counts_[i] -= earlier.counts_[i];
    total_ -= earlier.total_;
  }

 private:
  static constexpr int kUnitShift = 7;  ///< 128 us, so that eight linear buckets cover the first millisecond.
  static constexpr size_t kBuckets = 128;

  static size_t bucket_of(uint64_t units) {
    if (units < 8) return units;
    const auto exponent = static_cast<size_t>(std::bit_width(units)) - 4;
    return std::min(kBuckets - 1, (exponent + 1) * 8 + (units >> exponent) - 8);
  }
  static TimeDelta upper_end(size_t bucket) {
    if (bucket < 8) return TimeDelta::micros(static_cast<int64_t>(bucket + 1) << kUnitShift);
    const size_t exponent = bucket / 8 - 1;
    return TimeDelta::micros(static_cast<int64_t>((bucket % 8 + 9) << exponent) << kUnitShift);
  }

  std::array<uint32_t, kBuckets> counts_{};
  uint64_t total_ = 0;
};

}  // namespace parley::client
