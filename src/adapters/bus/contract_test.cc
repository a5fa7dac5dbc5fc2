// What every bus does: InProcessBus, and RedisBus on a real server.
#include <gtest/gtest.h>

#include <condition_variable>

#include "adapters/bus/in_process_bus.h"
#include "adapters/bus/redis_bus.h"
#include "adapters/bus/test_redis.h"
#include "base/locked_rng.h"
#include "base/test_log.h"

namespace parley::bus {
namespace {

using product::Bus;

enum class Kind : unsigned char { kInProcess, kRedis };

/// An instance that writes down what it hears.
class Instance {
 public:
  explicit Instance(std::unique_ptr<Bus> bus) : bus_(std::move(bus)) {
    for (const char* channel : {"log", "typing"}) {
      bus_->subscribe(channel, [this, channel](const Bus::Message& message) {
        note(std::string(channel) + ":" + std::string(message.payload), std::string(message.sender));
      });
    }
    bus_->on_joined([this] {
      const std::lock_guard lock(mutex_);
      ++joined_;
      changed_.notify_all();
    });
  }
  ~Instance() { bus_->stop(); }
  Bus& operator*() { return *bus_; }
  Bus* operator->() { return bus_.get(); }

  void start() {
    bus_->start();
    EXPECT_TRUE(wait_joined(1));
  }
  bool wait_joined(int times) {
    return wait([&] { return joined_ >= times; });
  }
  /// Waits for so many messages and gives them all.
  std::vector<std::string> hear(size_t count) {
    EXPECT_TRUE(wait([&] { return heard_.size() >= count; }));
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  std::vector<std::string> senders() {
    const std::lock_guard lock(mutex_);
    return senders_;
  }

 private:
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), condition);
  }
  void note(std::string message, std::string sender) {
    const std::lock_guard lock(mutex_);
    heard_.push_back(std::move(message));
    senders_.push_back(std::move(sender));
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> heard_;    ///< Under mutex_.
  std::vector<std::string> senders_;  ///< Under mutex_.
  int joined_ = 0;                    ///< Under mutex_.
  const std::unique_ptr<Bus> bus_;
};

class BusTest : public testing::TestWithParam<Kind> {
 protected:
  std::unique_ptr<Bus> make() {
    if (GetParam() == Kind::kInProcess) return std::make_unique<InProcessBus>(rng_, wire_);
    static TestRedis redis;
    return std::make_unique<RedisBus>(*parse_redis_url(redis.url()), rng_);
  }
  LockedRng<SeededRng> rng_{SeededRng(testing::UnitTest::GetInstance()->random_seed() + 7U)};
  std::shared_ptr<Wire> wire_ = std::make_shared<Wire>();
};

TEST_P(BusTest, CarriesMessagesToTheOthersInTheirOrder) {
  Instance one(make());
  Instance two(make());
  Instance three(make());
  for (Instance* each : {&one, &two, &three}) each->start();
  std::vector<std::string> expected;
  for (int i = 0; i < 500; ++i) {
    const std::string payload = std::to_string(i) + "\r\nş";
    one->publish(i % 2 == 0 ? "log" : "typing", payload);
    expected.push_back((i % 2 == 0 ? "log:" : "typing:") + payload);
  }
  EXPECT_EQ(two.hear(500), expected);
  EXPECT_EQ(three.hear(500), expected);
  EXPECT_EQ(one->stats().published, 500U);
  EXPECT_EQ(two->stats().received, 500U);
}

TEST_P(BusTest, DoesNotBringBackOnesOwnMessages) {
  Instance one(make());
  Instance two(make());
  one.start();
  two.start();
  one->publish("log", "mine");
  two.hear(1);
  two->publish("log", "yours");
  EXPECT_EQ(one.hear(1), std::vector<std::string>{"log:yours"});
}

TEST_P(BusTest, SaysWhoSpeaks) {
  Instance one(make());
  Instance two(make());
  Instance three(make());
  for (Instance* each : {&one, &two, &three}) each->start();
  two->publish("log", "");
  one.hear(1);
  two->publish("log", "");
  one.hear(2);
  three->publish("log", "");
  one.hear(3);
  const auto senders = one.senders();
  EXPECT_FALSE(senders[0].empty());
  EXPECT_EQ(senders[0], senders[1]);
  EXPECT_NE(senders[0], senders[2]);
}

TEST_P(BusTest, DropsAndCountsWhatIsTooLong) {
  Instance one(make());
  Instance two(make());
  one.start();
  two.start();
  one->publish("log", std::string(Bus::kMaxPayload + 1, 'a'));
  one->publish("log", std::string(Bus::kMaxPayload, 'b'));
  EXPECT_EQ(two.hear(1).front().size(), Bus::kMaxPayload + 4);
  EXPECT_EQ(one->stats().dropped, 1U);
}

TEST_P(BusTest, DropsAndCountsWhatIsSaidBeforeAndAfterItsLife) {
  Instance one(make());
  one->publish("log", "early");
  one.start();
  one->stop();
  one->publish("log", "late");
  EXPECT_EQ(one->stats().dropped, 2U);
  EXPECT_FALSE(one->stats().is_up);
}

TEST_P(BusTest, TakesMessagesFromSeveralThreads) {
  Instance one(make());
  Instance two(make());
  one.start();
  two.start();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < 100; ++k) one->publish("log", "x");
      });
    }
  }
  EXPECT_EQ(two.hear(400).size(), 400U);
}

