#pragma once

#include <optional>

#include "base/rng.h"
#include "base/time.h"

namespace parley::product::webhooks {

/// After the first failure: a receiver that restarts is back in seconds.
inline constexpr TimeDelta kFirstPause = TimeDelta::seconds(1);
/// Longer would make a receiver that is back wait for its events; shorter would knock 24 times an hour at a dead one.
inline constexpr TimeDelta kMaxPause = TimeDelta::seconds(3600);

/// When a delivery whose attempt number `attempts` (from 1) has just failed is tried again: after 1 s, 2 s, 4 s... up
/// to kMaxPause, each a quarter more or less by chance, so that those who failed together do not come back together;
/// the last time at `give_up_at`. nullopt: that was the last time.
std::optional<WallTime> next_attempt(int64_t attempts, WallTime now, WallTime give_up_at, Rng& rng);

}  // namespace parley::product::webhooks
