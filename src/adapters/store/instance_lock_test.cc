#include "adapters/store/instance_lock.h"

#include "adapters/store/test_store.h"

namespace parley::store {
namespace {

using Company = InstanceLock::Company;

/// Long enough for a loaded machine; a test that reaches it has failed.
constexpr TimeDelta kPatience = TimeDelta::seconds(60);
constexpr TimeDelta kNone = TimeDelta::zero();

class InstanceLockTest : public testing::TestWithParam<Engine> {
 protected:
  Error::Code refusal(Company company) const {
    const auto lock = InstanceLock::take(store_.url(), company, kNone);
    return lock ? Error::Code::kInternal : lock.error().code;
  }
  TestStore store_{GetParam()};
};

TEST_P(InstanceLockTest, SCL2_RefusesASecondThatKnowsNothingOfTheFirst) {
  const auto first = InstanceLock::take(store_.url(), Company::kAlone, kPatience);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_TRUE((*first)->is_held());
  EXPECT_EQ(refusal(Company::kAlone), Error::Code::kAlreadyExists);
  EXPECT_EQ(refusal(Company::kWithOthers), Error::Code::kAlreadyExists);
}

TEST_P(InstanceLockTest, IsFreeAgainWhenItsHolderEnds) {
  {
    const auto first = InstanceLock::take(store_.url(), Company::kAlone, kPatience);
  }
  EXPECT_TRUE(InstanceLock::take(store_.url(), Company::kAlone, kPatience));
}

TEST_P(InstanceLockTest, WaitsForAHolderThatIsJustEnding) {
  auto first = InstanceLock::take(store_.url(), Company::kAlone, kPatience);
  ASSERT_TRUE(first);
  std::jthread ending([&] { first->reset(); });
  EXPECT_TRUE(InstanceLock::take(store_.url(), Company::kAlone, kPatience));
}

TEST_P(InstanceLockTest, LeavesTheDatabaseUsable) {
  const auto lock = InstanceLock::take(store_.url(), Company::kAlone, kPatience);
  ASSERT_TRUE(lock);
  EXPECT_TRUE(migrate(*store_, after(kPatience)));
}

INSTANTIATE_TEST_SUITE_P(Store, InstanceLockTest, testing::Values(Engine::kSqlite, Engine::kPostgres),
                         [](const auto& info) { return info.param == Engine::kSqlite ? "Sqlite" : "Postgres"; });

TEST(InstanceLockOnPostgres, SCL2_LetsThoseTogetherThatKnowOfEachOtherAndNobodyElse) {
  const TestStore store(Engine::kPostgres);
  auto first = InstanceLock::take(store.url(), Company::kWithOthers, kPatience);
  auto second = InstanceLock::take(store.url(), Company::kWithOthers, kPatience);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(InstanceLock::take(store.url(), Company::kAlone, kNone));
  first->reset();
  EXPECT_FALSE(InstanceLock::take(store.url(), Company::kAlone, kNone));
  second->reset();
  EXPECT_TRUE(InstanceLock::take(store.url(), Company::kAlone, kPatience));
}

TEST(InstanceLockOnPostgres, DoesNotConcernAnotherSchema) {
  const TestStore one(Engine::kPostgres);
  const TestStore two(Engine::kPostgres);
  const auto first = InstanceLock::take(one.url(), Company::kAlone, kPatience);
  ASSERT_TRUE(first);
  EXPECT_TRUE(InstanceLock::take(two.url(), Company::kAlone, kNone));
}

TEST(InstanceLockOnPostgres, IsTakenAgainWhenTheDatabaseWasAway) {
  TestPostgres server;
  const auto lock = InstanceLock::take(server.url(), Company::kAlone, kPatience);
  ASSERT_TRUE(lock);
  server.stop();
  const Timestamp deadline = after(kPatience);
  const auto await = [&](bool is_held) {
    while ((*lock)->is_held() != is_held && now() < deadline) std::this_thread::yield();
    EXPECT_EQ((*lock)->is_held(), is_held);
  };
  await(false);
  server.start();
  await(true);
  EXPECT_FALSE(InstanceLock::take(server.url(), Company::kAlone, kNone));
}

TEST(InstanceLockOnPostgres, SaysThatTheDatabaseDoesNotAnswer) {
  TestPostgres server;
  server.stop();
  const auto lock = InstanceLock::take(server.url(), Company::kAlone, kNone);
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, Error::Code::kUnavailable);
}

}  // namespace
}  // namespace parley::store
