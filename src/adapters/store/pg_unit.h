#pragma once

#include "adapters/store/pg_connection.h"
#include "adapters/store/unit.h"

namespace parley::store {

/// A unit of work on one PostgreSQL connection. It begins with its first statement, in the same round trip.
class PgUnit final : public Unit {
 public:
  PgUnit(UnitKind kind, StoreCounters& counters, PgConnection& connection, Timestamp deadline)
      : Unit(kind, counters), connection_(connection), deadline_(deadline) {}

  /// Makes it durable, with its events.
  Attempt<void> commit();
  /// Undoes it; for one that only read, ends it. Does not wait.
  void end();

 private:
  Attempt<product::SqlRows> execute(std::string_view sql, std::span<const product::SqlValue> arguments) override;
  std::string_view begin_sql() const;
  PgConnection::Plan plan() const {
    return kind() == UnitKind::kMaintenance ? PgConnection::Plan::kOnce : PgConnection::Plan::kPrepared;
  }

  PgConnection& connection_;
  Timestamp deadline_;
  bool is_begun_ = false;
};

}  // namespace parley::store