INSTANTIATE_TEST_SUITE_P(Buses, BusTest, testing::Values(Kind::kInProcess, Kind::kRedis),
                         [](const auto& info) { return info.param == Kind::kRedis ? "Redis" : "InProcess"; });

class RedisBusTest : public testing::Test {
 protected:
  std::unique_ptr<Bus> make(const std::string& url) { return std::make_unique<RedisBus>(*parse_redis_url(url), rng_); }
  LockedRng<SeededRng> rng_{SeededRng(testing::UnitTest::GetInstance()->random_seed() + 7U)};
};

TEST_F(RedisBusTest, SCL4_ComesBackWhenTheServerDoes) {
  TestRedis redis;
  Instance one(make(redis.url()));
  Instance two(make(redis.url()));
  one.start();
  two.start();
  redis.stop();
  redis.start();
  ASSERT_TRUE(one.wait_joined(2));
  ASSERT_TRUE(two.wait_joined(2));
  one->publish("log", "again");
  EXPECT_EQ(two.hear(1), std::vector<std::string>{"log:again"});
  EXPECT_EQ(one->stats().reconnects, 1U);
}

TEST_F(RedisBusTest, StartsWithoutAServerAndWaitsForOne) {
  TestRedis redis;
  redis.stop();
  Instance one(make(redis.url()));
  one->start();
  one->publish("log", "nobody hears it");
  EXPECT_EQ(one->stats().dropped, 1U);
  EXPECT_FALSE(one->stats().is_up);
  redis.start();
  EXPECT_TRUE(one.wait_joined(1));
  EXPECT_EQ(one->stats().reconnects, 0U);
}

TEST_F(RedisBusTest, ShowsItsPasswordAndChoosesItsDatabase) {
  TestRedis redis("geheim");
  Instance first(make(redis.url() + "/2"));
  Instance second(make("redis://default:geheim@" + redis.host() + "/2"));
  Instance elsewhere(make(redis.url() + "/3"));
  for (Instance* each : {&first, &second, &elsewhere}) each->start();
  elsewhere->publish("log", "not for these");
  first->publish("log", "for the second");
  EXPECT_EQ(second.hear(1), std::vector<std::string>{"log:for the second"});
}

TEST_F(RedisBusTest, EndsAtAnyMomentOfConnecting) {
  const TestRedis redis;
  for (int i = 0; i < 100; ++i) {
    const auto bus = make(redis.url());
    bus->start();
    for (int k = 0; k < i * 10; ++k) std::this_thread::yield();
    bus->stop();
  }
}

TEST_F(RedisBusTest, SaysWhyItCannotConnectAndNotWithWhat) {
  TestRedis redis("geheim");
  const LogCapture log(log::Level::kWarn);
  Instance one(make("redis://:falsch@" + redis.host()));
  one->start();
  while (!log.text().contains("bus_lost")) std::this_thread::yield();
  EXPECT_TRUE(log.text().contains("WRONGPASS"));
  EXPECT_FALSE(log.text().contains("falsch"));
}

TEST_F(RedisBusTest, KeepsTheNewestWhenTheServerDoesNotRead) {
  TestRedis redis;
  Instance one(make(redis.url()));
  Instance two(make(redis.url()));
  one.start();
  two.start();
  redis.freeze();
  const std::string filler(1000, 'x');
  // More than the kernel's buffers and the queue hold together.
  for (size_t i = 0; i < 20'000; ++i) one->publish("log", filler);
  EXPECT_GT(one->stats().dropped, 0U);
  one->publish("log", "last");
  redis.thaw();
  size_t count = 1;
  while (two.hear(count).back() != "log:last") ++count;
  EXPECT_LT(count, 20'001U);
}

}  // namespace
}  // namespace parley::bus
