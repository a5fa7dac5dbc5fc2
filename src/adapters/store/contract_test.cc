// What a unit of work promises, on both databases.
#include <atomic>
#include <barrier>
#include <thread>

#include "adapters/store/test_store.h"

namespace parley::store {
namespace {

using product::all;
using product::execute;
using product::one;
using product::Outcome;
using product::ProblemCode;
using product::refuse;
using product::Tx;

struct Item {
  int64_t id = 0;
  std::string name;
  std::optional<std::string> note;
  std::optional<int64_t> count;
  double weight = 0;
  bool is_open = false;
};
BOOST_DESCRIBE_STRUCT(Item, (), (id, name, note, count, weight, is_open))

class ContractTest : public OnBothDatabases {
 protected:
  void SetUp() override {
    const auto made = store_->run_unit(UnitKind::kMaintenance, soon(), [&](Tx& tx) {
      tx.run(
          expand("create table items (id {int} not null primary key, name {text} not null, note {text}, count {int}, "
                 "weight {real} not null default 0, is_open {bool} not null default 0) {strict}",
                 GetParam()),
          {});
      tx.run(expand("create table parts (item_id {int} not null references items (id) on delete cascade) {strict}",
                    GetParam()),
             {});
      return true;
    });
    ASSERT_TRUE(made) << made.error().detail;
  }
  Outcome<void> put(int64_t id, const std::string& name) {
    return store_->write(soon(), [&](Tx& tx) -> Outcome<void> {
      execute(tx, "insert into items (id, name) values ($1, $2)", id, name);
      return {};
    });
  }
  std::vector<std::string> names() {
    return store_
        ->read(soon(),
               [](Tx& tx) -> Outcome<std::vector<std::string>> {
                 return all<std::string>(tx, "select name from items order by id");
               })
        .value();
  }
  ProblemCode failing(const std::function<void(Tx&)>& work) {
    const auto done = store_->run_write(soon(), [&](Tx& tx) {
      work(tx);
      return true;
    });
    return done ? ProblemCode::kInvalidRequest : done.error().code;
  }
};

TEST_P(ContractTest, DBS4_RowsComeBackAsTheStructsThatWereStored) {
  const Item full{7, "çay", "not", -5, 1.25, true};
  const Item sparse{8, "", std::nullopt, std::nullopt, -1e-300, false};
  const auto read = store_->write(soon(), [&](Tx& tx) -> Outcome<std::vector<Item>> {
    for (const Item& item : {full, sparse})
      execute(tx, "insert into items (id, name, note, count, weight, is_open) values ($1, $2, $3, $4, $5, $6)", item.id,
              item.name, item.note, item.count, item.weight, item.is_open);
    return all<Item>(tx, "select id, name, note, count, weight, is_open from items order by id");
  });
  ASSERT_TRUE(read) << read.error().detail;
  ASSERT_EQ(read->size(), 2u);
  for (const auto& [stored, wanted] : {std::pair((*read)[0], full), std::pair((*read)[1], sparse)}) {
    EXPECT_EQ(stored.id, wanted.id);
    EXPECT_EQ(stored.name, wanted.name);
    EXPECT_EQ(stored.note, wanted.note);
    EXPECT_EQ(stored.count, wanted.count);
    EXPECT_EQ(stored.weight, wanted.weight);
    EXPECT_EQ(stored.is_open, wanted.is_open);
  }
}

TEST_P(ContractTest, TextsOfAllScriptsRoundTrip) {
  const std::vector<std::string> texts{"", "ə İ ı ğ ş Ə", "🙂👩‍👩‍👧", "a\nb\t\"'\\;--$1",
                                       std::string(100'000, 'x')};
  for (size_t i = 0; i < texts.size(); ++i) ASSERT_TRUE(put(static_cast<int64_t>(i), texts[i]));
  EXPECT_EQ(names(), texts);
}

TEST_P(ContractTest, NumbersRoundTripAtTheirLimits) {
  for (const int64_t number : {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), int64_t{0}}) {
    const auto back = store_->write(soon(), [&](Tx& tx) -> Outcome<std::optional<int64_t>> {
      execute(tx, "insert into items (id, name) values ($1, 'n')", number);
      return one<int64_t>(tx, "select id from items where id = $1", number);
    });
    EXPECT_EQ(back.value(), number);
  }
}

TEST_P(ContractTest, CountsSumsAndComparisonsAreWholeNumbers) {
  for (int64_t id = 1; id <= 3; ++id) ASSERT_TRUE(put(id, "x"));
  struct Totals {
    int64_t count = 0;
    int64_t sum = 0;
    bool is_any = false;
    double average = 0;
  };
  using Row = std::vector<product::SqlValue>;
  const auto row = store_->read(soon(), [](Tx& tx) -> Outcome<Row> {
    return product::run(tx, "select count(*), sum(id), exists (select 1 from items where id = 2), avg(id) from items")
        .values;
  });
  EXPECT_EQ(row.value(), (Row{int64_t{3}, int64_t{6}, int64_t{1}, 2.0}));
}

TEST_P(ContractTest, TextsAreSortedByCodePoints) {
  const std::vector<std::string> sorted{"B", "Z", "a-b", "aa", "b", "z", "ç"};
  for (size_t i = 0; i < sorted.size(); ++i) ASSERT_TRUE(put(static_cast<int64_t>(100 - i), sorted[i]));
  const auto read = store_->read(soon(), [](Tx& tx) -> Outcome<std::vector<std::string>> {
    return all<std::string>(tx, "select name from items where name > 'A' order by name");
  });
  EXPECT_EQ(read.value(), sorted);
}

TEST_P(ContractTest, TextsWithNulOrBrokenUtf8AreRefusedAsInvalid) {
  for (const std::string& text : {std::string("a\0b", 3), std::string("\xff"), std::string("\xed\xa0\x80")}) {
    const auto done = put(1, text);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ProblemCode::kInvalidRequest);
  }
  EXPECT_TRUE(names().empty());
}

TEST_P(ContractTest, ExpectedConflictsDoNotBreakTheUnit) {
  ASSERT_TRUE(put(1, "first"));
  const auto affected = store_->write(soon(), [](Tx& tx) -> Outcome<int64_t> {
    const int64_t again = execute(tx, "insert into items (id, name) values (1, 'second') on conflict (id) do nothing");
    return again * 10 + execute(tx, "insert into items (id, name) values (2, 'third') on conflict (id) do nothing");
  });
  EXPECT_EQ(affected.value(), 1);
  EXPECT_EQ(names(), (std::vector<std::string>{"first", "third"}));
}

TEST_P(ContractTest, AffectedCountsChangedRowsOnly) {
  for (int64_t id = 1; id <= 3; ++id) ASSERT_TRUE(put(id, "x"));
  using Counts = std::vector<int64_t>;
  const auto counts = store_->write(soon(), [](Tx& tx) -> Outcome<Counts> {
    return Counts{execute(tx, "update items set name = 'y' where id > 1"),
                  execute(tx, "select id from items"),
                  execute(tx, "update items set name = 'y' where id > 10"),
                  execute(tx, "insert into items (id, name) values (4, 'z') returning id"),
                  execute(tx, "insert into parts (item_id) values (4)"),
                  execute(tx, "delete from items where id = 4")};
  });
  EXPECT_EQ(counts.value(), (Counts{2, 0, 0, 1, 1, 1}));
}

TEST_P(ContractTest, AViolatedConstraintBreaksTheUnitAndUndoesIt) {
  ASSERT_TRUE(put(1, "first"));
  bool was_broken = false;
  const auto done = store_->write(soon(), [&](Tx& tx) -> Outcome<void> {
    execute(tx, "insert into items (id, name) values (2, 'lost')");
    execute(tx, "insert into items (id, name) values (1, 'twice')");
    was_broken = tx.is_broken();
    EXPECT_EQ(execute(tx, "update items set name = 'changed'"), 0);
    EXPECT_TRUE(all<std::string>(tx, "select name from items").empty());
    return {};
  });
  EXPECT_TRUE(was_broken);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ProblemCode::kConflict);
  EXPECT_EQ(names(), std::vector<std::string>{"first"});
}

TEST_P(ContractTest, ABrokenUnitEndsInItsFailureWhateverTheBodyReturns) {
  const auto done = store_->write(soon(), [&](Tx& tx) -> Outcome<void> {
    execute(tx, "insert into parts (item_id) values (99)");
    return refuse(ProblemCode::kBanned);
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ProblemCode::kConflict);
}

TEST_P(ContractTest, OurOwnMistakesAreInternal) {
  EXPECT_EQ(failing([](Tx& tx) { execute(tx, "selec 1"); }), ProblemCode::kInternal);
  EXPECT_EQ(failing([](Tx& tx) { execute(tx, "select nothing from items"); }), ProblemCode::kInternal);
  EXPECT_EQ(failing([](Tx& tx) { execute(tx, "insert into items (id) values (1)"); }), ProblemCode::kInternal);
  EXPECT_EQ(failing([](Tx& tx) { execute(tx, "select id from items where id = $1"); }), ProblemCode::kInternal);
  EXPECT_EQ(failing([](Tx& tx) { execute(tx, "select id from items where id = $1", 1, 2); }), ProblemCode::kInternal);
  EXPECT_EQ(failing([](Tx& tx) { execute(tx, "insert into items (id, name) values ('x', 'y')"); }),
            ProblemCode::kInternal);
}

TEST_P(ContractTest, TheBodysProblemRollsBackAndIsReturned) {
  const auto done = store_->write(soon(), [&](Tx& tx) -> Outcome<int> {
    execute(tx, "insert into items (id, name) values (1, 'no')");
    tx.emit({"item.made", "item:1", "{}"});
    return refuse(ProblemCode::kUsernameTaken, "it is");
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ProblemCode::kUsernameTaken);
  EXPECT_EQ(done.error().detail, "it is");
  EXPECT_TRUE(names().empty());
  EXPECT_TRUE(store_->outbox().fetch(soon(), 10)->empty());
}

TEST_P(ContractTest, AReadSeesOneSnapshotWhileOthersWrite) {
  ASSERT_TRUE(put(1, "before"));
  const auto counts = store_->read(soon(), [&](Tx& tx) -> Outcome<std::pair<int64_t, int64_t>> {
    const int64_t first = one<int64_t>(tx, "select count(*) from items").value_or(-1);
    std::thread([&] { EXPECT_TRUE(put(2, "meanwhile")); }).join();
    return std::pair(first, one<int64_t>(tx, "select count(*) from items").value_or(-1));
  });
  EXPECT_EQ(counts.value(), std::pair(int64_t{1}, int64_t{1}));
  EXPECT_EQ(names().size(), 2u);
}

TEST_P(ContractTest, AReadCannotWrite) {
  const auto written = store_->run_read(soon(), [](Tx& tx) {
    execute(tx, "insert into items (id, name) values (1, 'x')");
    return true;
  });
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ProblemCode::kInternal);
  const auto emitted = store_->run_read(soon(), [](Tx& tx) {
    tx.emit({"t", "r", "{}"});
    return true;
  });
  ASSERT_FALSE(emitted);
  EXPECT_EQ(emitted.error().code, ProblemCode::kInternal);
  EXPECT_TRUE(names().empty());
}

TEST_P(ContractTest, ManyThreadsLoseNoIncrement) {
  constexpr int kThreads = 8;
  constexpr int kEach = 500;
  ASSERT_TRUE(put(1, "counter"));
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) {
          const auto written = store_->run_write(soon(), [](Tx& tx) {
            execute(tx, "update items set count = coalesce(count, 0) + 1 where id = 1");
            return true;
          });
          if (written) ++done;
        }
      });
  }
  EXPECT_EQ(done, kThreads * kEach);
  const auto count =
      store_->read(soon(), [](Tx& tx) -> Outcome<int64_t> { return *one<int64_t>(tx, "select count from items"); });
  EXPECT_EQ(count.value(), done);
}

