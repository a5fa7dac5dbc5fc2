// Migrating, backing up, and moving from SQLite to PostgreSQL.
#include <barrier>
#include <thread>

#include "adapters/store/test_store.h"

namespace parley::store {
namespace {

using product::all;
using product::execute;
using product::one;
using product::Outcome;
using product::Tx;

constexpr std::string_view kFirst[] = {"create table things (id {int} not null primary key) {strict}"};
constexpr std::string_view kSecond[] = {"alter table things add column name {text} not null default 'old'",
                                        "create index things_by_name on things (name)"};
constexpr std::string_view kBroken[] = {"create table later (id {int}) {strict}", "create tabel wrong"};
const Migration kOne{"one", kFirst};
const Migration kTwo{"two", kSecond};
const Migration kThree{"three", kBroken};

class MigrationTest : public testing::TestWithParam<Engine> {
 protected:
  static Timestamp soon() { return after(TimeDelta::seconds(60)); }
  int64_t count(const std::string& sql) {
    return store_->read(soon(), [&](Tx& tx) -> Outcome<int64_t> { return one<int64_t>(tx, sql).value_or(-1); })
        .value_or(-2);
  }
  TestStore store_{GetParam(), false};
};

TEST_P(MigrationTest, DBS2_TheProgramsSchemaIsBuiltOnceAndThenLeftAlone) {
  const auto first = migrate(*store_, soon());
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->from, 0);
  EXPECT_EQ(first->to, static_cast<int>(migrations().size()));
  const auto second = migrate(*store_, soon());
  ASSERT_TRUE(second);
  EXPECT_EQ(second->from, first->to);
  EXPECT_EQ(second->to, first->to);
  EXPECT_EQ(count("select count(*) from users"), 0);
}

TEST_P(MigrationTest, AnOlderDatabaseIsUpgradedWithItsRows) {
  const std::vector<Migration> old{kOne};
  ASSERT_TRUE(migrate(*store_, old, soon()));
  ASSERT_TRUE(store_->run_write(soon(), [](Tx& tx) { return execute(tx, "insert into things (id) values (5)") == 1; }));
  const std::vector<Migration> current{kOne, kTwo};
  const auto done = migrate(*store_, current, soon());
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->from, 1);
  EXPECT_EQ(done->to, 2);
  EXPECT_EQ(count("select id from things where name = 'old'"), 5);
}

TEST_P(MigrationTest, ANewerDatabaseIsRefused) {
  const std::vector<Migration> newer{kOne, kTwo};
  ASSERT_TRUE(migrate(*store_, newer, soon()));
  const std::vector<Migration> ours{kOne};
  const auto done = migrate(*store_, ours, soon());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Error::Code::kFailedPrecondition);
  EXPECT_NE(done.error().message.find("newer Parley"), std::string::npos) << done.error().message;
}

TEST_P(MigrationTest, AnotherProgramsHistoryIsRefused) {
  const std::vector<Migration> theirs{kOne};
  ASSERT_TRUE(migrate(*store_, theirs, soon()));
  const std::vector<Migration> ours{kTwo, kOne};
  const auto done = migrate(*store_, ours, soon());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Error::Code::kFailedPrecondition);
}

TEST_P(MigrationTest, AMigrationThatFailsLeavesTheVersionBeforeIt) {
  const std::vector<Migration> list{kOne, kThree};
  EXPECT_FALSE(migrate(*store_, list, soon()));
  EXPECT_EQ(count("select max(version) from schema_version"), 1);
  EXPECT_EQ(count("select count(*) from later"), -2);
}

TEST_P(MigrationTest, DBS2_ManyInstancesMayStartAtOnce) {
  constexpr int kInstances = 6;
  std::vector<std::unique_ptr<Database>> instances;
  for (int i = 0; i < kInstances; ++i) instances.push_back(store_.open_another(1));
  std::barrier<> start(kInstances);
  {
    std::vector<std::jthread> threads;
    for (const auto& instance : instances)
      threads.emplace_back([&] {
        start.arrive_and_wait();
        const auto done = migrate(*instance, soon());
        EXPECT_TRUE(done) << done.error().message;
      });
  }
  EXPECT_EQ(count("select count(*) from schema_version"), static_cast<int64_t>(migrations().size()));
}

