#include "product/access/rate_limit.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace parley::product::access {
namespace {

struct Row {
  Bucket bucket;
  std::string_view name;
  RateLimit limit;
};

// product.md 3.8; writes are what a hand can do, with room for a client that catches up after a loss of its network.
constexpr Row kRows[] = {
    {Bucket::kDefault, "default", {}},
    {Bucket::kNone, "none", {}},
    {Bucket::kAnonymous, "anonymous", {100, TimeDelta::seconds(900), 100}},
    {Bucket::kLogin, "login", {10, TimeDelta::seconds(900), 10}},
    {Bucket::kReads, "reads", {50, TimeDelta::seconds(1), 100}},
    {Bucket::kWrites, "writes", {10, TimeDelta::seconds(1), 30}},
    {Bucket::kSends, "sends", {5, TimeDelta::seconds(1), 10}},
    {Bucket::kUploads, "uploads", {4, TimeDelta::seconds(1), 20}},
    {Bucket::kCalls, "calls", {6, TimeDelta::seconds(60), 6}},
    {Bucket::kRings, "rings", {3, TimeDelta::seconds(300), 3}},
    {Bucket::kBackend, "backend", {100, TimeDelta::seconds(1), 300}},
};
static_assert(std::size(kRows) == kBuckets);

const Row& row(Bucket bucket) {
  const Row& found = kRows[static_cast<size_t>(bucket)];
  PARLEY_CHECK(found.bucket == bucket);
  return found;
}

/// SipHash-2-4 (Aumasson and Bernstein): a hash that nobody can steer without the key.
class SipHash {
 public:
  SipHash(uint64_t k0, uint64_t k1)
      : v0_(k0 ^ 0x736f6d6570736575),
        v1_(k1 ^ 0x646f72616e646f6d),
        v2_(k0 ^ 0x6c7967656e657261),
        v3_(k1 ^ 0x7465646279746573) {}

  void add(uint8_t byte) {
    word_ |= uint64_t{byte} << (8 * (size_ % 8));
    if (++size_ % 8 == 0) compress(std::exchange(word_, 0));
  }
  uint64_t finish() {
    compress(word_ | static_cast<uint64_t>(size_) << 56);
    v2_ ^= 0xff;
    for (int i = 0; i < 4; ++i) round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void round() {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v1_;
    v0_ += v3_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ = std::rotl(v2_, 32);
  }
  void compress(uint64_t word) {
    v3_ ^= word;
    round();
    round();
    v0_ ^= word;
  }

  uint64_t v0_, v1_, v2_, v3_;
  uint64_t word_ = 0;
  size_t size_ = 0;
};

struct Step {
  RateDecision decision;
  int64_t tat;
};

/// GCRA: a bucket is the instant at which it is full again. One token takes `interval` to come back.
Step decide(int64_t tat, const RateLimit& limit, int64_t now) {
  const int64_t interval = std::max<int64_t>(limit.period.us() / limit.count, 1);
  const int64_t whole = interval * limit.burst;
  const int64_t taken = std::max(tat, now) + interval;
  RateDecision out;
  out.limit = limit.burst;
  out.is_allowed = taken - now <= whole;
  const int64_t next = out.is_allowed ? taken : std::max(tat, now);
  out.remaining = std::max<int64_t>((whole - (next - now)) / interval, 0);
  out.reset = TimeDelta::micros(next - now);
  if (!out.is_allowed) out.retry_after = TimeDelta::micros(taken - now - whole);
  return {out, next};
}

bool is_unlimited(const RateLimit& limit) { return limit.count <= 0 || limit.burst <= 0; }

}  // namespace

std::string_view name_of(Bucket bucket) { return row(bucket).name; }
RateLimit default_limit(Bucket bucket) { return row(bucket).limit; }

RateLimiter::RateLimiter(size_t capacity, uint64_t seed0, uint64_t seed1)
    : places_(std::bit_ceil(std::max(capacity, kWays))), seed0_(seed0), seed1_(seed1) {}

uint64_t RateLimiter::hash(Bucket bucket, std::string_view key) const {
  SipHash hash(seed0_, seed1_);
  hash.add(static_cast<uint8_t>(bucket));
  for (const char c : key) hash.add(static_cast<uint8_t>(c));
  return std::max<uint64_t>(hash.finish(), 1);
}

size_t RateLimiter::set_of(uint64_t hash) const { return hash & (places_.size() - 1) & ~(kWays - 1); }

RateDecision RateLimiter::spend(Bucket bucket, std::string_view key, const RateLimit& limit, Timestamp now) {
  if (is_unlimited(limit)) return {};
  const uint64_t wanted = hash(bucket, key);
  Place* const begin = &places_[set_of(wanted)];
  Place* place = std::find_if(begin, begin + kWays, [&](const Place& p) { return p.key == wanted; });
  if (place == begin + kWays) {
    // Free places are at rest since ever, so they come first.
    place = std::min_element(begin, begin + kWays, [](const Place& a, const Place& b) { return a.tat < b.tat; });
    if (place->key != 0 && place->tat > now.us()) ++evictions_;
    *place = {wanted, std::numeric_limits<int64_t>::min()};
  }
  const Step step = decide(place->tat, limit, now.us());
  place->tat = step.tat;
  return step.decision;
}

RateDecision RateLimiter::look(Bucket bucket, std::string_view key, const RateLimit& limit, Timestamp now) const {
  if (is_unlimited(limit)) return {};
  const uint64_t wanted = hash(bucket, key);
  const Place* const begin = &places_[set_of(wanted)];
  const Place* place = std::find_if(begin, begin + kWays, [&](const Place& p) { return p.key == wanted; });
  const int64_t tat = place == begin + kWays ? std::numeric_limits<int64_t>::min() : place->tat;
  return decide(tat, limit, now.us()).decision;
}

}  // namespace parley::product::access
