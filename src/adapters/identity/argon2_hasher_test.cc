#include "adapters/identity/argon2_hasher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace parley::identity_adapter {
namespace {

using product::ProblemCode;

constexpr Argon2Options kCheap{.passes = 1, .memory = 8192};

TEST(Argon2Hasher, KnowsItsOwnHashes) {
  Argon2Hasher hasher(kCheap);
  const std::string hash = hasher.hash("doğru at pil zımba", Timestamp::never()).value();
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$")) << hash;
  EXPECT_TRUE(hasher.verify("doğru at pil zımba", hash, Timestamp::never()).value());
  EXPECT_FALSE(hasher.verify("dogru at pil zimba", hash, Timestamp::never()).value());
  EXPECT_NE(hasher.hash("doğru at pil zımba", Timestamp::never()).value(), hash);
}

TEST(Argon2Hasher, UsesTheParametersThatWereChosen) {
  Argon2Hasher hasher;
  EXPECT_TRUE(hasher.hash("a password", Timestamp::never())->contains("$m=19456,t=2,p=1$"));
}

TEST(Argon2Hasher, ComparesWithNothingAtTheSameCostAndNeverFindsItRight) {
  Argon2Hasher hasher(kCheap);
  const uint64_t before = hasher.operations();
  EXPECT_FALSE(hasher.verify("nobody's password", "", Timestamp::never()).value());
  EXPECT_FALSE(hasher.verify("nobody's password", "$2b$10$abcdefghijklmnopqrstuv", Timestamp::never()).value());
  EXPECT_FALSE(hasher.verify("x", std::string(5000, '$'), Timestamp::never()).value());
  EXPECT_EQ(hasher.operations() - before, 3u);
}

TEST(Argon2Hasher, TellsHashesOfOtherParametersFromItsOwn) {
  Argon2Hasher cheap(kCheap);
  const Argon2Hasher dear({.passes = 2, .memory = 16'384});
  const std::string hash = cheap.hash("a password", Timestamp::never()).value();
  EXPECT_FALSE(cheap.is_outdated(hash));
  EXPECT_TRUE(dear.is_outdated(hash));
  EXPECT_TRUE(dear.is_outdated(""));
}

TEST(Argon2Hasher, RefusesWhenTooManyWait) {
  Argon2Hasher hasher({.passes = 1, .memory = 8192, .concurrent = 1, .waiting = 0});
  std::atomic<int> refused = 0;
  std::atomic<int> done = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      // Until somebody met somebody else.
      while (refused == 0) {
        const auto hash = hasher.hash("a password", Timestamp::never());
        ++(hash ? done : refused);
        if (!hash) EXPECT_EQ(hash.error().code, ProblemCode::kOverloaded);
      }
    });
  }
  threads.clear();
  EXPECT_GT(refused, 0);
  EXPECT_EQ(hasher.operations(), static_cast<uint64_t>(done));
}

TEST(Argon2Hasher, LetsEverybodyWhoMayWaitHaveATurn) {
  Argon2Hasher hasher({.passes = 1, .memory = 8192, .concurrent = 2, .waiting = 16});
  std::atomic<int> done = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 20; ++j) done += hasher.hash("a password", Timestamp::never()).has_value();
    });
  }
  threads.clear();
  EXPECT_EQ(done, 160);
}

}  // namespace
}  // namespace parley::identity_adapter
