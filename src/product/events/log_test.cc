#include "product/events/log.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "adapters/store/test_store.h"

namespace parley::product::events {
namespace {

class EventLog : public store::OnBothDatabases {
 protected:
  void emit(const std::string& resource, const std::string& type) {
    const auto done = write([&](Tx& tx) -> Outcome<void> {
      tx.emit({type, resource, "{}"});
      return {};
    });
    ASSERT_TRUE(done) << done.error().detail;
  }
  int64_t newest() { return store_->outbox().fetch(soon(), 1000)->back().id; }
  int64_t append_up_to(int64_t id) {
    return *write([&](Tx& tx) -> Outcome<int64_t> { return append(tx, id); });
  }
  std::vector<LoggedEvent> after(int64_t position) {
    return *read([&](Tx& tx) -> Outcome<std::vector<LoggedEvent>> { return read_after(tx, position, 1000); });
  }
  LogRange whole() {
    return *read([](Tx& tx) -> Outcome<LogRange> { return range(tx); });
  }
};

TEST_P(EventLog, IsEmptyAtFirst) {
  EXPECT_EQ(whole().first, 1);
  EXPECT_EQ(whole().last, 0);
  EXPECT_TRUE(after(0).empty());
}

TEST_P(EventLog, GivesPlacesFromOneInTheOrderOfTheOutbox) {
  emit("channel:a", "one");
  emit("channel:b", "two");
  emit("channel:a", "three");
  EXPECT_EQ(append_up_to(newest()), 3);
  const auto events = after(0);
  ASSERT_EQ(events.size(), 3U);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(events[i].position, static_cast<int64_t>(i) + 1);
  EXPECT_EQ(events[1].type, "two");
  EXPECT_EQ(events[2].resource, "channel:a");
}

TEST_P(EventLog, LeavesAnEventThatIsAppendedTwiceWhereItIs) {
  emit("channel:a", "one");
  const int64_t first = newest();
  EXPECT_EQ(append_up_to(first), 1);
  emit("channel:a", "two");
  EXPECT_EQ(append_up_to(first), 1);
  EXPECT_EQ(append_up_to(newest()), 2);
  EXPECT_EQ(append_up_to(newest()), 2);
  EXPECT_EQ(after(0).size(), 2U);
  EXPECT_EQ(after(1).front().type, "two");
}

TEST_P(EventLog, ReadsTheEventsOfManyResourcesInOrder) {
  std::vector<std::string> wanted;
  for (int i = 0; i < 600; ++i) {
    if (i % 2 == 0) wanted.push_back("channel:" + std::to_string(i));
  }
  const auto done = write([&](Tx& tx) -> Outcome<void> {
    for (int i = 0; i < 600; ++i) tx.emit({"it", "channel:" + std::to_string(i), "{}"});
    return {};
  });
  ASSERT_TRUE(done) << done.error().detail;
  append_up_to(newest());
  const auto found = *read([&](Tx& tx) -> Outcome<std::vector<LoggedEvent>> {
    return read_of(tx, {.after = 10, .last = 590}, wanted, 1000);
  });
  std::vector<int64_t> expected;
  for (const LoggedEvent& event : after(10)) {
    if (event.position <= 590 && std::ranges::find(wanted, event.resource) != wanted.end())
      expected.push_back(event.position);
  }
  EXPECT_GT(expected.size(), 256U);
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i].position, expected[i]);
}

TEST_P(EventLog, ForgetsWhatIsOldAndKeepsCounting) {
  emit("channel:a", "one");
  append_up_to(newest());
  ASSERT_TRUE(store_->outbox().remove(soon(), std::vector{newest()}));
  const WallTime later{after(0).front().created_at.unix_us + kKept.us() + 1};
  EXPECT_EQ(*write([&](Tx& tx) -> Outcome<int64_t> { return sweep(tx, later); }), 1);
  EXPECT_EQ(whole().first, 2);
  EXPECT_EQ(whole().last, 1);
  emit("channel:a", "two");
  EXPECT_EQ(append_up_to(newest()), 2);
  EXPECT_EQ(after(0).front().position, 2);
}

TEST_P(EventLog, HasNoHolesAndKeepsEachResourcesOrderUnderSeveralRelays) {
  constexpr int kWriters = 4;
  constexpr int kEach = 40;
  std::atomic<int> writing = kWriters;
  std::vector<std::jthread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      for (int i = 0; i < kEach; ++i) {
        emit("channel:" + std::to_string(i % 2), std::to_string(w) + "/" + std::to_string(i));
      }
      --writing;
    });
  }
  for (int r = 0; r < 2; ++r) {
    threads.emplace_back([&] {
      for (bool is_last = false; !is_last;) {
        is_last = writing == 0;
        const auto pending = store_->outbox().fetch(soon(), 1000);
        ASSERT_TRUE(pending);
        if (!pending->empty()) append_up_to(pending->back().id);
      }
    });
  }
  threads.clear();
  const auto events = after(0);
  ASSERT_EQ(events.size(), static_cast<size_t>(kWriters * kEach));
  std::map<std::string, std::vector<std::string>> by_resource;
  for (size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].position, static_cast<int64_t>(i) + 1);
    by_resource[events[i].resource].push_back(events[i].type);
  }
  // The outbox's ids are the order of the commits of one resource.
  for (const auto& [resource, types] : by_resource) {
    std::vector<std::string> committed;
    for (const auto& event : *store_->outbox().fetch(soon(), 1000)) {
      if (event.resource == resource) committed.push_back(event.type);
    }
    EXPECT_EQ(types, committed) << resource;
  }
}

PARLEY_ON_BOTH_DATABASES(EventLog);

}  // namespace
}  // namespace parley::product::events