TEST_P(ContractTest, WhatABodyHasReadIsStillSoWhenItCommits) {
  // Two rows may be open, but not both: each thread looks whether any is and opens its own. Without serialisable units
  // both would see none.
  for (int64_t id = 1; id <= 2; ++id) ASSERT_TRUE(put(id, "x"));
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(store_->run_write(soon(), [](Tx& tx) {
      execute(tx, "update items set is_open = 0");
      return true;
    }));
    std::barrier<> start(2);
    std::atomic<int> opened = 0;
    {
      std::vector<std::jthread> threads;
      for (int64_t id = 1; id <= 2; ++id)
        threads.emplace_back([&, id] {
          start.arrive_and_wait();
          const auto won = store_->write(soon(), [&](Tx& tx) -> Outcome<bool> {
            if (one<int64_t>(tx, "select id from items where is_open = 1")) return false;
            return execute(tx, "update items set is_open = 1 where id = $1", id) == 1;
          });
          if (won.value()) ++opened;
        });
    }
    EXPECT_EQ(opened, 1);
  }
}

TEST_P(ContractTest, AUnitWhoseDeadlineHasPassedIsNotRun) {
  bool has_run = false;
  const auto done = store_->run_write(now() - TimeDelta::millis(1), [&](Tx&) { return has_run = true; });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ProblemCode::kDeadlineExceeded);
  EXPECT_FALSE(has_run);
}

