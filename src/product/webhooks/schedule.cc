#include "product/webhooks/schedule.h"

#include <algorithm>

namespace parley::product::webhooks {
namespace {

/// 2^12 s are more than kMaxPause.
constexpr int64_t kMaxDoublings = 12;

}  // namespace

std::optional<WallTime> next_attempt(int64_t attempts, WallTime now, WallTime give_up_at, Rng& rng) {
  if (now >= give_up_at) return std::nullopt;
  const int64_t doublings = std::clamp<int64_t>(attempts - 1, 0, kMaxDoublings);
  const TimeDelta pause = std::min(kFirstPause * (int64_t{1} << doublings), kMaxPause);
  const double jittered = static_cast<double>(pause.us()) * (0.75 + 0.5 * rng.unit());
  return std::min(WallTime{now.unix_us + static_cast<int64_t>(jittered)}, give_up_at);
}

}  // namespace parley::product::webhooks
