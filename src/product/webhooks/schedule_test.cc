#include "product/webhooks/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "product/webhooks/types.h"

namespace parley::product::webhooks {
namespace {

constexpr WallTime kStart{1'800'000'000'000'000};
constexpr WallTime kEnd{kStart.unix_us + kRetryWindow.us()};

TEST(WebhookSchedule, PausesDoubleFromASecondToAnHourWithAQuarterOfChance) {
  SeededRng rng(1);
  for (int64_t attempts = 1; attempts <= 30; ++attempts) {
    const double wanted = std::min(std::pow(2.0, static_cast<double>(attempts - 1)), 3600.0);
    for (int i = 0; i < 200; ++i) {
      const auto next = next_attempt(attempts, kStart, kEnd, rng);
      ASSERT_TRUE(next);
      const double pause = static_cast<double>(next->unix_us - kStart.unix_us) / 1e6;
      EXPECT_GE(pause, wanted * 0.749) << attempts;
      EXPECT_LE(pause, wanted * 1.251) << attempts;
    }
  }
}

TEST(WebhookSchedule, FillsTheWindowAndTriesOnceMoreAtItsEnd) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    SeededRng rng(seed);
    WallTime now = kStart;
    int64_t attempts = 1;
    while (const auto next = next_attempt(attempts, now, kEnd, rng)) {
      ASSERT_GT(*next, now) << "seed " << seed;
      now = *next;
      ++attempts;
    }
    EXPECT_EQ(now, kEnd) << "seed " << seed;
    EXPECT_GE(attempts, 30) << "seed " << seed;
    EXPECT_LE(attempts, kMaxAttemptsKept) << "seed " << seed;
  }
}

TEST(WebhookSchedule, IsOverWhenTheWindowIs) {
  SeededRng rng(1);
  EXPECT_FALSE(next_attempt(1, kEnd, kEnd, rng));
  EXPECT_FALSE(next_attempt(1, WallTime{kEnd.unix_us + 1}, kEnd, rng));
  EXPECT_EQ(next_attempt(1, WallTime{kEnd.unix_us - 1}, kEnd, rng), kEnd);
}

TEST(WebhookSchedule, HoldsForAnyNumberOfAttempts) {
  SeededRng rng(1);
  const auto next = next_attempt(std::numeric_limits<int64_t>::max(), kStart, kEnd, rng);
  ASSERT_TRUE(next);
  EXPECT_LE(next->unix_us, kStart.unix_us + kMaxPause.us() * 5 / 4);
}

}  // namespace
}  // namespace parley::product::webhooks
