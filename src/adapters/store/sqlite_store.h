#pragma once

#include <memory>
#include <string>

#include "adapters/store/database.h"
#include "adapters/store/fifo_pool.h"
#include "adapters/store/sqlite_connection.h"
#include "adapters/store/sqlite_writer.h"

namespace parley::store {

/// A SQLite file: one writer, and readers beside it, each unit on the snapshot it began with.
class SqliteStore final : public Database {
 public:
  static Attempt<std::unique_ptr<SqliteStore>> open(const std::string& path, const StoreOptions& options);

  Engine engine() const override { return Engine::kSqlite; }
  product::Outcome<void> run_unit(UnitKind kind, Timestamp deadline, const Body& body) override;
  const std::string& path() const { return path_; }

 private:
  explicit SqliteStore(std::string path) : path_(std::move(path)) {}
  Attempt<void> read_unit(Timestamp deadline, const Body& body);

  std::string path_;
  FifoPool<std::unique_ptr<SqliteConnection>> readers_;
  std::unique_ptr<SqliteWriter> writer_;
};

}  // namespace parley::store
