#include "adapters/store/sqlite_store.h"

#include "adapters/store/unit.h"
#include "base/check.h"

namespace parley::store {
namespace {

class SqliteReadUnit final : public Unit {
 public:
  SqliteReadUnit(StoreCounters& counters, SqliteConnection& connection)
      : Unit(UnitKind::kRead, counters), connection_(connection) {}

 private:
  Attempt<product::SqlRows> execute(std::string_view sql, std::span<const product::SqlValue> arguments) override {
    return connection_.run(sql, arguments);
  }
  SqliteConnection& connection_;
};

}  // namespace

Attempt<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& path, const StoreOptions& options) {
  std::unique_ptr<SqliteStore> store(new SqliteStore(path));
  auto writer = SqliteConnection::open(path, SqliteConnection::Role::kWriter);
  if (!writer) return std::unexpected(std::move(writer.error()));
  for (size_t i = 0; i < std::max<size_t>(options.connections, 1); ++i) {
    auto reader = SqliteConnection::open(path, SqliteConnection::Role::kReader);
    if (!reader) return std::unexpected(std::move(reader.error()));
    store->readers_.give(std::move(*reader));
  }
  store->writer_ = std::make_unique<SqliteWriter>(*store, store->counters_, std::move(*writer),
                                                  std::max<size_t>(options.write_queue, 1));
  return store;
}

product::Outcome<void> SqliteStore::run_unit(UnitKind kind, Timestamp deadline, const Body& body) {
  if (refuses_nesting()) return std::unexpected(nesting_problem());
  return conclude(kind == UnitKind::kRead ? read_unit(deadline, body) : writer_->run(kind, deadline, body));
}

Attempt<void> SqliteStore::read_unit(Timestamp deadline, const Body& body) {
  auto connection = readers_.take(deadline);
  if (connection && read_clock() >= deadline) readers_.give(*std::exchange(connection, std::nullopt));
  if (!connection) return failed(Cause::kDeadline, "all readers were busy");
  SqliteConnection& reader = **connection;
  reader.set_deadline(deadline);
  SqliteReadUnit unit(counters_, reader);
  if (auto begun = reader.control("begin"); !begun) unit.break_with(std::move(begun.error()));
  if (!unit.is_broken()) unit.fill(*this, body);
  reader.set_deadline(Timestamp::never());
  if (reader.is_in_transaction()) (void)reader.control("rollback");
  readers_.give(std::move(*connection));
  if (unit.failure()) return std::unexpected(*unit.failure());
  return {};
}

}  // namespace parley::store