TEST_P(ContractTest, AUnitThatWaitsForAnotherProcessEndsAtItsDeadline) {
  ASSERT_TRUE(put(1, "locked"));
  const auto other = store_.open_another();
  const auto held = other->run_write(soon(), [&](Tx& tx) {
    execute(tx, "update items set name = 'theirs' where id = 1");
    const Timestamp begun = now();
    const auto blocked = store_->run_write(after(TimeDelta::millis(100)), [](Tx& mine) {
      execute(mine, "update items set name = 'mine' where id = 1");
      return true;
    });
    EXPECT_FALSE(blocked);
    EXPECT_EQ(blocked.error().code, ProblemCode::kDeadlineExceeded);
    EXPECT_GE(now() - begun, TimeDelta::millis(99));
    EXPECT_LT(now() - begun, TimeDelta::seconds(5));
    return true;
  });
  ASSERT_TRUE(held) << held.error().detail;
  EXPECT_EQ(names(), std::vector<std::string>{"theirs"});
  EXPECT_TRUE(put(2, "afterwards"));
}

TEST_P(ContractTest, AStatementThatRunsTooLongEndsAtItsDeadline) {
  for (const UnitKind kind : {UnitKind::kRead, UnitKind::kWrite}) {
    const auto done = store_->run_unit(kind, after(TimeDelta::millis(100)), [](Tx& tx) {
      execute(tx,
              "with recursive n (i) as (select 1 union all select i + 1 from n where i < 1000000000) "
              "select count(*) from n");
      return true;
    });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ProblemCode::kDeadlineExceeded);
  }
  EXPECT_TRUE(put(1, "afterwards"));
}

