#include "edge/realtime/presence.h"

#include <gtest/gtest.h>

namespace parley::realtime {
namespace {

using product::UserId;
using enum PresenceState;

const UserId kAnna{"anna"};
const UserId kBora{"bora"};

Timestamp at(int64_t seconds) { return Timestamp() + TimeDelta::seconds(1000 + seconds); }

class PresenceTest : public testing::Test {
 protected:
  /// What is told at a second, of one user; nullopt when nothing is.
  std::optional<PresenceState> told(int64_t second, const UserId& user = kAnna) {
    std::optional<PresenceState> state;
    for (const UserPresence& change : book_.changes(at(second))) {
      EXPECT_FALSE(state && change.user_id == user) << "told twice";
      if (change.user_id == user) state = change.state;
    }
    return state;
  }
  PresenceBook book_;
};

TEST_F(PresenceTest, TellsOnceThatSomebodyCame) {
  book_.set(kAnna, "phone", kActive);
  EXPECT_EQ(told(0), kActive);
  EXPECT_EQ(told(1), std::nullopt);
  EXPECT_EQ(book_.seen(kAnna), kActive);
  EXPECT_EQ(book_.seen(kBora), kOffline);
}

TEST_F(PresenceTest, IsTheBestOfAllDevices) {
  book_.set(kAnna, "phone", kBackground);
  EXPECT_EQ(told(0), kBackground);
  book_.set(kAnna, "desk", kIdle);
  EXPECT_EQ(told(1), kIdle);
  book_.set(kAnna, "phone", kActive);
  EXPECT_EQ(told(2), kActive);
  book_.remove(kAnna, "phone", at(3));
  EXPECT_EQ(told(3), kIdle);
}

TEST_F(PresenceTest, LetsTheWishNotToBeDisturbedWinOverADeviceInUse) {
  book_.set(kAnna, "phone", kDnd);
  book_.set(kAnna, "desk", kActive);
  EXPECT_EQ(told(0), kDnd);
}

TEST_F(PresenceTest, ShowsWhoIsInvisibleAsOffline) {
  book_.set(kAnna, "desk", kActive);
  EXPECT_EQ(told(0), kActive);
  book_.set(kAnna, "desk", kInvisible);
  EXPECT_EQ(told(1), kOffline);
  EXPECT_EQ(book_.own(kAnna), kInvisible);
}

TEST_F(PresenceTest, SaysNothingWhenAPageIsReloaded) {
  book_.set(kAnna, "one", kActive);
  EXPECT_EQ(told(0), kActive);
  book_.remove(kAnna, "one", at(1));
  EXPECT_EQ(told(2), std::nullopt);
  EXPECT_EQ(told(20), std::nullopt);
  book_.set(kAnna, "two", kActive);
  EXPECT_EQ(told(40), std::nullopt);
}

TEST_F(PresenceTest, TellsThatSomebodyIsGoneWhenTheGraceIsOver) {
  book_.set(kAnna, "one", kActive);
  EXPECT_EQ(told(0), kActive);
  book_.remove(kAnna, "one", at(1));
  EXPECT_EQ(told(20), std::nullopt);
  EXPECT_EQ(told(21), kOffline);
  EXPECT_EQ(told(22), std::nullopt);
}

TEST_F(PresenceTest, CountsDevicesOnOtherInstancesUntilTheirLeaseEnds) {
  book_.hear("b", kAnna, kActive, at(0));
  EXPECT_EQ(told(0), kActive);
  book_.set(kAnna, "phone", kIdle);
  EXPECT_EQ(told(1), std::nullopt);
  EXPECT_EQ(told(60), kIdle);
  EXPECT_EQ(book_.own(kAnna), kIdle);
}

TEST_F(PresenceTest, ForgetsAnInstanceThatFellSilent) {
  book_.hear("b", kAnna, kActive, at(0));
  EXPECT_EQ(told(1), kActive);
  EXPECT_EQ(told(59), std::nullopt);
  EXPECT_EQ(told(60), kOffline);
  EXPECT_TRUE(book_.own_all().empty());
}

TEST_F(PresenceTest, BelievesAnInstanceThatSaysThatSomebodyLeft) {
  book_.hear("b", kAnna, kActive, at(0));
  book_.set(kAnna, "phone", kIdle);
  EXPECT_EQ(told(0), kActive);
  book_.hear("b", kAnna, kOffline, at(1));
  EXPECT_EQ(told(1), kIdle);
}

TEST_F(PresenceTest, SaysNothingWhenAPageIsReloadedOnAnotherInstance) {
  book_.hear("b", kAnna, kActive, at(0));
  EXPECT_EQ(told(0), kActive);
  book_.hear("b", kAnna, kOffline, at(1));
  EXPECT_EQ(told(2), std::nullopt);
  book_.set(kAnna, "phone", kActive);
  EXPECT_EQ(told(40), std::nullopt);
  book_.hear("c", kBora, kIdle, at(40));
  EXPECT_EQ(told(40), std::nullopt);
}

TEST_F(PresenceTest, TellsThatSomebodyHasLeftAnotherInstanceWhenTheGraceIsOver) {
  book_.hear("b", kAnna, kActive, at(0));
  EXPECT_EQ(told(0), kActive);
  book_.hear("b", kAnna, kOffline, at(1));
  EXPECT_EQ(told(20), std::nullopt);
  EXPECT_EQ(told(21), kOffline);
}

TEST_F(PresenceTest, BelievesTheOthersWhileTheyCannotBeHeardAndALeaseLonger) {
  book_.hear("b", kAnna, kActive, at(0));
  EXPECT_EQ(told(0), kActive);
  book_.hold(at(50));
  EXPECT_EQ(told(109), std::nullopt);
  EXPECT_EQ(told(110), kOffline);
}

TEST_F(PresenceTest, SaysToOthersWhatItHoldsItself) {
  book_.set(kAnna, "phone", kIdle);
  book_.hear("b", kBora, kActive, at(0));
  const auto own = book_.own_all();
  ASSERT_EQ(own.size(), 1U);
  EXPECT_EQ(own.front().user_id, kAnna);
  EXPECT_EQ(own.front().state, kIdle);
}

}  // namespace
}  // namespace parley::realtime
