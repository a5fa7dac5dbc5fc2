#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "tools/load_options.h"
#include "tools/load_totals.h"

namespace parley::tools {

/// What a load test found.
struct LoadResult {
  size_t participants = 0;
  size_t joined = 0;
  std::vector<std::string> errors;     ///< One of each failed participant.
  std::vector<TimeDelta> join_times;   ///< Signal connection opened to peer connection up.
  std::vector<TimeDelta> media_times;  ///< Signal connection opened to first media packet; subscribers only.
  TimeDelta window;                    ///< Time that the totals cover.
  LoadTotals totals;
  TimeDelta slowest_turn;  ///< Of our own loop in the window: latency above it is not the server's.
};

/// The value at `quantile` (0 to 1); zero when there are none.
TimeDelta quantile(std::vector<TimeDelta> times, double quantile);
std::string to_table(const LoadResult& result);
std::string to_json(const LoadResult& result, const LoadOptions& options);

}  // namespace parley::tools
