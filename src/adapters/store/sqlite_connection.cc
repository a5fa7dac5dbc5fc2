#include "adapters/store/sqlite_connection.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "adapters/store/clock.h"

namespace parley::store {
namespace {

using product::SqlRows;
using product::SqlValue;

/// Prepared statements kept. The product's are some hundred constants; a caller that builds texts must not fill memory.
constexpr size_t kMaxStatements = 1000;
/// Virtual machine steps between looks at the clock: a tenth of a millisecond.
constexpr int kStepsPerLook = 10'000;
/// Waits for another process's lock are looked at again after 1, 2, 4 ... ms; commits take about one.
constexpr int kMaxBusyWaitMs = 16;

std::string parameter_name(size_t number) { return "$" + std::to_string(number); }

SqlValue column(sqlite3_stmt* statement, int index) {
  switch (sqlite3_column_type(statement, index)) {
    case SQLITE_NULL:
      return {};
    case SQLITE_INTEGER:
      return static_cast<int64_t>(sqlite3_column_int64(statement, index));
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, index);
    default: {
      const void* bytes = sqlite3_column_blob(statement, index);
      const auto size = static_cast<size_t>(sqlite3_column_bytes(statement, index));
      return bytes ? std::string(static_cast<const char*>(bytes), size) : std::string();
    }
  }
}

int bind_value(sqlite3_stmt* statement, int index, const SqlValue& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return sqlite3_bind_int64(statement, index, *number);
  if (const auto* real = std::get_if<double>(&value)) return sqlite3_bind_double(statement, index, *real);
  if (const auto* text = std::get_if<std::string>(&value))
    return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
  return sqlite3_bind_null(statement, index);
}

}  // namespace

Attempt<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path, Role role) {
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(role));
  if (auto done = connection->set_up(path); !done) return std::unexpected(std::move(done.error()));
  return connection;
}

Attempt<void> SqliteConnection::set_up(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return failed(Cause::kResources, "the database file cannot be opened for writing");
  ::close(fd);
  const int opened = sqlite3_open_v2(path.c_str(), &handle_,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, nullptr);
  if (opened != SQLITE_OK) return std::unexpected(failure(opened));
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_handler(handle_, &on_busy, this);
  sqlite3_progress_handler(handle_, kStepsPerLook, &on_progress, this);
  deadline_ = read_clock() + TimeDelta::seconds(10);  // Another process may be just creating or closing the file.
  const auto mode = run("pragma journal_mode = wal", {});
  if (!mode) return std::unexpected(mode.error());
  if (mode->values.empty() || mode->values[0] != SqlValue("wal"))
    return failed(Cause::kResources, "the database's file system does not support SQLite's write-ahead log");
  // FULL: a commit is on the disk when it returns. NORMAL would lose the last ones with the power.
  for (const char* pragma : {"pragma synchronous = full", "pragma foreign_keys = on", "pragma trusted_schema = off",
                             "pragma temp_store = memory", "pragma journal_size_limit = 67108864"})
    if (auto done = control(pragma); !done) return done;
  if (role_ == Role::kReader)
    if (auto done = control("pragma query_only = on"); !done) return done;
  deadline_ = Timestamp::never();
  return {};
}

SqliteConnection::~SqliteConnection() {
  forget_statements();
  sqlite3_close(handle_);
}

void SqliteConnection::forget_statements() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement.handle);
  statements_.clear();
}

bool SqliteConnection::is_in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

void SqliteConnection::abandon_waiting() {
  {
    const std::lock_guard lock(mutex_);
    is_abandoned_ = true;
  }
  abandoned_.notify_all();
}

Attempt<void> SqliteConnection::control(std::string_view sql) {
  if (auto done = run(sql, {}); !done) return std::unexpected(std::move(done.error()));
  return {};
}

