#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "adapters/store/sqlite_connection.h"
#include "adapters/store/unit.h"

namespace parley::store {

/// The one thread that writes to a SQLite file. It takes what waits in its queue into one transaction, each unit of
/// work in a savepoint, and wakes the callers when that is durable: many units share one flush of the disk.
class SqliteWriter {
 public:
  SqliteWriter(Database& database, StoreCounters& counters, std::unique_ptr<SqliteConnection> connection, size_t bound);
  /// Runs what is queued, then ends.
  ~SqliteWriter();
  SqliteWriter(const SqliteWriter&) = delete;
  SqliteWriter& operator=(const SqliteWriter&) = delete;

  /// Blocks until the unit is durable or has failed. A unit that has not begun by `deadline` never begins.
  Attempt<void> run(UnitKind kind, Timestamp deadline, const product::Store::Body& body);

 private:
  enum class State : unsigned char { kWaiting, kRunning, kWithdrawn, kDone };
  struct Job {
    UnitKind kind;
    Timestamp deadline;
    const product::Store::Body* body;
    State state = State::kWaiting;  ///< Guarded by mutex_.
    std::optional<Failure> failure;
    bool is_settled = false;  ///< Its fate does not depend on the commit any more.
    bool has_events = false;
    std::condition_variable done;
  };
  /// Shared: a caller whose deadline passes leaves while its job still stands in the queue or in a batch.
  using Jobs = std::vector<std::shared_ptr<Job>>;

  void work();
  bool take(Jobs& jobs);
  void finish(std::span<const std::shared_ptr<Job>> jobs);
  /// One transaction. False when SQLite gave it up because of one of several jobs, which is settled then.
  bool run_together(std::span<const std::shared_ptr<Job>> jobs);
  bool begin(std::span<const std::shared_ptr<Job>> jobs);
  bool commit(std::span<const std::shared_ptr<Job>> jobs);
  void run_one(Job& job);
  bool claim(Job& job);
  static void settle(std::span<const std::shared_ptr<Job>> jobs, const Failure& failure);

  Database& database_;
  StoreCounters& counters_;
  std::unique_ptr<SqliteConnection> connection_;
  size_t bound_;
  std::mutex mutex_;
  std::condition_variable queued_;
  std::deque<std::shared_ptr<Job>> queue_;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace parley::store
