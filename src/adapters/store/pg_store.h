#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "adapters/store/database.h"
#include "adapters/store/fifo_pool.h"
#include "adapters/store/pg_connection.h"
#include "base/guarded.h"
#include "base/rng.h"

namespace parley::store {

/// A PostgreSQL database behind a pool of connections.
class PgStore final : public Database {
 public:
  static Attempt<std::unique_ptr<PgStore>> open(const DatabaseUrl& url, const StoreOptions& options);

  Engine engine() const override { return Engine::kPostgres; }
  product::Outcome<void> run_unit(UnitKind kind, Timestamp deadline, const Body& body) override;
  /// Prisma's `schema`; empty when the address named none.
  const std::string& schema() const { return url_.schema; }

 private:
  /// A place in the pool: a connection, or room for one.
  struct Slot {
    std::unique_ptr<PgConnection> connection;
    uint64_t generation = 0;
  };
  /// When the server may be asked for a connection again, after it refused.
  struct Gate {
    Timestamp opens;
    TimeDelta pause;
    SeededRng rng{0};
  };

  PgStore(const DatabaseUrl& url, const StoreOptions& options);
  Attempt<void> attempt(UnitKind kind, Timestamp deadline, const Body& body);
  Attempt<void> run_on(PgConnection& connection, UnitKind kind, Timestamp deadline, const Body& body);
  Attempt<void> make_ready(Slot& slot, Timestamp deadline);
  Attempt<void> repeat(UnitKind kind, Timestamp deadline, const Body& body);
  void pause_before_retry(int retry, Timestamp deadline);

  DatabaseUrl url_;
  TimeDelta connect_timeout_;
  FifoPool<Slot> slots_;
  /// Units that have met contention go through one after the other: together they would only meet again.
  FifoPool<int> lane_;
  /// Raised when a connection is lost: the older ones are probably lost, too.
  std::atomic<uint64_t> generation_ = 0;
  Guarded<Gate> gate_;
};

}  // namespace parley::store
