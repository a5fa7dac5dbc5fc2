#include "product/access/rate_limit.h"

#include <gtest/gtest.h>

#include <string>

#include "base/rng.h"

namespace parley::product::access {
namespace {

constexpr RateLimit kTenASecond{10, TimeDelta::seconds(1), 20};

TEST(RateLimit, EveryBucketHasItsRow) {
  for (size_t i = 0; i < kBuckets; ++i) EXPECT_FALSE(name_of(static_cast<Bucket>(i)).empty());
  EXPECT_EQ(default_limit(Bucket::kAnonymous).count, 100);
  EXPECT_EQ(default_limit(Bucket::kAnonymous).period, TimeDelta::seconds(900));
}

TEST(RateLimit, AllowsABurstAndThenTheRate) {
  RateLimiter limiter(64, 1, 2);
  const Timestamp start = Timestamp::seconds(5);
  for (int i = 0; i < 20; ++i) {
    const RateDecision decision = limiter.spend(Bucket::kReads, "a", kTenASecond, start);
    EXPECT_TRUE(decision.is_allowed) << i;
    EXPECT_EQ(decision.remaining, 19 - i);
    EXPECT_EQ(decision.limit, 20);
  }
  const RateDecision refused = limiter.spend(Bucket::kReads, "a", kTenASecond, start);
  EXPECT_FALSE(refused.is_allowed);
  EXPECT_EQ(refused.remaining, 0);
  EXPECT_EQ(refused.retry_after, TimeDelta::millis(100));
  EXPECT_EQ(refused.reset, TimeDelta::seconds(2));
  EXPECT_FALSE(limiter.spend(Bucket::kReads, "a", kTenASecond, start + TimeDelta::millis(99)).is_allowed);
  EXPECT_TRUE(limiter.spend(Bucket::kReads, "a", kTenASecond, start + TimeDelta::millis(100)).is_allowed);
}

TEST(RateLimit, ARefusalCostsNothing) {
  RateLimiter limiter(64, 1, 2);
  for (int i = 0; i < 1000; ++i) limiter.spend(Bucket::kReads, "a", kTenASecond, Timestamp::seconds(5));
  EXPECT_TRUE(limiter.spend(Bucket::kReads, "a", kTenASecond, Timestamp::millis(5100)).is_allowed);
}

TEST(RateLimit, NeverAllowsMoreThanBurstAndRateInAnyOrderOfCalls) {
  SeededRng rng(7);
  RateLimiter limiter(64, 1, 2);
  int64_t allowed = 0;
  int64_t ms = 0;
  for (int i = 0; i < 20'000; ++i) {
    ms += static_cast<int64_t>(rng.below(40));
    allowed += limiter.spend(Bucket::kReads, "a", kTenASecond, Timestamp::millis(ms)).is_allowed ? 1 : 0;
    ASSERT_LE(allowed, 20 + ms / 100 + 1);
  }
  EXPECT_GE(allowed, ms / 100 - 1);
}

TEST(RateLimit, KeysAndBucketsAreApart) {
  RateLimiter limiter(64, 1, 2);
  constexpr RateLimit kOne{1, TimeDelta::seconds(1), 1};
  EXPECT_TRUE(limiter.spend(Bucket::kReads, "a", kOne, {}).is_allowed);
  EXPECT_FALSE(limiter.spend(Bucket::kReads, "a", kOne, {}).is_allowed);
  EXPECT_TRUE(limiter.spend(Bucket::kReads, "b", kOne, {}).is_allowed);
  EXPECT_TRUE(limiter.spend(Bucket::kWrites, "a", kOne, {}).is_allowed);
}

TEST(RateLimit, LookingTakesNothing) {
  RateLimiter limiter(64, 1, 2);
  constexpr RateLimit kOne{1, TimeDelta::seconds(1), 1};
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(limiter.look(Bucket::kReads, "a", kOne, {}).is_allowed);
  limiter.spend(Bucket::kReads, "a", kOne, {});
  EXPECT_FALSE(limiter.look(Bucket::kReads, "a", kOne, {}).is_allowed);
}

TEST(RateLimit, NoLimitIsNoLimit) {
  RateLimiter limiter(64, 1, 2);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(limiter.spend(Bucket::kNone, "a", {}, {}).is_allowed);
}

TEST(RateLimit, AFloodFromManyAddressesNeitherGrowsItNorFreesTheWorstOffender) {
  RateLimiter limiter(1024, 3, 4);
  const RateLimit anonymous = default_limit(Bucket::kAnonymous);
  while (limiter.spend(Bucket::kAnonymous, "worst", anonymous, {}).is_allowed) continue;
  for (int i = 0; i < 200'000; ++i) limiter.spend(Bucket::kAnonymous, std::to_string(i), anonymous, {});
  EXPECT_EQ(limiter.capacity(), 1024u);
  EXPECT_GT(limiter.evictions(), 100'000u);
  EXPECT_FALSE(limiter.spend(Bucket::kAnonymous, "worst", anonymous, {}).is_allowed);
}

TEST(RateLimit, KeysAtRestGiveUpTheirPlacesUncounted) {
  RateLimiter limiter(1024, 3, 4);
  for (int i = 0; i < 10'000; ++i) {
    limiter.spend(Bucket::kReads, std::to_string(i), kTenASecond, Timestamp::seconds(i));
  }
  EXPECT_EQ(limiter.evictions(), 0u);
}

}  // namespace
}  // namespace parley::product::access
