#include <map>
#include <thread>

#include "adapters/store/test_store.h"

namespace parley::store {
namespace {

using product::execute;
using product::Tx;

class OutboxTest : public OnBothDatabases {
 protected:
  product::Outcome<void> emit(std::vector<product::OutboxEvent> events) {
    return store_->run_write(soon(), [&](Tx& tx) {
      for (const auto& event : events) tx.emit(event);
      return true;
    });
  }
};

TEST_P(OutboxTest, EventsOfACommittedUnitArePendingInOrder) {
  ASSERT_TRUE(emit({{"a", "user:1", R"({"n": 1})"}, {"b", "user:2", R"({"ə": "İ"})"}, {"c", "user:1", "[]"}}));
  const auto pending = store_->outbox().fetch(soon(), 10).value();
  ASSERT_EQ(pending.size(), 3u);
  EXPECT_EQ(pending[0].type, "a");
  EXPECT_EQ(pending[0].payload, R"({"n": 1})");
  EXPECT_EQ(pending[1].resource, "user:2");
  EXPECT_EQ(pending[1].payload, R"({"ə": "İ"})");
  EXPECT_EQ(pending[2].type, "c");
  EXPECT_LT(pending[0].id, pending[1].id);
  EXPECT_LT(pending[1].id, pending[2].id);
  EXPECT_GT(pending[0].created_at.unix_us, 0);
}

TEST_P(OutboxTest, EventsOfABrokenUnitAreNeverSeen) {
  EXPECT_FALSE(store_->run_write(soon(), [](Tx& tx) {
    tx.emit({"a", "r", "{}"});
    execute(tx,
            "insert into sessions (id, user_id, created_at, last_used_at, expires_at) values ('s', 'nobody', 1, 1, 1)");
    return true;
  }));
  EXPECT_TRUE(store_->outbox().fetch(soon(), 10)->empty());
  EXPECT_EQ(store_->outbox().commits(), 0u);
}

TEST_P(OutboxTest, RemovedEventsAreGoneAndTheirIdsAreNotGivenAgain) {
  ASSERT_TRUE(emit({{"a", "r", "{}"}, {"b", "r", "{}"}, {"c", "r", "{}"}}));
  const auto pending = store_->outbox().fetch(soon(), 2).value();
  ASSERT_EQ(pending.size(), 2u);
  const std::vector<int64_t> told{pending[0].id, pending[1].id, pending[1].id + 1};
  ASSERT_TRUE(store_->outbox().remove(soon(), told));
  EXPECT_TRUE(store_->outbox().fetch(soon(), 10)->empty());
  store_.reopen();
  ASSERT_TRUE(emit({{"d", "r", "{}"}}));
  const auto later = store_->outbox().fetch(soon(), 10).value();
  ASSERT_EQ(later.size(), 1u);
  EXPECT_GT(later[0].id, told.back());
}

TEST_P(OutboxTest, ACommitWithEventsWakesWhoWaits) {
  const uint64_t seen = store_->outbox().commits();
  std::jthread waiter([&] { EXPECT_TRUE(store_->outbox().wait(seen, soon())); });
  ASSERT_TRUE(emit({{"a", "r", "{}"}}));
  waiter.join();
  EXPECT_FALSE(store_->outbox().wait(store_->outbox().commits(), now()));
}

TEST_P(OutboxTest, OneResourcesEventsKeepTheOrderOfTheirCommitsUnderConcurrency) {
  // Six threads write events of three resources, without any row in common, while one tells: what it tells of one
  // resource must never go back, by id and by the order in which each thread emitted.
  constexpr int kThreads = 6;
  constexpr int kEach = 60;
  std::atomic<int> running = kThreads;
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i)
        EXPECT_TRUE(emit({{std::to_string(t), "r" + std::to_string(i % 3), std::to_string(i)}}));
      --running;
    });
  std::map<std::string, int64_t> last_id;
  std::map<std::pair<std::string, std::string>, int> last_number;
  int told = 0;
  for (bool is_last_look = false; !is_last_look;) {
    is_last_look = running == 0;
    const auto pending = store_->outbox().fetch(soon(), 50).value();
    std::vector<int64_t> ids;
    for (const PendingEvent& event : pending) {
      EXPECT_GT(event.id, last_id[event.resource]);
      last_id[event.resource] = event.id;
      int& number = last_number.try_emplace({event.resource, event.type}, -1).first->second;
      EXPECT_GT(std::stoi(event.payload), number);
      number = std::stoi(event.payload);
      ids.push_back(event.id);
    }
    ASSERT_TRUE(store_->outbox().remove(soon(), ids));
    told += static_cast<int>(ids.size());
    if (!ids.empty()) is_last_look = false;
  }
  EXPECT_EQ(told, kThreads * kEach);
}

PARLEY_ON_BOTH_DATABASES(OutboxTest);

}  // namespace
}  // namespace parley::store
