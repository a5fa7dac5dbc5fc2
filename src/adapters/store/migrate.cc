#include <fmt/format.h>

#include <optional>

#include "adapters/store/clock.h"
#include "adapters/store/maintenance.h"
#include "adapters/store/pg_store.h"
#include "adapters/store/schema.h"

namespace parley::store {
namespace {

/// The one lock that migrating processes take in a PostgreSQL database: any number that nothing else uses ("parley").
constexpr std::string_view kLock = "select pg_advisory_xact_lock(123566302815609)";
constexpr std::string_view kVersionTable =
    "create table if not exists schema_version (version {int} not null primary key, name {text} not null, "
    "applied_at {int} not null) {strict}";

struct Applied {
  int version = 0;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(Applied, (), (version, name))

std::string quoted(std::string_view identifier) {
  std::string out = "\"";
  for (const char c : identifier) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

/// Why this history is not a beginning of ours.
std::optional<std::string> objection(std::span<const Applied> history, std::span<const Migration> known) {
  if (history.size() > known.size())
    return fmt::format(
        "the database is at version {}, this program knows versions up to {}: it belongs to a newer Parley; run that "
        "one, "
        "or restore a backup",
        history.size(), known.size());
  for (size_t i = 0; i < history.size(); ++i)
    if (history[i].version != static_cast<int>(i) + 1 || history[i].name != known[i].name)
      return fmt::format("the database's version {} is '{}', this program's is '{}': it belongs to another program",
                         i + 1, history[i].name, known[i].name);
  return std::nullopt;
}

class Migrator {
 public:
  Migrator(Database& database, std::span<const Migration> known) : database_(database), known_(known) {}

  Result<MigrationReport> run(Timestamp deadline) {
    for (bool is_current = false; !is_current;) {
      const auto done = database_.run_unit(UnitKind::kMaintenance, deadline, [&](product::Tx& tx) {
        is_current = step(tx);
        return !objection_;
      });
      if (!done)
        return fail(Error::Code::kUnavailable, fmt::format("the database could not be migrated from version {}: {}",
                                                           report_.to, done.error().detail));
      if (objection_) return fail(Error::Code::kFailedPrecondition, *objection_);
    }
    report_.from = first_.value_or(0);
    return report_;
  }

 private:
  /// One transaction: takes the lock, looks, applies the next migration. True when there is none.
  bool step(product::Tx& tx) {
    prepare(tx);
    const auto history = product::all<Applied>(tx, "select version, name from schema_version order by version");
    if (tx.is_broken()) return false;
    objection_ = objection(history, known_);
    report_.to = static_cast<int>(history.size());
    if (!first_) first_ = report_.to;
    if (objection_ || history.size() == known_.size()) return true;
    const Migration& next = known_[history.size()];
    for (const std::string_view statement : next.statements) {
      const std::string sql = expand(statement, database_.engine());
      if (!sql.empty()) tx.run(sql, {});
    }
    product::execute(tx, "insert into schema_version (version, name, applied_at) values ($1, $2, $3)", report_.to + 1,
                     next.name, read_wall_clock());
    return false;
  }

  void prepare(product::Tx& tx) {
    if (database_.engine() == Engine::kPostgres) {  // SQLite's transaction is the lock.
      tx.run(kLock, {});
      const std::string& schema = static_cast<PgStore&>(database_).schema();
      if (!schema.empty() && !product::one<int>(tx, "select 1 from pg_namespace where nspname = $1", schema))
        tx.run("create schema " + quoted(schema), {});
    }
    tx.run(expand(kVersionTable, database_.engine()), {});
  }

  Database& database_;
  std::span<const Migration> known_;
  MigrationReport report_;
  std::optional<int> first_;
  std::optional<std::string> objection_;
};

}  // namespace

Result<MigrationReport> migrate(Database& database, Timestamp deadline) {
  return migrate(database, migrations(), deadline);
}

Result<MigrationReport> migrate(Database& database, std::span<const Migration> known, Timestamp deadline) {
  return Migrator(database, known).run(deadline);
}

}  // namespace parley::store
