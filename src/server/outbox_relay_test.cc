#include "server/outbox_relay.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "adapters/store/test_store.h"

namespace parley::server {
namespace {

using product::Outcome;
using product::ProblemCode;
using product::Tx;

/// What the relay did, in order: "recorded user:1", "told user:1".
class Notes {
 public:
  void add(const std::string& note) {
    {
      const std::lock_guard lock(mutex_);
      notes_.push_back(note);
    }
    changed_.notify_all();
  }
  /// Waits until there are so many.
  std::vector<std::string> wait_for(size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60), [&] { return notes_.size() >= count; }));
    return notes_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> notes_;
};

class OutboxRelayTest : public store::OnBothDatabases {
 protected:
  void emit(const std::string& resource) {
    EXPECT_TRUE(store_->write(soon(), [&](Tx& tx) -> Outcome<void> {
      tx.emit({"user.updated", resource, "{}"});
      return {};
    }));
  }
  OutboxRelay::Recorder recorder() {
    return [this](const auto& events, Timestamp) -> Outcome<void> {
      for (const store::PendingEvent& event : events) notes_.add("recorded " + event.resource);
      return {};
    };
  }
  OutboxRelay::Listener listener() {
    return [this](const auto& event, Timestamp) -> Outcome<void> {
      notes_.add("told " + event.resource);
      return {};
    };
  }
  Notes notes_;
};
PARLEY_ON_BOTH_DATABASES(OutboxRelayTest);

TEST_P(OutboxRelayTest, RecordsAnEventBeforeAnybodyIsToldOfIt) {
  emit("user:1");
  OutboxRelay relay(*store_, recorder(), {listener()});
  EXPECT_EQ(notes_.wait_for(2), (std::vector<std::string>{"recorded user:1", "told user:1"}));
}

TEST_P(OutboxRelayTest, TellsNothingThatCouldNotBeRecorded) {
  int refusals = 2;
  const auto refusing = [&](const auto& events, Timestamp until) -> Outcome<void> {
    if (refusals-- == 0) return recorder()(events, until);
    notes_.add("refused");
    return product::refuse(ProblemCode::kDatabaseUnavailable);
  };
  emit("user:1");
  OutboxRelay relay(*store_, refusing, {listener()});
  EXPECT_EQ(notes_.wait_for(4), (std::vector<std::string>{"refused", "refused", "recorded user:1", "told user:1"}));
}

TEST_P(OutboxRelayTest, RecordsOnceWhatAListenerMustBeToldAgain) {
  int refusals = 2;
  const auto refusing = [&](const auto& event, Timestamp until) -> Outcome<void> {
    if (event.resource == "user:1" && refusals-- > 0) return product::refuse(ProblemCode::kRoomBackendUnavailable);
    return listener()(event, until);
  };
  emit("user:1");
  emit("user:2");
  OutboxRelay relay(*store_, recorder(), {refusing});
  EXPECT_EQ(notes_.wait_for(4),
            (std::vector<std::string>{"recorded user:1", "recorded user:2", "told user:2", "told user:1"}));
}

TEST_P(OutboxRelayTest, RecordsAgainAfterARestartWhatWasNotTold) {
  emit("user:1");
  {
    OutboxRelay first(*store_, recorder(), {[](const auto&, Timestamp) -> Outcome<void> {
      return product::refuse(ProblemCode::kRoomBackendUnavailable);
    }});
    notes_.wait_for(1);
  }
  OutboxRelay second(*store_, recorder(), {listener()});
  EXPECT_EQ(notes_.wait_for(3), (std::vector<std::string>{"recorded user:1", "recorded user:1", "told user:1"}));
}

}  // namespace
}  // namespace parley::server
