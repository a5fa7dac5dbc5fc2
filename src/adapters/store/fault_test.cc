// What happens when the process, the disk or the server dies: nothing acknowledged is lost, every failure is coded and
// inside its deadline, and the store recovers by itself.
#include <sys/resource.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "adapters/store/test_store.h"
#include "base/guarded.h"

namespace parley::store {
namespace {

using product::all;
using product::execute;
using product::Outcome;
using product::ProblemCode;
using product::Tx;

Timestamp soon() { return after(TimeDelta::seconds(60)); }

/// One unit of two rows: half of it must never be seen.
Outcome<void> put_pair(Database& database, Timestamp deadline, int64_t id, const std::string& text = {}) {
  return database.run_write(deadline, [&](Tx& tx) {
    for (const std::string half : {"a", "b"})
      execute(tx, "insert into idempotency_keys (scope, key, body_hash, created_at) values ($1, $2, $3, $4)", half,
              std::to_string(id), text, id);
    return true;
  });
}

std::set<int64_t> stored_ids(Database& database, const std::string& half) {
  const auto ids = database.read(soon(), [&](Tx& tx) -> Outcome<std::vector<int64_t>> {
    return all<int64_t>(tx, "select created_at from idempotency_keys where scope = $1", half);
  });
  EXPECT_TRUE(ids) << ids.error().detail;
  return ids ? std::set<int64_t>(ids->begin(), ids->end()) : std::set<int64_t>();
}

void expect_whole(Database& database, const std::set<int64_t>& acknowledged) {
  const auto a = stored_ids(database, "a");
  EXPECT_EQ(a, stored_ids(database, "b"));
  size_t lost = 0;
  for (const int64_t id : acknowledged) lost += a.contains(id) ? 0 : 1;
  EXPECT_EQ(lost, 0u) << "of " << acknowledged.size();
}

/// A child that runs `work` with a pipe to its parent, and then ends without any cleaning up.
struct Child {
  explicit Child(const std::function<void(int pipe)>& work) {
    std::array<int, 2> ends{};
    PARLEY_CHECK(::pipe2(ends.data(), O_CLOEXEC) == 0);
    pid = ::fork();
    PARLEY_CHECK(pid >= 0);
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      work(ends[1]);
      ::_exit(0);
    }
    ::close(ends[1]);
    pipe = ends[0];
  }
  ~Child() {
    ::close(pipe);
    end();
  }
  void end() {
    if (pid <= 0) return;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    pid = -1;
  }
  /// nullopt at the end of the child.
  std::optional<int64_t> receive() const {
    int64_t number = 0;
    return ::read(pipe, &number, sizeof number) == sizeof number ? std::optional(number) : std::nullopt;
  }
  static void send(int pipe, int64_t number) {
    if (::write(pipe, &number, sizeof number) != sizeof number) ::_exit(1);
  }
  pid_t pid = -1;
  int pipe = -1;
};

using KillTest = OnBothDatabases;

TEST_P(KillTest, EveryAcknowledgedWriteIsThereAfterKillNine) {
  store_.close();  // So that the child is forked from one thread.
  Child child([&](int pipe) {
    const auto database = store_.open_another();
    std::vector<std::jthread> threads;
    for (int64_t t = 0; t < 6; ++t)
      threads.emplace_back([&, t] {
        for (int64_t i = 0; put_pair(*database, Timestamp::never(), t * 1'000'000 + i); ++i)
          Child::send(pipe, t * 1'000'000 + i);
      });
  });
  std::set<int64_t> acknowledged;
  while (acknowledged.size() < 500) {
    const auto id = child.receive();
    ASSERT_TRUE(id);
    acknowledged.insert(*id);
  }
  child.end();
  while (const auto id = child.receive()) acknowledged.insert(*id);
  store_.reopen();
  expect_whole(*store_, acknowledged);
  EXPECT_TRUE(put_pair(*store_, soon(), -1));
}

PARLEY_ON_BOTH_DATABASES(KillTest);

void allow_file_size(rlim_t bytes) {
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes;
  PARLEY_CHECK(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

TEST(FullDiskTest, WritesFailAsUnavailableAndGoOnWhenThereIsRoom) {
  TestStore store;
  store.close();
  constexpr int64_t kProblem = -1;
  Child child([&](int pipe) {
    ::signal(SIGXFSZ, SIG_IGN);
    const auto database = store.open_another();
    allow_file_size(512 * 1024);
    const std::string text(4000, 'x');
    int64_t id = 0;
    Outcome<void> done;
    for (; (done = put_pair(*database, soon(), id, text)); ++id) Child::send(pipe, id);
    Child::send(pipe, kProblem);
    Child::send(pipe, static_cast<int64_t>(done.error().code));
    Child::send(pipe, put_pair(*database, soon(), 1'000'000, text) ? 1 : 0);
    Child::send(pipe, static_cast<int64_t>(stored_ids(*database, "a").size()));
    allow_file_size(RLIM_INFINITY);
    Child::send(pipe, put_pair(*database, soon(), 2'000'000) ? 1 : 0);
  });
  std::set<int64_t> acknowledged;
  auto next = child.receive();
  for (; next && *next != kProblem; next = child.receive()) acknowledged.insert(*next);
  ASSERT_EQ(next, kProblem);
  EXPECT_GT(acknowledged.size(), 10u);
  EXPECT_EQ(child.receive(), static_cast<int64_t>(ProblemCode::kDatabaseUnavailable));
  EXPECT_EQ(child.receive(), 0);
  EXPECT_EQ(child.receive(), static_cast<int64_t>(acknowledged.size()));
  EXPECT_EQ(child.receive(), 1);
  EXPECT_EQ(child.receive(), std::nullopt);
  acknowledged.insert(2'000'000);
  store.reopen();
  expect_whole(*store, acknowledged);
  EXPECT_EQ(stored_ids(*store, "a").size(), acknowledged.size());
}

TEST(QueueTest, AWriteBeyondTheBoundIsRefusedAsOverloaded) {
  TestStore store;
  const auto small = open_store({.url = Redacted(store.url()), .write_queue = 1}).value();
  std::promise<void> begun;
  std::promise<void> released;
  std::jthread running([&] {
    EXPECT_TRUE(small->run_write(soon(), [&](Tx&) {
      begun.set_value();
      released.get_future().wait();
      return true;
    }));
  });
  begun.get_future().wait();
  // Of two more, one gets the place in the queue; the other is refused at once, and lets the writer go on.
  std::atomic<int> stored = 0;
  std::vector<std::jthread> two;
  for (int64_t id = 1; id <= 2; ++id)
    two.emplace_back([&, id] {
      const auto done = put_pair(*small, soon(), id);
      if (done) {
        ++stored;
        return;
      }
      EXPECT_EQ(done.error().code, ProblemCode::kOverloaded);
      released.set_value();
    });
  two.clear();
  EXPECT_EQ(stored, 1);
}

/// Threads that write to a server of their own all the time, while things happen to it.
class TrafficTest : public testing::Test {
 protected:
  static constexpr TimeDelta kDeadline = TimeDelta::millis(700);
  /// What a loaded machine may add to a deadline.
  static constexpr TimeDelta kSlack = TimeDelta::seconds(2);

  void SetUp() override {
    database_ = open_store({.url = Redacted(server_.url()), .connections = 4}).value();
    ASSERT_TRUE(migrate(*database_, soon()));
    for (int64_t t = 0; t < 6; ++t) threads_.emplace_back([this, t] { write(t * 1'000'000); });
  }
  void TearDown() override {
    is_over_ = true;
    threads_.clear();
    expect_whole(*database_, acknowledged_.with([](const auto& ids) { return ids; }));
  }

  void write(int64_t id) {
    for (; !is_over_; ++id) {
      const Timestamp begun = now();
      const auto done = put_pair(*database_, begun + kDeadline, id);
      EXPECT_LT(now() - begun, kDeadline + kSlack);
      if (done) {
        acknowledged_.with([&](auto& ids) { ids.insert(id); });
        ++successes_;
        continue;
      }
      EXPECT_TRUE(done.error().code == ProblemCode::kDatabaseUnavailable ||
                  done.error().code == ProblemCode::kDeadlineExceeded)
          << done.error().detail;
      ++failures_;
      std::this_thread::yield();
    }
  }
  static bool reaches(const std::atomic<int>& count, int goal) {
    const Timestamp deadline = soon();
    while (count < goal && now() < deadline) std::this_thread::yield();
    return count >= goal;
  }
  void expect_progress() { EXPECT_TRUE(reaches(successes_, successes_ + 100)); }
  void expect_failures() { EXPECT_TRUE(reaches(failures_, failures_ + 20)); }

  TestPostgres server_;
  std::unique_ptr<Database> database_;
  Guarded<std::set<int64_t>> acknowledged_;
  std::atomic<int> successes_ = 0;
  std::atomic<int> failures_ = 0;
  std::atomic<bool> is_over_ = false;
  std::vector<std::jthread> threads_;
};

TEST_F(TrafficTest, SurvivesAServerThatIsStoppedAndStarted) {
  expect_progress();
  server_.stop();
  expect_failures();
  server_.start();
  expect_progress();
}

TEST_F(TrafficTest, SurvivesAServerThatCrashesTwice) {
  for (int i = 0; i < 2; ++i) {
    expect_progress();
    server_.crash();
    server_.start();
  }
  expect_progress();
}

TEST_F(TrafficTest, SurvivesAServerThatFallsSilent) {
  expect_progress();
  server_.freeze();
  expect_failures();
  server_.thaw();
  expect_progress();
}

class OwnServerTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(migrate(*database_, soon())); }
  TestPostgres server_;
  std::unique_ptr<Database> database_ = open_store({.url = Redacted(server_.url())}).value();
};

TEST_F(OwnServerTest, ACommitWithoutAnAnswerIsUnavailableAndNotRepeated) {
  int runs = 0;
  Timestamp frozen_at;
  const auto done = database_->run_write(after(TimeDelta::seconds(2)), [&](Tx& tx) {
    ++runs;
    execute(tx, "insert into api_keys (id, name, hash, created_at) values ('1', 'n', 'h', 1)");
    server_.freeze();
    frozen_at = now();
    return true;
  });
  EXPECT_LT(now() - frozen_at, TimeDelta::seconds(5));
  server_.thaw();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ProblemCode::kDatabaseUnavailable);
  EXPECT_NE(done.error().detail.find("may have been done"), std::string::npos) << done.error().detail;
  EXPECT_EQ(runs, 1);
}

