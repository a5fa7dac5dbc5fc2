#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "adapters/store/outbox.h"
#include "base/redacted.h"
#include "base/result.h"
#include "product/ports/store.h"

namespace parley::store {

struct Failure;

enum class Engine : unsigned char { kSqlite, kPostgres };

struct StoreOptions {
  /// A file's path, `file:PATH`, `sqlite:PATH`, or `postgres://` / `postgresql://` as libpq has it, with Prisma's
  /// `?schema=NAME` besides.
  Redacted<std::string> url;
  /// SQLite: readers beside the one writer. PostgreSQL: connections. Each reader holds a page cache (2 MB) or a server
  /// process (10 MB); fewer make requests wait for each other.
  size_t connections = 8;
  /// SQLite: units of work that may wait for the writer; one more is refused with kOverloaded.
  size_t write_queue = 4096;
  /// PostgreSQL: how long one attempt to connect may take. open_store() makes one.
  TimeDelta connect_timeout = TimeDelta::seconds(5);
};

/// What a store has done since it was opened: for metrics and for tests that count.
struct StoreCounters {
  std::atomic<uint64_t> statements = 0;  ///< Run by units' bodies.
  std::atomic<uint64_t> units = 0;       ///< Bodies run, repetitions included.
  std::atomic<uint64_t> commits = 0;     ///< Durable transactions; on SQLite one carries many units.
  std::atomic<uint64_t> retries = 0;     ///< Units repeated after a serialisation failure, deadlock or lost connection.
  std::atomic<uint64_t> reconnects = 0;  ///< PostgreSQL connections opened.
  std::atomic<uint64_t> unavailable = 0;  ///< Units that ended in kDatabaseUnavailable.
  std::atomic<uint64_t> late = 0;         ///< Units that ended in kDeadlineExceeded.
  std::atomic<uint64_t> overloaded = 0;   ///< Units refused because the queue was full.
};

/// How units of work are isolated from each other.
enum class UnitKind : unsigned char {
  kRead,         ///< One snapshot, no writing.
  kWrite,        ///< Serialisable: what the body has read is still so when it commits.
  kMaintenance,  ///< Each statement sees what is committed when it begins. For migrations and the outbox, which lock.
};

/// The product's store with what the server needs besides. Deadlines are on the steady clock (as net::Loop::now()).
/// Bodies must not throw; on SQLite those that write run on the writer's thread. A body that calls the store it runs in
/// is refused as a bug, because it would wait for itself.
class Database : public product::Store {
 public:
  virtual Engine engine() const = 0;
  virtual product::Outcome<void> run_unit(UnitKind kind, Timestamp deadline, const Body& body) = 0;

  product::Outcome<void> run_write(Timestamp deadline, const Body& body) final {
    return run_unit(UnitKind::kWrite, deadline, body);
  }
  product::Outcome<void> run_read(Timestamp deadline, const Body& body) final {
    return run_unit(UnitKind::kRead, deadline, body);
  }

  Outbox& outbox() { return outbox_; }
  const StoreCounters& counters() const { return counters_; }
  uint64_t statement_count() const { return counters_.statements; }

 protected:
  Database() : outbox_(*this) {}
  /// Whether the calling thread is in a body of this store already: a bug, reported here.
  bool refuses_nesting() const;
  static product::Problem nesting_problem();
  /// Counts the result of a unit and says it as the product's.
  product::Outcome<void> conclude(const Result<void, Failure>& done);
  StoreCounters counters_;

 private:
  Outbox outbox_;
};

/// Opens (SQLite: creates) the database and proves that it answers. Does not migrate. The error's text names no secret.
Result<std::unique_ptr<Database>> open_store(const StoreOptions& options);

/// The steady clock, for deadlines.
Timestamp now();
inline Timestamp after(TimeDelta time) { return now() + time; }

}  // namespace parley::store
