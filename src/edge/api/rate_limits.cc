#include "edge/api/rate_limits.h"

#include <fmt/format.h>

namespace parley::api {
namespace {

using product::access::Bucket;
using product::access::RateDecision;
using product::access::RateLimit;

int64_t seconds_up(TimeDelta delta) { return (delta.us() + 999'999) / 1'000'000; }

}  // namespace

RateLimits default_rate_limits() {
  RateLimits out;
  for (size_t i = 0; i < out.size(); ++i) out[i] = product::access::default_limit(static_cast<Bucket>(i));
  return out;
}

void add_rate_headers(net::HttpHeaders& headers, const RateState& state, const RateLimit& limit, WallTime now) {
  if (limit.count <= 0) return;
  const std::string_view name = product::access::name_of(state.bucket);
  const RateDecision& decision = state.decision;
  const TimeDelta window = limit.period * limit.burst / limit.count;
  const int64_t reset = seconds_up(decision.reset);
  headers.add("RateLimit-Policy", fmt::format("\"{}\";q={};w={}", name, limit.burst, seconds_up(window)));
  headers.add("RateLimit", fmt::format("\"{}\";r={};t={}", name, decision.remaining, reset));
  headers.add("X-RateLimit-Limit", std::to_string(decision.limit));
  headers.add("X-RateLimit-Remaining", std::to_string(decision.remaining));
  headers.add("X-RateLimit-Reset", std::to_string(now.unix_s() + reset));
}

RateGate::RateGate(const RateLimits& limits, size_t keys, Rng& rng)
    : limits_(limits), limiter_(product::access::RateLimiter(keys, rng.next_u64(), rng.next_u64())) {}

product::Outcome<void> RateGate::spend(Bucket bucket, std::string_view key, Timestamp now,
                                       std::optional<RateState>* state) {
  if (limit(bucket).count <= 0) return {};
  const RateDecision decision = limiter_.with(
      [&](product::access::RateLimiter& limiter) { return limiter.spend(bucket, key, limit(bucket), now); });
  if (state) *state = RateState{bucket, decision};
  if (decision.is_allowed) return {};
  product::Problem problem{.code = product::ProblemCode::kRateLimited};
  problem.detail = "bucket " + std::string(product::access::name_of(bucket));
  problem.retry_after = decision.retry_after;
  return std::unexpected(std::move(problem));
}

}  // namespace parley::api
