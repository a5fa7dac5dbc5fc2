#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace parley::product::access {

/// What is counted together; product.md 3.8. Numbers are configuration.
enum class Bucket : unsigned char {
  kDefault,    ///< The frame chooses: kAnonymous, kReads, kWrites or kBackend.
  kNone,       ///< Not counted: signed webhooks of the SFU.
  kAnonymous,  ///< Per address.
  kLogin,      ///< Per address and account.
  kReads,      ///< Per user.
  kWrites,     ///< Per user.
  kSends,      ///< Per user and channel.
  kUploads,    ///< Per user.
  kCalls,      ///< Starts of calls, per user.
  kRings,      ///< Of the same person, per user.
  kBackend,    ///< Per server API key that acts for nobody: another server's requests, not a hand's.
};
inline constexpr size_t kBuckets = 11;
std::string_view name_of(Bucket bucket);

/// `burst` at once, and `count` per `period` in the long run.
struct RateLimit {
  int64_t count = 0;
  TimeDelta period;
  int64_t burst = 0;
};
RateLimit default_limit(Bucket bucket);

struct RateDecision {
  bool is_allowed = true;
  int64_t limit = 0;      ///< The burst.
  int64_t remaining = 0;  ///< Of the burst, after this one.
  TimeDelta reset;        ///< Until the burst is whole again.
  TimeDelta retry_after;  ///< When refused: until the next one is allowed.
};

/// Token buckets for any number of keys in a fixed amount of memory. A bucket is one instant (GCRA: when it will be
/// full again), so a full one needs no place. Keys share sets of eight places; when a set is full of keys that are not
/// at rest, the one nearest to rest is forgotten: who floods from many addresses makes the mild ones forgotten first,
/// never the worst. Not thread-safe; owner: the frame of the API, under its lock.
class RateLimiter {
 public:
  /// 16 bytes for each of `capacity` keys, rounded up to a power of two. `seed` is a secret, so that nobody can aim at
  /// another key's set.
  RateLimiter(size_t capacity, uint64_t seed0, uint64_t seed1);

  /// Takes one from the bucket of `key`, if there is one.
  RateDecision spend(Bucket bucket, std::string_view key, const RateLimit& limit, Timestamp now);
  /// The same without taking.
  RateDecision look(Bucket bucket, std::string_view key, const RateLimit& limit, Timestamp now) const;
  size_t capacity() const { return places_.size(); }
  /// Keys that were forgotten before they were at rest. Grows only under attack or when the capacity is too small.
  uint64_t evictions() const { return evictions_; }

 private:
  struct Place {
    uint64_t key = 0;  ///< Hash; 0 is free.
    int64_t tat = 0;   ///< Theoretical arrival time, microseconds of the monotonic clock.
  };
  static constexpr size_t kWays = 8;

  uint64_t hash(Bucket bucket, std::string_view key) const;
  size_t set_of(uint64_t hash) const;

  std::vector<Place> places_;
  uint64_t seed0_;
  uint64_t seed1_;
  uint64_t evictions_ = 0;
};

}  // namespace parley::product::access
