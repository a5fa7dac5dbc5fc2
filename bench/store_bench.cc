// Durable writes and point reads per second through the store, on SQLite and on a PostgreSQL of its own.
//
//   store_bench [SECONDS]     how long each case runs; 2 unless given
//
// A write is one unit of work that updates a row of its thread's and inserts one; a read is one row by its key.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "adapters/store/maintenance.h"
#include "adapters/store/test_folder.h"
#include "adapters/store/test_postgres.h"

namespace parley::store {
namespace {

using product::execute;
using product::one;
using product::Outcome;
using product::Tx;

constexpr int kUsers = 1000;

std::string user_id(int number) { return "0192-" + std::to_string(number); }

bool make_users(Database& database) {
  return database
      .run_write(Timestamp::never(),
                 [](Tx& tx) {
                   for (int i = 0; i < kUsers; ++i)
                     execute(tx, "insert into users (id, username_fold, created_at, updated_at) values ($1, $1, 1, 1)",
                             user_id(i));
                   return true;
                 })
      .has_value();
}

bool write_one(Database& database, int thread, int number) {
  return database
      .run_write(Timestamp::never(),
                 [&](Tx& tx) {
                   const std::string user = user_id(thread);
                   execute(tx, "update users set updated_at = updated_at + 1 where id = $1", user);
                   execute(
                       tx,
                       "insert into sessions (id, user_id, created_at, last_used_at, expires_at) values ($1, $2, 1, 1, "
                       "1) on conflict (id) do update set last_used_at = sessions.last_used_at + 1",
                       user + "-" + std::to_string(number % 100'000), user);
                   return true;
                 })
      .has_value();
}

bool read_one(Database& database, int thread, int number) {
  return database
      .read(Timestamp::never(),
            [&](Tx& tx) -> Outcome<bool> {
              const std::string user = user_id((thread * 37 + number) % kUsers);
              return one<std::string>(tx, "select username_fold from users where id = $1", user).has_value();
            })
      .value_or(false);
}

/// Runs `work` on so many threads for the time; prints rate and latencies.
template <class Work>
void measure(const char* engine, const char* what, int threads, TimeDelta time, Work work) {
  std::atomic<int> failures = 0;
  std::vector<std::vector<int64_t>> latencies(static_cast<size_t>(threads));
  const Timestamp begun = now();
  {
    std::vector<std::jthread> running;
    for (int t = 0; t < threads; ++t)
      running.emplace_back([&, t] {
        for (int i = 0; now() - begun < time; ++i) {
          const Timestamp at = now();
          if (!work(t, i)) ++failures;
          latencies[static_cast<size_t>(t)].push_back((now() - at).us());
        }
      });
  }
  const double seconds = (now() - begun).seconds_f();
  std::vector<int64_t> all;
  for (const auto& of_thread : latencies) all.insert(all.end(), of_thread.begin(), of_thread.end());
  std::sort(all.begin(), all.end());
  std::printf("%-10s %-6s %3d threads %9.0f /s   p50 %7.2f ms   p99 %7.2f ms   failed %d\n", engine, what, threads,
              static_cast<double>(all.size()) / seconds, static_cast<double>(all[all.size() / 2]) / 1000,
              static_cast<double>(all[all.size() * 99 / 100]) / 1000, failures.load());
}

int run(const char* name, const std::string& url, TimeDelta time) {
  const auto opened = open_store({.url = Redacted(url), .connections = 16});
  if (!opened || !migrate(**opened, Timestamp::never()) || !make_users(**opened)) {
    std::fprintf(stderr, "%s: cannot be prepared\n", name);
    return 1;
  }
  Database& database = **opened;
  for (const int threads : {1, 8, 64})
    measure(name, "write", threads, time, [&](int t, int i) { return write_one(database, t, i); });
  std::printf("%-10s repeated %llu of %llu units of work\n", name,
              static_cast<unsigned long long>(database.counters().retries.load()),
              static_cast<unsigned long long>(database.counters().units.load()));
  for (const int threads : {1, 8, 64})
    measure(name, "read", threads, time, [&](int t, int i) { return read_one(database, t, i); });
  return 0;
}

}  // namespace
}  // namespace parley::store

int main(int argc, char** argv) {
  const auto time = parley::TimeDelta::millis(static_cast<int64_t>((argc > 1 ? std::atof(argv[1]) : 2.0) * 1000));
  const parley::store::TestFolder folder;
  return parley::store::run("SQLite", folder.file("bench.db"), time) +
         parley::store::run("PostgreSQL", parley::store::TestPostgres::shared().url(), time);
}