INSTANTIATE_TEST_SUITE_P(Store, MigrationTest, testing::Values(Engine::kSqlite, Engine::kPostgres), engine_name);

Timestamp soon() { return after(TimeDelta::seconds(60)); }

/// A user with sessions and events, and an event that was told and removed.
void fill(TestStore& store, int users) {
  const auto done = store->run_write(soon(), [&](Tx& tx) {
    for (int i = 0; i < users; ++i) {
      const std::string id = "u" + std::to_string(i);
      execute(
          tx,
          "insert into users (id, username, username_fold, is_admin, created_at, updated_at) values ($1, $2, $2, $3, "
          "$4, $4)",
          id, "İsmi ə " + id, i == 0, 1'700'000'000'000'000 + i);
      execute(tx, "insert into sessions (id, user_id, created_at, last_used_at, expires_at) values ($1, $2, 1, 2, 3)",
              "s" + id, id);
      tx.emit({"user.made", "user:" + id, R"({"a" : 1})"});
    }
    return true;
  });
  ASSERT_TRUE(done) << done.error().detail;
  const auto pending = store->outbox().fetch(soon(), 100'000).value();
  const std::vector<int64_t> last{pending.back().id};
  ASSERT_TRUE(store->outbox().remove(soon(), last));
}

using Dump = std::vector<product::SqlValue>;
Dump dump(Database& database) {
  return database
      .read(soon(),
            [](Tx& tx) -> Outcome<Dump> {
              Dump out;
              for (const char* sql : {"select * from users order by id", "select * from sessions order by id",
                                      "select * from outbox order by id"})
                for (auto& value : tx.run(sql, {}).values) out.push_back(std::move(value));
              return out;
            })
      .value();
}

TEST(BackupTest, IsWholeAndConsistentWhileOthersWrite) {
  TestStore store;
  fill(store, 200);
  std::atomic<bool> is_done = false;
  std::jthread writer([&] {
    for (int i = 0; !is_done; ++i)  // A pair or nothing, for ever.
      EXPECT_TRUE(store->run_write(soon(), [&](Tx& tx) {
        tx.emit({"pair", "p", std::to_string(i)});
        tx.emit({"pair", "p", std::to_string(i)});
        return true;
      }));
  });
  const std::string path = store.folder().file("backup.db");
  const auto done = backup(*store, path);
  is_done = true;
  writer.join();
  ASSERT_TRUE(done) << done.error().message;
  const auto copy = open_store({.url = Redacted(path)}).value();
  const auto report = migrate(*copy, soon());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->from, report->to);
  const auto facts = copy->read(soon(), [](Tx& tx) -> Outcome<std::vector<int64_t>> {
    return std::vector{one<int64_t>(tx, "select count(*) from users").value_or(-1),
                       one<int64_t>(tx, "select count(*) % 2 from outbox where type = 'pair'").value_or(-1)};
  });
  EXPECT_EQ(facts.value(), (std::vector<int64_t>{200, 0}));
}

TEST(BackupTest, DoesNotOverwrite) {
  TestStore store;
  const std::string path = store.folder().file("backup.db");
  ASSERT_TRUE(backup(*store, path));
  const auto again = backup(*store, path);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Error::Code::kAlreadyExists);
}

