#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "base/time.h"

namespace parley::api {

/// Requests of one route that ended with one status.
struct RouteCount {
  std::string route;  ///< Operation id; "unmatched" where there was no route.
  int status = 0;
  uint64_t requests = 0;
  TimeDelta time;  ///< Of all together, from the request's arrival to its answer.
};

/// Counters of the API. Thread-safe; bounded by routes times statuses.
class ApiStats {
 public:
  void count(std::string_view route, int status, TimeDelta time) {
    counts_.with([&](Counts& counts) {
      Value& value = counts[{std::string(route), status}];
      ++value.requests;
      value.time = value.time + time;
    });
  }
  std::vector<RouteCount> read() const {
    return counts_.with([](const Counts& counts) {
      std::vector<RouteCount> out;
      for (const auto& [key, value] : counts) out.push_back({key.first, key.second, value.requests, value.time});
      return out;
    });
  }

 private:
  struct Value {
    uint64_t requests = 0;
    TimeDelta time;
  };
  using Counts = std::map<std::pair<std::string, int>, Value>;
  Guarded<Counts> counts_;
};

}  // namespace parley::api