TEST_F(OwnServerTest, AUnitWhoseConnectionBreaksBeforeTheCommitIsRunAgain) {
  int runs = 0;
  const auto done = database_->run_write(soon(), [&](Tx& tx) {
    execute(tx, "insert into api_keys (id, name, hash, created_at) values ('1', 'n', 'h', 1)");
    if (++runs == 1) {
      server_.crash();
      server_.start();
    }
    execute(tx, "update api_keys set created_at = created_at + 1");
    return true;
  });
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(runs, 2);
  const auto sum = database_->read(soon(), [](Tx& tx) -> Outcome<int64_t> {
    return product::one<int64_t>(tx, "select sum(created_at) from api_keys").value_or(-1);
  });
  EXPECT_EQ(sum.value(), 2);
}

TEST_F(OwnServerTest, ADeadServerIsAnsweredForBeforeTheDeadline) {
  server_.stop();
  const Timestamp begun = now();
  const auto done = put_pair(*database_, soon(), 1);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ProblemCode::kDatabaseUnavailable);
  EXPECT_GT(done.error().retry_after, TimeDelta::zero());
  EXPECT_LT(now() - begun, TimeDelta::seconds(20));
}

TEST_F(OwnServerTest, ARestartBetweenRequestsIsNotNoticed) {
  server_.stop();
  server_.start();
  EXPECT_TRUE(put_pair(*database_, soon(), 1));
}

class TwoProcessesTest : public testing::TestWithParam<Engine> {
 protected:
  TestStore store_{GetParam(), false};
};

TEST_P(TwoProcessesTest, DBS2_MayMigrateAtOnce) {
  store_.close();
  const auto work = [&](int pipe) {
    const auto done = migrate(*store_.open_another(), soon());
    Child::send(pipe, done ? done->to : -1);
  };
  const Child one(work);
  const Child two(work);
  EXPECT_EQ(one.receive(), static_cast<int64_t>(migrations().size()));
  EXPECT_EQ(two.receive(), static_cast<int64_t>(migrations().size()));
}

INSTANTIATE_TEST_SUITE_P(Store, TwoProcessesTest, testing::Values(Engine::kSqlite, Engine::kPostgres), engine_name);

}  // namespace
}  // namespace parley::store