TEST_P(ContractTest, OneUnitsFailureDoesNotTouchItsNeighbours) {
  constexpr int kThreads = 16;
  std::atomic<int> good = 0;
  std::atomic<int> bad = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 20; ++i) {
          const int64_t id = t * 1000 + i;
          const bool is_bad = (t + i) % 3 == 0;
          const auto done = store_->run_write(soon(), [&](Tx& tx) {
            execute(tx, "insert into items (id, name) values ($1, 'x')", id);
            if (is_bad) execute(tx, "insert into parts (item_id) values (-1)");
            return true;
          });
          EXPECT_EQ(done.has_value(), !is_bad);
          ++(done ? good : bad);
        }
      });
  }
  EXPECT_EQ(names().size(), static_cast<size_t>(good));
  EXPECT_EQ(good + bad, kThreads * 20);
}

TEST_P(ContractTest, UnitsThatFailAreCountedByTheirCause) {
  EXPECT_FALSE(store_->run_write(now(), [](Tx&) { return true; }));
  EXPECT_EQ(store_->counters().late, 1u);
  EXPECT_EQ(store_->counters().unavailable, 0u);
}

TEST_P(ContractTest, StatementsOfBodiesAreCounted) {
  const uint64_t before = store_->statement_count();
  names();
  EXPECT_EQ(store_->statement_count() - before, 1u);
}

