#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "adapters/store/database.h"
#include "adapters/store/fifo_pool.h"
#include "adapters/store/pg_connection.h"
#include "adapters/store/turnstile.h"
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
  Attempt<void> attempt_among_others(UnitKind kind, Timestamp deadline, const Body& body);
  Attempt<void> attempt_alone(UnitKind kind, Timestamp deadline, const Body& body);
  void pause_before_retry(int retry, Timestamp deadline);

  DatabaseUrl url_;
  TimeDelta connect_timeout_;
  FifoPool<Slot> slots_;
  /// Writing units are inside while they run. One that has met contention again and again gets it for itself: on a row
  /// that everybody writes, serialisable units would otherwise fail each other without end.
  Turnstile writers_;
  /// The place of the one unit that may close writers_.
  FifoPool<int> lane_;
  /// Raised when a connection is lost: the older ones are probably lost, too.
  std::atomic<uint64_t> generation_ = 0;
  Guarded<Gate> gate_;
};

}  // namespace parley::store
