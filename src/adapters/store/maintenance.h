#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "adapters/store/database.h"
#include "adapters/store/schema.h"

namespace parley::store {

struct MigrationReport {
  int from = 0;  ///< Version found; 0 is an empty database.
  int to = 0;
};

/// Brings the schema up to this program's version (see schema.h), one migration per transaction, under a lock that two
/// starting processes share. Does nothing to a current one. Refuses a database of a newer program, and one whose
/// history is another than this program's: kFailedPrecondition.
Result<MigrationReport> migrate(Database& database, Timestamp deadline);
/// The same to a history of the caller's: for tests of upgrades.
Result<MigrationReport> migrate(Database& database, std::span<const Migration> known, Timestamp deadline);

/// Writes a consistent copy of a SQLite database to a new file while the store is in use. kAlreadyExists when there is
/// such a file.
Result<void> backup(Database& database, const std::string& path);

struct CopyReport {
  struct Table {
    std::string name;
    int64_t rows = 0;
  };
  std::vector<Table> tables;
};

/// Copies all rows of a SQLite database to a PostgreSQL that has been migrated to the same version and is empty, ids
/// unchanged, in one transaction, and counts them there. Nobody else may use either meanwhile.
Result<CopyReport> copy(Database& from, Database& to, Timestamp deadline);

}  // namespace parley::store
