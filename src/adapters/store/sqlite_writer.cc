#include "adapters/store/sqlite_writer.h"

#include "adapters/store/clock.h"

namespace parley::store {
namespace {

/// Units per transaction. Measured: 64 already bring eight times the rate of single ones; more only makes the first
/// wait for the last.
constexpr size_t kMaxBatch = 128;

class SqliteWriteUnit final : public Unit {
 public:
  SqliteWriteUnit(UnitKind kind, StoreCounters& counters, SqliteConnection& connection)
      : Unit(kind, counters), connection_(connection) {}

 private:
  Attempt<product::SqlRows> execute(std::string_view sql, std::span<const product::SqlValue> arguments) override {
    return connection_.run(sql, arguments);
  }
  SqliteConnection& connection_;
};

}  // namespace

SqliteWriter::SqliteWriter(Database& database, StoreCounters& counters, std::unique_ptr<SqliteConnection> connection,
                           size_t bound)
    : database_(database), counters_(counters), connection_(std::move(connection)), bound_(bound), thread_([this] {
        work();
      }) {}

SqliteWriter::~SqliteWriter() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  connection_->abandon_waiting();
  queued_.notify_all();
  thread_.join();
}

Attempt<void> SqliteWriter::run(UnitKind kind, Timestamp deadline, const product::Store::Body& body) {
  // Shared: see Jobs.
  auto job = std::make_shared<Job>();
  job->kind = kind;
  job->deadline = deadline;
  job->body = &body;
  std::unique_lock lock(mutex_);
  if (queue_.size() >= bound_) return failed(Cause::kOverloaded, "too many units of work wait to be written");
  queue_.push_back(job);
  queued_.notify_one();
  const auto is_done = [&] { return job->state == State::kDone; };
  if (!wait_until(job->done, lock, deadline, is_done)) {
    if (job->state == State::kWaiting) {
      job->state = State::kWithdrawn;
      std::erase(queue_, job);
      return failed(Cause::kDeadline, "the unit of work waited too long for its turn");
    }
    wait_until(job->done, lock, Timestamp::never(), is_done);  // It runs, with this deadline on each statement.
  }
  if (job->failure) return std::unexpected(std::move(*job->failure));
  return {};
}

void SqliteWriter::work() {
  Jobs jobs;
  while (take(jobs)) {
    if (!run_together(jobs)) {
      // SQLite has given up the common transaction: each gets its own, so that one can only spoil itself.
      for (const auto& job : jobs)
        if (!job->is_settled) run_together({&job, 1});
    }
    finish(jobs);
  }
}

bool SqliteWriter::take(Jobs& jobs) {
  jobs.clear();
  std::unique_lock lock(mutex_);
  queued_.wait(lock, [&] { return is_ending_ || !queue_.empty(); });
  while (!queue_.empty() && jobs.size() < kMaxBatch) {
    jobs.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return !jobs.empty();
}

void SqliteWriter::finish(std::span<const std::shared_ptr<Job>> jobs) {
  bool has_events = false;
  for (const auto& job : jobs) has_events |= job->has_events && !job->failure;
  if (has_events) database_.outbox().on_commit();
  const std::lock_guard lock(mutex_);
  for (const auto& job : jobs) {
    if (job->state == State::kWithdrawn) continue;
    job->state = State::kDone;
    job->done.notify_one();
  }
}

void SqliteWriter::settle(std::span<const std::shared_ptr<Job>> jobs, const Failure& failure) {
  for (const auto& job : jobs) {
    if (job->is_settled) continue;
    job->failure = failure;
    job->is_settled = true;
  }
}

bool SqliteWriter::run_together(std::span<const std::shared_ptr<Job>> jobs) {
  if (!begin(jobs)) return true;
  for (const auto& job : jobs) {
    if (!claim(*job)) continue;
    run_one(*job);
    if (connection_->is_in_transaction()) continue;
    if (!job->failure) job->failure = Failure{Cause::kResources, "SQLite gave up the transaction"};
    job->is_settled = true;
    return false;
  }
  return commit(jobs);
}

bool SqliteWriter::begin(std::span<const std::shared_ptr<Job>> jobs) {
  Timestamp latest;
  for (const auto& job : jobs)
    latest = std::max(latest, job->deadline);  // Those that end sooner withdraw by themselves.
  connection_->set_deadline(latest);
  if (auto begun = connection_->control("begin immediate"); !begun) {
    settle(jobs, begun.error());
    return false;
  }
  return true;
}

bool SqliteWriter::claim(Job& job) {
  const std::lock_guard lock(mutex_);
  if (job.state == State::kWithdrawn || job.is_settled) return false;
  if (read_clock() >= job.deadline) {
    job.failure = Failure{Cause::kDeadline, "the unit of work waited too long for its turn"};
    job.is_settled = true;
    return false;
  }
  job.state = State::kRunning;
  return true;
}

void SqliteWriter::run_one(Job& job) {
  job.failure.reset();
  job.has_events = false;
  connection_->set_deadline(job.deadline);
  SqliteWriteUnit unit(job.kind, counters_, *connection_);
  if (auto begun = connection_->control("savepoint unit"); !begun) unit.break_with(std::move(begun.error()));
  bool is_wanted = !unit.is_broken() && unit.fill(database_, *job.body);
  for (const product::OutboxEvent& event : unit.events()) {
    if (!is_wanted) break;
    if (auto stored = connection_->run(kInsertEvent, event_arguments(event)); !stored) {
      unit.break_with(std::move(stored.error()));
      is_wanted = false;
    }
  }
  job.failure = unit.failure();
  job.has_events = is_wanted && !unit.events().empty();
  connection_->set_deadline(Timestamp::never());
  if (!connection_->is_in_transaction()) return;
  if (!is_wanted) {
    job.is_settled = true;
    if (auto undone = connection_->control("rollback to unit"); !undone) (void)connection_->control("rollback");
  }
  if (auto released = connection_->control("release unit"); !released) (void)connection_->control("rollback");
}

bool SqliteWriter::commit(std::span<const std::shared_ptr<Job>> jobs) {
  connection_->set_deadline(Timestamp::never());
  const auto done = connection_->control("commit");
  if (done) {
    counters_.commits.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  if (connection_->is_in_transaction()) (void)connection_->control("rollback");
  // A constraint that is checked at the commit is one unit's fault; a full disk is everybody's.
  if (done.error().cause == Cause::kConstraint && jobs.size() > 1) return false;
  settle(jobs, done.error());
  return true;
}

}  // namespace parley::store
