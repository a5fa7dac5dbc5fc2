#include "adapters/store/database.h"

#include "adapters/store/clock.h"
#include "adapters/store/pg_store.h"
#include "adapters/store/sqlite_store.h"
#include "adapters/store/unit.h"
#include "adapters/store/url.h"
#include "base/check.h"
#include "base/log.h"

namespace parley::store {
namespace {

template <class T>
Result<std::unique_ptr<Database>> opened(Attempt<std::unique_ptr<T>> store, const std::string& what) {
  if (store) return std::move(*store);
  return fail(Error::Code::kUnavailable, "cannot open the " + what + ": " + store.error().text);
}

}  // namespace

Timestamp now() { return read_clock(); }

bool Database::refuses_nesting() const {
  if (!is_inside(*this)) return false;
  PARLEY_BUG("a unit of work was begun inside another one of the same store");
  return true;
}

product::Problem Database::nesting_problem() {
  return {.code = product::ProblemCode::kInternal, .detail = "nested units of work"};
}

product::Outcome<void> Database::conclude(const Result<void, Failure>& done) {
  if (done) return {};
  product::Problem problem = to_problem(done.error());
  if (problem.code == product::ProblemCode::kDatabaseUnavailable) {
    ++counters_.unavailable;
    log::warn("store_unavailable", {{"reason", problem.detail}});
  }
  if (problem.code == product::ProblemCode::kDeadlineExceeded) ++counters_.late;
  if (problem.code == product::ProblemCode::kOverloaded) ++counters_.overloaded;
  return std::unexpected(std::move(problem));
}

Result<std::unique_ptr<Database>> open_store(const StoreOptions& options) {
  const Result<DatabaseUrl> url = parse_database_url(options.url.reveal());
  if (!url) return std::unexpected(url.error());
  if (url->engine == Engine::kSqlite)
    return opened(SqliteStore::open(url->path, options), "SQLite database " + url->path);
  return opened(PgStore::open(*url, options), "PostgreSQL database of DATABASE_URL");
}

}  // namespace parley::store
