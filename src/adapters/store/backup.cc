#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>

#include "adapters/store/maintenance.h"
#include "adapters/store/sqlite_store.h"

namespace parley::store {
namespace {

struct SqliteCloser {
  void operator()(sqlite3* handle) const { sqlite3_close(handle); }
};

Result<void> copy_pages(sqlite3* source, const std::string& path) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  const std::unique_ptr<sqlite3, SqliteCloser> target(opened);
  if (code != SQLITE_OK) return fail(Error::Code::kUnavailable, "the backup's file cannot be opened for writing");
  sqlite3_backup* backup = sqlite3_backup_init(target.get(), "main", source, "main");
  if (!backup) return fail(Error::Code::kInternal, sqlite3_errmsg(target.get()));
  // All pages in one step: one snapshot. Who writes meanwhile writes to the log beside it and does not wait.
  const int stepped = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (stepped == SQLITE_DONE && finished == SQLITE_OK) return {};
  return fail(Error::Code::kUnavailable,
              std::string("the backup failed: ") + sqlite3_errstr(stepped == SQLITE_DONE ? finished : stepped));
}

void flush_folder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

Result<void> backup(Database& database, const std::string& path) {
  if (database.engine() != Engine::kSqlite)
    return fail(Error::Code::kFailedPrecondition, "a PostgreSQL database is backed up with its own tools: pg_dump");
  if (std::filesystem::exists(path)) return fail(Error::Code::kAlreadyExists, path + " exists already");
  // Under another name until it is whole, so that nobody takes half a file for a backup.
  const std::string part = path + ".part";
  const int fd = ::open(part.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Error::Code::kUnavailable, part + " exists already or cannot be created");
  ::close(fd);
  auto source = SqliteConnection::open(static_cast<SqliteStore&>(database).path(), SqliteConnection::Role::kReader);
  Result<void> done;
  if (source)
    done = copy_pages((*source)->handle(), part);
  else
    done = fail(Error::Code::kUnavailable, source.error().text);
  std::error_code error;
  if (done) std::filesystem::rename(part, path, error);
  if (done && error) done = fail(Error::Code::kUnavailable, path + ": " + error.message());
  if (!done) std::filesystem::remove(part, error);
  flush_folder(std::filesystem::path(path).parent_path());
  return done;
}

}  // namespace parley::store
