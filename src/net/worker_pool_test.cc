#include "net/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>

#include "net/loop.h"

namespace parley::net {
namespace {

using Refusal = WorkerPool::Refusal;

Timestamp later() { return Loop::now() + TimeDelta::seconds(60); }

/// A job that runs until it is let go.
struct Blocker {
  std::promise<void> started;
  std::promise<void> release;
  WorkerPool::Job job(Timestamp deadline = later(), std::move_only_function<void(Refusal)> refuse = [](Refusal) {}) {
    return {deadline,
            [this] {
              started.set_value();
              release.get_future().wait();
            },
            std::move(refuse)};
  }
};

TEST(WorkerPool, RunsJobsInTheirOrder) {
  WorkerPool pool({.threads = 1});
  std::vector<int> order;
  std::latch done(3);
  for (int i = 0; i < 3; ++i) {
    pool.post({later(),
               [&, i] {
                 order.push_back(i);
                 done.count_down();
               },
               [](Refusal) { FAIL(); }});
  }
  done.wait();
  pool.stop();
  EXPECT_EQ(order, (std::vector{0, 1, 2}));
  EXPECT_EQ(pool.stats().done, 3u);
}

TEST(WorkerPool, RefusesAtOnceWhenItsQueueIsFull) {
  Blocker blocker;
  std::atomic<int> ran = 0;
  WorkerPool pool({.threads = 1, .queue = 1});
  pool.post(blocker.job());
  blocker.started.get_future().wait();
  pool.post({later(), [&] { ++ran; }, [](Refusal) {}});
  std::optional<Refusal> why;
  pool.post({later(), [&] { ++ran; }, [&](Refusal refusal) { why = refusal; }});
  EXPECT_EQ(why, Refusal::kFull);
  EXPECT_EQ(pool.stats().refused, 1u);
  EXPECT_EQ(pool.stats().queued_now, 1u);
  EXPECT_EQ(pool.stats().running_now, 1u);
  blocker.release.set_value();
}

TEST(WorkerPool, AnswersAJobWhoseDeadlinePassesInTheQueueWithoutRunningIt) {
  Blocker blocker;
  std::promise<Refusal> why;
  WorkerPool pool({.threads = 1, .watch_period = TimeDelta::millis(1)});
  pool.post(blocker.job());
  blocker.started.get_future().wait();
  pool.post({Loop::now() + TimeDelta::millis(5), [] { FAIL(); }, [&](Refusal refusal) { why.set_value(refusal); }});
  EXPECT_EQ(why.get_future().get(), Refusal::kLate);
  EXPECT_EQ(pool.stats().late, 1u);
  blocker.release.set_value();
}

TEST(WorkerPool, TellsThatARunningJobIsOverItsDeadline) {
  Blocker blocker;
  std::promise<Refusal> why;
  WorkerPool pool({.threads = 1, .watch_period = TimeDelta::millis(1)});
  pool.post(blocker.job(Loop::now() + TimeDelta::millis(100), [&](Refusal refusal) { why.set_value(refusal); }));
  EXPECT_EQ(why.get_future().get(), Refusal::kOverrun);
  blocker.release.set_value();
  pool.stop();
  EXPECT_EQ(pool.stats().overrun, 1u);
  EXPECT_EQ(pool.stats().done, 1u);
}

TEST(WorkerPool, RefusesWhatWaitsWhenItStops) {
  Blocker blocker;
  std::promise<Refusal> why;
  WorkerPool pool({.threads = 1});
  pool.post(blocker.job());
  blocker.started.get_future().wait();
  pool.post({later(), [] { FAIL(); }, [&](Refusal refusal) { why.set_value(refusal); }});
  std::thread stopper([&] { pool.stop(); });
  EXPECT_EQ(why.get_future().get(), Refusal::kStopped);
  blocker.release.set_value();
  stopper.join();
  pool.post({later(), [] { FAIL(); }, [](Refusal refusal) { EXPECT_EQ(refusal, Refusal::kStopped); }});
}

TEST(WorkerPool, EndsEveryJobExactlyOnceUnderLoad) {
  std::atomic<int> ran = 0;
  std::atomic<int> refused = 0;
  {
    WorkerPool pool({.threads = 4, .queue = 16, .watch_period = TimeDelta::millis(1)});
    std::vector<std::thread> posters;
    for (int t = 0; t < 4; ++t) {
      posters.emplace_back([&] {
        for (int i = 0; i < 2000; ++i) pool.post({later(), [&] { ++ran; }, [&](Refusal) { ++refused; }});
      });
    }
    for (std::thread& poster : posters) poster.join();
  }
  EXPECT_EQ(ran + refused, 8000);
}

}  // namespace
}  // namespace parley::net
