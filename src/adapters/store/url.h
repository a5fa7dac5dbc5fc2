#pragma once

#include <string>
#include <string_view>

#include "adapters/store/database.h"

namespace parley::store {

/// A database's address, taken apart.
struct DatabaseUrl {
  Engine engine = Engine::kSqlite;
  std::string path;                ///< SQLite: the file.
  Redacted<std::string> postgres;  ///< PostgreSQL: for libpq.
  std::string schema;              ///< PostgreSQL: Prisma's `schema`; empty: the server's default.
};

/// The error's text quotes nothing of the address, which may hold a password.
Result<DatabaseUrl> parse_database_url(std::string_view url);

}  // namespace parley::store