TEST_P(ContractTest, WhatIsCommittedIsThereAfterReopening) {
  ASSERT_TRUE(put(1, "kept"));
  store_.reopen();
  EXPECT_EQ(names(), std::vector<std::string>{"kept"});
}

TEST_P(ContractTest, MoreStatementsThanAreKeptPreparedStillRun) {
  const auto sum = store_->read(soon(), [](Tx& tx) -> Outcome<int64_t> {
    int64_t total = 0;
    for (int i = 0; i < 2500; ++i) total += one<int64_t>(tx, "select " + std::to_string(i)).value_or(-1'000'000);
    return total;
  });
  EXPECT_EQ(sum.value(), 2499 * 2500 / 2);
}

TEST_P(ContractTest, MoreStatementsThanAreKeptPreparedRunInUnitsOfTheirOwn) {
  for (int i = 0; i < 1500; ++i) {
    const auto done = store_->write(soon(), [&](Tx& tx) -> Outcome<int64_t> {
      return one<int64_t>(tx, "select " + std::to_string(i)).value_or(-1);
    });
    ASSERT_TRUE(done) << i << ": " << done.error().detail;
    EXPECT_EQ(*done, i);
  }
}

TEST_P(ContractTest, AUnitMayTellOfAThousandThings) {
  const auto done = store_->write(soon(), [](Tx& tx) -> Outcome<void> {
    for (int i = 0; i < 1000; ++i) tx.emit({"t", "r" + std::to_string(i), "{}"});
    return {};
  });
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(store_->outbox().fetch(soon(), 2000)->size(), 1000U);
}

PARLEY_ON_BOTH_DATABASES(ContractTest);

TEST(GroupCommitTest, WritersShareTheFlushOfTheDisk) {
  TestStore store;
  const uint64_t commits_before = store->counters().commits;
  const uint64_t units_before = store->counters().units;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 16; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i)
          EXPECT_TRUE(store->run_write(after(TimeDelta::seconds(60)), [](Tx& tx) {
            tx.emit({"t", "r", "{}"});
            return true;
          }));
      });
  }
  EXPECT_EQ(store->counters().units - units_before, 16u * 50u);
  EXPECT_LT(store->counters().commits - commits_before, 16u * 50u / 2);
}

TEST(PostgresDeadlineTest, TheServerStopsWhatNobodyWaitsForAnyMore) {
  TestStore store(Engine::kPostgres);
  EXPECT_FALSE(store->run_read(after(TimeDelta::millis(50)), [](Tx& tx) {
    execute(tx, "select pg_sleep(3600)");
    return true;
  }));
  const Timestamp patience = after(TimeDelta::seconds(60));
  std::optional<int64_t> running = 1;
  while (running != 0 && now() < patience)
    running = store
                  ->read(patience,
                         [](Tx& tx) -> Outcome<std::optional<int64_t>> {
                           return one<int64_t>(
                               tx, "select count(*) from pg_stat_activity where query like 'select pg_sleep%'");
                         })
                  .value();
  EXPECT_EQ(running, 0);
}

TEST(NestingDeathTest, AUnitWithinAUnitOfTheSameStoreIsABugAndRefused) {
  TestStore store;
  const auto nest = [&] {
    return store->run_read(Timestamp::never(), [&](Tx&) {
      const auto inner = store->run_write(Timestamp::never(), [](Tx&) { return true; });
      EXPECT_FALSE(inner);
      return true;
    });
  };
#ifdef NDEBUG
  const unsigned long before = bug_count();
  EXPECT_TRUE(nest());
  EXPECT_EQ(bug_count(), before + 1);
#else
  EXPECT_DEATH((void)nest(), "inside another");
#endif
}

}  // namespace
}  // namespace parley::store