TEST(CopyTest, MovesEveryRowWithItsIds) {
  TestStore from;
  TestStore to(Engine::kPostgres);
  fill(from, 1300);  // More than a page.
  const auto report = copy(*from, *to, soon());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(dump(*from) == dump(*to));
  int64_t rows = 0;
  for (const auto& table : report->tables) rows += table.rows;
  EXPECT_EQ(rows, 1300 + 1300 + 1299);
  ASSERT_TRUE(to->run_write(soon(), [](Tx& tx) {
    tx.emit({"next", "r", "{}"});
    return true;
  }));
  EXPECT_EQ(to->outbox().fetch(soon(), 10'000)->back().id, 1301);  // 1300 was given, told and removed.
}

TEST(CopyTest, FollowsReferencesInAnyOrder) {
  static constexpr std::string_view kTrees[] = {
      "create table leaves (id {int} not null primary key, tree_id {int} not null) {strict}",
      "create table branches (id {int} not null primary key, leaf_id {int} not null references leaves (id)) {strict}",
      "create table nodes (id {int} not null primary key, parent_id {int} references nodes (id) deferrable) {strict}"};
  const std::vector<Migration> list{{"trees", kTrees}};
  TestStore from(Engine::kSqlite, false);
  TestStore to(Engine::kPostgres, false);
  ASSERT_TRUE(migrate(*from, list, soon()));
  ASSERT_TRUE(migrate(*to, list, soon()));
  ASSERT_TRUE(from->run_write(soon(), [](Tx& tx) {
    execute(tx, "insert into leaves (id, tree_id) values (1, 1)");
    execute(tx, "insert into branches (id, leaf_id) values (-9000000000000000000, 1)");
    for (int id = 1; id <= 1200; ++id) execute(tx, "insert into nodes (id) values ($1)", id);
    return execute(tx, "update nodes set parent_id = 1201 - id") == 1200;
  }));
  const auto report = copy(*from, *to, soon());
  ASSERT_TRUE(report) << report.error().message;
  const auto sum = to->read(soon(), [](Tx& tx) -> Outcome<int64_t> {
    return one<int64_t>(tx, "select sum(id * parent_id) + (select min(id) from branches) from nodes").value_or(0);
  });
  int64_t wanted = -9'000'000'000'000'000'000;
  for (int64_t id = 1; id <= 1200; ++id) wanted += id * (1201 - id);
  EXPECT_EQ(sum.value(), wanted);
}

TEST(CopyTest, RefusesATargetThatHasRows) {
  TestStore from;
  TestStore to(Engine::kPostgres);
  fill(from, 2);
  fill(to, 1);
  const Dump before = dump(*to);
  const auto report = copy(*from, *to, soon());
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message.find("not empty"), std::string::npos) << report.error().message;
  EXPECT_TRUE(dump(*to) == before);
}

TEST(CopyTest, RefusesADatabaseOfAnotherVersion) {
  TestStore from;
  TestStore to(Engine::kPostgres, false);
  const std::vector<Migration> old{migrations()[0]};
  ASSERT_TRUE(migrate(*to, old, soon()));
  const auto report = copy(*from, *to, soon());
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message.find("same version"), std::string::npos) << report.error().message;
}

TEST(SchemaTest, DBS4_BothDatabasesHaveTheSameTablesAndColumns) {
  TestStore sqlite;
  TestStore postgres(Engine::kPostgres);
  const auto ours = sqlite->read(soon(), [](Tx& tx) -> Outcome<std::vector<std::string>> {
    return all<std::string>(
        tx,
        "select m.name || '.' || c.name from sqlite_master m, pragma_table_info(m.name) c where m.type "
        "= 'table' and m.name not like 'sqlite%' and m.name not like 'message_search%' order by 1");
  });
  const auto theirs = postgres->read(soon(), [](Tx& tx) -> Outcome<std::vector<std::string>> {
    return all<std::string>(
        tx,
        "select (table_name || '.' || column_name) collate \"C\" from information_schema.columns where "
        "table_schema = current_schema() and is_generated = 'NEVER' and table_name not in "
        "('search_engine', 'message_search') order by 1");
  });
  // All but full text search, which has a column in one and tables in the other.
  EXPECT_EQ(ours.value(), theirs.value());
}

}  // namespace
}  // namespace parley::store
