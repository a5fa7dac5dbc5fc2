#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/time.h"

namespace parley::net {

struct WorkerPoolOptions {
  unsigned threads = 8;  ///< Jobs at a time. They wait for the database most of the time, so more than cores.
  size_t queue = 1024;   ///< Jobs that may wait; at 10 ms each on 8 threads the last of them waits 1.3 s.
  /// How often deadlines of waiting and running jobs are looked at, so how late a refusal may come.
  TimeDelta watch_period = TimeDelta::millis(50);
};

/// Counts since the start, except where "now" is said.
struct WorkerPoolStats {
  uint64_t queued_now = 0;
  uint64_t running_now = 0;
  uint64_t done = 0;     ///< Run to their end.
  uint64_t refused = 0;  ///< The queue was full, or the pool had stopped.
  uint64_t late = 0;     ///< Their deadline passed in the queue; not run.
  uint64_t overrun = 0;  ///< Their deadline passed while they ran.
};

/// Threads for work that blocks (the database), away from those of the sockets. First come, first served.
class WorkerPool {
 public:
  enum class Refusal : unsigned char {
    kFull,     ///< The queue is at its limit.
    kLate,     ///< The deadline passed in the queue.
    kOverrun,  ///< The deadline passed while it runs; it goes on running.
    kStopped,
  };
  struct Job {
    Timestamp deadline;  ///< On the clock of Loop::now().
    std::move_only_function<void()> run;
    /// Called at most once, on any thread: instead of `run`, or (kOverrun) while it runs. Must not block.
    std::move_only_function<void(Refusal)> refuse;
  };

  explicit WorkerPool(WorkerPoolOptions options);
  ~WorkerPool() { stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Never blocks; a job that finds no place is refused before this returns.
  void post(Job job);
  /// Refuses what waits, lets what runs finish, and joins. Not from a job. Idempotent.
  void stop();
  WorkerPoolStats stats() const;

 private:
  struct Entry {
    Job job;
    bool is_refused = false;  ///< Under mutex_.
  };
  using EntryPtr = std::shared_ptr<Entry>;  ///< Shared by the worker that runs it and the watcher.

  void work(size_t slot);
  void watch();
  /// Takes the jobs whose deadline has passed, with why.
  std::vector<std::pair<EntryPtr, Refusal>> take_late(Timestamp now);

  const WorkerPoolOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable work_there_;
  std::condition_variable watch_there_;
  std::deque<EntryPtr> queue_;     ///< Under mutex_; at most options_.queue.
  std::vector<EntryPtr> running_;  ///< Under mutex_; one place per thread.
  bool is_stopping_ = false;       ///< Under mutex_.
  WorkerPoolStats stats_;          ///< Under mutex_.
  std::vector<std::thread> threads_;
};

}  // namespace parley::net
