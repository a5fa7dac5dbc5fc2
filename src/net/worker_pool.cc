#include "net/worker_pool.h"

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "net/loop.h"

namespace parley::net {

WorkerPool::WorkerPool(WorkerPoolOptions options) : options_(options), running_(options.threads) {
  PARLEY_CHECK(options_.threads > 0);
  for (size_t slot = 0; slot < options_.threads; ++slot) threads_.emplace_back([this, slot] { work(slot); });
  threads_.emplace_back([this] { watch(); });
}

void WorkerPool::post(Job job) {
  Refusal refusal = Refusal::kFull;
  {
    const std::lock_guard lock(mutex_);
    if (!is_stopping_ && queue_.size() < options_.queue) {
      queue_.push_back(std::make_shared<Entry>(Entry{std::move(job)}));
      work_there_.notify_one();
      watch_there_.notify_one();
      return;
    }
    if (is_stopping_) refusal = Refusal::kStopped;
    ++stats_.refused;
  }
  job.refuse(refusal);
}

void WorkerPool::work(size_t slot) {
  std::unique_lock lock(mutex_);
  while (true) {
    work_there_.wait(lock, [this] { return is_stopping_ || !queue_.empty(); });
    if (is_stopping_) return;
    const EntryPtr entry = std::move(queue_.front());
    queue_.pop_front();
    const bool is_late = entry->job.deadline <= Loop::now();
    if (is_late) {
      entry->is_refused = true;
      ++stats_.late;
    } else {
      running_[slot] = entry;
    }
    lock.unlock();
    if (is_late) {
      entry->job.refuse(Refusal::kLate);
    } else {
      entry->job.run();
      entry->job.run = nullptr;  // What it holds is let go here, not by the watcher and not under the lock.
    }
    lock.lock();
    if (is_late) continue;
    running_[slot] = nullptr;
    ++stats_.done;
  }
}

std::vector<std::pair<WorkerPool::EntryPtr, WorkerPool::Refusal>> WorkerPool::take_late(Timestamp now) {
  std::vector<std::pair<EntryPtr, Refusal>> late;
  for (const EntryPtr& entry : queue_) {
    if (entry->job.deadline <= now) late.emplace_back(entry, Refusal::kLate);
  }
  std::erase_if(queue_, [&](const EntryPtr& entry) { return entry->job.deadline <= now; });
  stats_.late += late.size();
  for (const EntryPtr& entry : running_) {
    if (!entry || entry->is_refused || entry->job.deadline > now) continue;
    late.emplace_back(entry, Refusal::kOverrun);
    ++stats_.overrun;
  }
  for (const auto& [entry, why] : late) entry->is_refused = true;
  return late;
}

void WorkerPool::watch() {
  const std::chrono::microseconds period(options_.watch_period.us());
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    const auto has_work = [this] {
      return is_stopping_ || !queue_.empty() ||
             std::ranges::any_of(running_, [](const EntryPtr& e) { return e != nullptr; });
    };
    watch_there_.wait(lock, has_work);
    watch_there_.wait_for(lock, period, [this] { return is_stopping_; });
    auto late = take_late(Loop::now());
    lock.unlock();
    for (auto& [entry, why] : late) entry->job.refuse(why);
    late.clear();
    lock.lock();
  }
}

void WorkerPool::stop() {
  std::deque<EntryPtr> left;
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    left.swap(queue_);
    stats_.refused += left.size();
    work_there_.notify_all();
    watch_there_.notify_all();
  }
  for (const EntryPtr& entry : left) entry->job.refuse(Refusal::kStopped);
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

WorkerPoolStats WorkerPool::stats() const {
  const std::lock_guard lock(mutex_);
  WorkerPoolStats out = stats_;
  out.queued_now = queue_.size();
  out.running_now =
      static_cast<uint64_t>(std::ranges::count_if(running_, [](const EntryPtr& e) { return e != nullptr; }));
  return out;
}

}  // namespace parley::net
