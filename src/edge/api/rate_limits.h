#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/guarded.h"
#include "base/rng.h"
#include "net/http_message.h"
#include "product/access/rate_limit.h"
#include "product/model/problem.h"

namespace parley::api {

using RateLimits = std::array<product::access::RateLimit, product::access::kBuckets>;
/// product.md 3.8.
RateLimits default_rate_limits();

/// What the answer tells about the bucket that was used last.
struct RateState {
  product::access::Bucket bucket = product::access::Bucket::kNone;
  product::access::RateDecision decision;
};
/// RateLimit-Policy and RateLimit (IETF draft), X-RateLimit-* for older clients.
void add_rate_headers(net::HttpHeaders& headers, const RateState& state, const product::access::RateLimit& limit,
                      WallTime now);

/// The buckets of all callers. Thread-safe. Sockets share it with requests.
class RateGate {
 public:
  RateGate(const RateLimits& limits, size_t keys, Rng& rng);
  /// kRateLimited with the time to wait; `state`, when given, is set to what the answer tells.
  product::Outcome<void> spend(product::access::Bucket bucket, std::string_view key, Timestamp now,
                               std::optional<RateState>* state = nullptr);
  const product::access::RateLimit& limit(product::access::Bucket bucket) const {
    return limits_[static_cast<size_t>(bucket)];
  }
  uint64_t evictions() const {
    return limiter_.with([](const product::access::RateLimiter& limiter) { return limiter.evictions(); });
  }

 private:
  const RateLimits limits_;
  Guarded<product::access::RateLimiter> limiter_;
};

}  // namespace parley::api
