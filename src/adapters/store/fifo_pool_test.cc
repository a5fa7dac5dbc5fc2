#include "adapters/store/fifo_pool.h"

#include <gtest/gtest.h>

#include <thread>

namespace parley::store {
namespace {

TEST(FifoPoolTest, WhoAsksFirstIsServedFirst) {
  constexpr int kWaiters = 8;
  FifoPool<int> pool;
  std::vector<int> served;
  std::mutex mutex;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kWaiters; ++i) {
      threads.emplace_back([&, i] {
        const auto item = pool.take(Timestamp::never());
        {
          const std::lock_guard lock(mutex);
          served.push_back(i);
        }
        pool.give(*item);
      });
      while (pool.waiting() != static_cast<size_t>(i) + 1) std::this_thread::yield();
    }
    pool.give(1);
  }
  EXPECT_EQ(served, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST(FifoPoolTest, WhoWaitsTooLongLeavesTheQueue) {
  FifoPool<int> pool;
  EXPECT_FALSE(pool.take(read_clock() + TimeDelta::millis(5)));
  EXPECT_EQ(pool.waiting(), 0u);
  pool.give(7);
  EXPECT_EQ(pool.take(read_clock()), 7);
}

}  // namespace
}  // namespace parley::store
