#include "adapters/store/turnstile.h"

#include <gtest/gtest.h>

namespace parley::store {
namespace {

Timestamp soon() { return read_clock() + TimeDelta::seconds(60); }
Timestamp shortly() { return read_clock() + TimeDelta::millis(5); }

TEST(TurnstileTest, ManyMayBeInsideAtOnce) {
  Turnstile turnstile;
  EXPECT_TRUE(turnstile.enter(soon()));
  EXPECT_TRUE(turnstile.enter(soon()));
}

TEST(TurnstileTest, WhoWantsToBeAloneWaitsForThoseInside) {
  Turnstile turnstile;
  ASSERT_TRUE(turnstile.enter(soon()));
  EXPECT_FALSE(turnstile.close(shortly()));
  turnstile.leave();
  EXPECT_TRUE(turnstile.close(shortly()));
}

TEST(TurnstileTest, NobodyEntersWhileItIsClosed) {
  Turnstile turnstile;
  ASSERT_TRUE(turnstile.close(soon()));
  EXPECT_FALSE(turnstile.enter(shortly()));
  turnstile.open();
  EXPECT_TRUE(turnstile.enter(soon()));
}

TEST(TurnstileTest, AClosingThatGaveUpLetsOthersInAgain) {
  Turnstile turnstile;
  ASSERT_TRUE(turnstile.enter(soon()));
  EXPECT_FALSE(turnstile.close(shortly()));
  EXPECT_TRUE(turnstile.enter(soon()));
}

}  // namespace
}  // namespace parley::store