Attempt<SqlRows> SqliteConnection::run(std::string_view sql, std::span<const SqlValue> arguments) {
  const Attempt<Statement> statement = prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  if (auto bound = bind(*statement, arguments); !bound) return std::unexpected(std::move(bound.error()));
  Attempt<SqlRows> rows = step(statement->handle);
  sqlite3_reset(statement->handle);
  sqlite3_clear_bindings(statement->handle);  // They point into the caller's arguments.
  return rows;
}

Attempt<SqliteConnection::Statement> SqliteConnection::prepare(std::string_view sql) {
  if (const auto known = statements_.find(sql); known != statements_.end()) return known->second;
  if (statements_.size() >= kMaxStatements) forget_statements();
  Statement statement;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement.handle, &rest);
  if (code != SQLITE_OK) return std::unexpected(failure(code));
  statement.parameters = static_cast<size_t>(sqlite3_bind_parameter_count(statement.handle));
  const bool has_more =
      std::string_view(rest, sql.data() + sql.size()).find_first_not_of("; \n\t") != std::string::npos;
  if (!statement.handle || has_more) {
    sqlite3_finalize(statement.handle);
    return failed(Cause::kStatement, "not exactly one statement");
  }
  statements_.emplace(sql, statement);
  return statement;
}

Attempt<void> SqliteConnection::bind(const Statement& statement, std::span<const SqlValue> arguments) {
  if (statement.parameters != arguments.size())
    return failed(Cause::kStatement, "the statement has another number of parameters than there are arguments");
  for (size_t i = 0; i < arguments.size(); ++i) {
    const int index = sqlite3_bind_parameter_index(statement.handle, parameter_name(i + 1).c_str());
    if (index == 0) return failed(Cause::kStatement, parameter_name(i + 1) + " is missing");
    const int code = bind_value(statement.handle, index, arguments[i]);
    if (code != SQLITE_OK) return std::unexpected(failure(code));
  }
  return {};
}

Attempt<SqlRows> SqliteConnection::step(sqlite3_stmt* statement) {
  const int64_t changes_before = sqlite3_total_changes64(handle_);
  SqlRows rows;
  const int width = sqlite3_column_count(statement);
  rows.width = static_cast<size_t>(width);
  int code = sqlite3_step(statement);
  for (; code == SQLITE_ROW; code = sqlite3_step(statement))
    for (int i = 0; i < width; ++i) rows.values.push_back(column(statement, i));
  if (code != SQLITE_DONE) return std::unexpected(failure(code));
  // sqlite3_changes64() speaks of the last statement that changed rows, which may not be this one.
  if (sqlite3_total_changes64(handle_) != changes_before) rows.affected = sqlite3_changes64(handle_);
  return rows;
}

Failure SqliteConnection::failure(int code) const {
  // SQLite's messages name tables and columns, never values.
  std::string text = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return {Cause::kConstraint, std::move(text)};
    default:
      break;
  }
  switch (code & 0xff) {
    case SQLITE_INTERRUPT:
      return {Cause::kDeadline, "the statement took too long"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Cause::kDeadline, "another process holds the database's lock"};
    case SQLITE_READONLY:
      return {role_ == Role::kReader ? Cause::kStatement : Cause::kResources, std::move(text)};
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
    case SQLITE_PERM:
      return {Cause::kResources, std::move(text)};
    default:
      return {Cause::kStatement, std::move(text)};
  }
}

int SqliteConnection::on_busy(void* self, int attempt) {
  auto& connection = *static_cast<SqliteConnection*>(self);
  const Timestamp at = read_clock();
  if (at >= connection.deadline_) return 0;
  const TimeDelta pause = TimeDelta::millis(std::min(1 << std::min(attempt, 8), kMaxBusyWaitMs));
  std::unique_lock lock(connection.mutex_);
  wait_until(connection.abandoned_, lock, earlier(connection.deadline_, at + pause),
             [&] { return connection.is_abandoned_; });
  return connection.is_abandoned_ ? 0 : 1;
}

int SqliteConnection::on_progress(void* self) {
  const auto& connection = *static_cast<SqliteConnection*>(self);
  return read_clock() >= connection.deadline_ ? 1 : 0;
}

}  // namespace parley::store
