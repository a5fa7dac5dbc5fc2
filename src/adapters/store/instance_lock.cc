#include "adapters/store/instance_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "adapters/store/clock.h"
#include "adapters/store/database.h"
#include "base/log.h"

namespace parley::store {
namespace {

constexpr TimeDelta kRetry = TimeDelta::millis(50);
constexpr TimeDelta kAnswers = TimeDelta::seconds(5);

std::unexpected<Error> taken() { return fail(Error::Code::kAlreadyExists, "another instance runs on the database"); }

}  // namespace

Result<std::unique_ptr<InstanceLock>> InstanceLock::take(const std::string& url, Company company, TimeDelta patience) {
  auto parsed = parse_database_url(url);
  if (!parsed) return std::unexpected(parsed.error());
  const bool is_file = parsed->engine == Engine::kSqlite;
  std::unique_ptr<InstanceLock> lock(new InstanceLock(std::move(*parsed), company));
  const Timestamp deadline = after(patience);
  const auto done = is_file ? lock->take_file(deadline) : lock->take_advisory(deadline);
  if (!done) return std::unexpected(done.error());
  lock->is_held_ = true;
  if (!is_file) lock->thread_ = std::jthread([self = lock.get()](const std::stop_token& stop) { self->keep(stop); });
  return lock;
}

InstanceLock::~InstanceLock() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
  if (file_ >= 0) ::close(file_);
}

Result<void> InstanceLock::take_file(Timestamp deadline) {
  const std::string path = url_.path + ".lock";
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file_ < 0) return fail(Error::Code::kUnavailable, path + ": " + std::strerror(errno));
  while (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return fail(Error::Code::kUnavailable, path + ": " + std::strerror(errno));
    if (now() >= deadline) return taken();
    wait(kRetry, {});
  }
  return {};
}

Result<void> InstanceLock::take_advisory(Timestamp deadline) {
  for (;;) {
    const auto is_ours = try_advisory();
    if (is_ours && *is_ours) return {};
    if (now() >= deadline) {
      if (is_ours) return taken();
      return fail(Error::Code::kUnavailable, is_ours.error().text);
    }
    wait(kRetry, {});
  }
}

Attempt<bool> InstanceLock::try_advisory() {
  const Timestamp deadline = after(kAnswers);
  if (!connection_ || connection_->is_lost()) {
    connection_.reset();
    auto opened = PgConnection::open(url_, deadline);
    if (!opened) return std::unexpected(opened.error());
    connection_ = std::move(*opened);
  }
  // The numbers say "Parley" and which schema; hashtext() is what PostgreSQL itself hashes texts with.
  const std::string_view how = company_ == Company::kAlone ? "pg_try_advisory_lock" : "pg_try_advisory_lock_shared";
  const std::string sql = "select case when " + std::string(how) +
                          "(1346457689, hashtext(coalesce(current_schema(), ''))) then 1 else 0 end";
  // The server must notice within half a minute that this machine is gone, where its system waits for two hours.
  const std::array<PgStatement, 4> statements{
      PgStatement{"select set_config('tcp_keepalives_idle', '10', false)", {}},
      PgStatement{"select set_config('tcp_keepalives_interval', '5', false)", {}},
      PgStatement{"select set_config('tcp_keepalives_count', '4', false)", {}}, PgStatement{sql, {}}};
  auto answer = connection_->run(statements, deadline, PgConnection::Plan::kOnce);
  if (!answer) return std::unexpected(answer.error());
  product::SqlRows& rows = answer->back();
  return rows.size() == 1 && product::from_sql<int64_t>(std::move(rows.values.front())) == 1;
}

void InstanceLock::wait(TimeDelta time, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, std::chrono::microseconds(time.us()), [] { return false; });
}

void InstanceLock::keep(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    wait(is_held_ ? kLookEvery : kRetry * 4, stop);
    if (!stop.stop_requested()) look();
  }
}

void InstanceLock::look() {
  if (is_held_) {
    const std::array<PgStatement, 1> proof{PgStatement{"select 1", {}}};
    if (connection_->run(proof, after(kAnswers), PgConnection::Plan::kOnce)) return;
    is_held_ = false;
    connection_.reset();
    log::warn("instance_lock_lost");
  }
  const auto is_ours = try_advisory();
  if (!is_ours) return;  // The database is away, which others say.
  if (*is_ours) {
    is_held_ = true;
    log::info("instance_lock_taken_again");
    return;
  }
  log::error("another_instance", {{"hint", "it came while the database was away; end one, or give both REDIS_URL"}});
}

}  // namespace parley::store
