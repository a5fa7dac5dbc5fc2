#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "adapters/store/failure.h"
#include "base/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace parley::store {

/// One connection to a SQLite file with its prepared statements. Used by one thread at a time.
class SqliteConnection {
 public:
  enum class Role : unsigned char { kWriter, kReader };
  /// Creates the file (for its owner's eyes only) when there is none.
  static Attempt<std::unique_ptr<SqliteConnection>> open(const std::string& path, Role role);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  /// Until when the following statements may run and wait for other processes' locks.
  void set_deadline(Timestamp deadline) { deadline_ = deadline; }
  /// Ends a wait for other processes' locks, now and from now on. From any thread.
  void abandon_waiting();
  Attempt<product::SqlRows> run(std::string_view sql, std::span<const product::SqlValue> arguments);
  Attempt<void> control(std::string_view sql);
  /// False as well after a failure so grave that SQLite has rolled everything back.
  bool is_in_transaction() const;
  sqlite3* handle() { return handle_; }

 private:
  struct Statement {
    sqlite3_stmt* handle = nullptr;
    size_t parameters = 0;
  };
  explicit SqliteConnection(Role role) : role_(role) {}
  Attempt<void> set_up(const std::string& path);
  Attempt<Statement> prepare(std::string_view sql);
  Attempt<void> bind(const Statement& statement, std::span<const product::SqlValue> arguments);
  Attempt<product::SqlRows> step(sqlite3_stmt* statement);
  void forget_statements();
  Failure failure(int code) const;
  static int on_busy(void* self, int attempt);
  static int on_progress(void* self);

  Role role_;
  sqlite3* handle_ = nullptr;
  Timestamp deadline_ = Timestamp::never();
  std::map<std::string, Statement, std::less<>> statements_;
  std::mutex mutex_;
  std::condition_variable abandoned_;
  bool is_abandoned_ = false;
};

}  // namespace parley::store
