#include "adapters/store/pg_store.h"

#include <condition_variable>
#include <random>

#include "adapters/store/pg_unit.h"
#include "base/log.h"

namespace parley::store {
namespace {

/// So often a unit is tried beside others. Then this process lets it write alone, which ends the contention but makes
/// everybody wait: sooner helps a row that all write, later helps those whose rows are their own and who conflict by
/// chance (1.4 % of units with 64 writers). On a busy machine these wrote four times as much with 5 as with 2.
constexpr int kContentionsBeforeAlone = 5;
/// Repetitions of a unit that meets contention: when it is alone, only with other processes.
constexpr int kMaxContentions = 30;
/// Repetitions after a lost connection: the second is made after all old connections were thrown away.
constexpr int kMaxLosses = 2;
/// The jitter before a repetition grows to this: longer than a commit, shorter than anybody notices.
constexpr int64_t kMaxJitterUs = 8'000;
/// Pauses between attempts to connect to a server that refuses: at most a second after its return we are back.
constexpr TimeDelta kFirstPause = TimeDelta::millis(50);
constexpr TimeDelta kLongestPause = TimeDelta::seconds(1);
/// An attempt to connect that was given this long and failed is the server's fault.
constexpr TimeDelta kFairTrial = TimeDelta::millis(200);

}  // namespace

PgStore::PgStore(const DatabaseUrl& url, const StoreOptions& options)
    : url_(url), connect_timeout_(options.connect_timeout) {
  for (size_t i = 0; i < std::max<size_t>(options.connections, 1); ++i) slots_.give({});
  lane_.give(0);
  gate_.with([](Gate& gate) { gate.rng = SeededRng(std::random_device()()); });
}

Attempt<std::unique_ptr<PgStore>> PgStore::open(const DatabaseUrl& url, const StoreOptions& options) {
  std::unique_ptr<PgStore> store(new PgStore(url, options));
  auto slot = store->slots_.take(Timestamp::never());
  auto ready = store->make_ready(*slot, read_clock() + options.connect_timeout);
  store->slots_.give(std::move(*slot));
  if (!ready) return std::unexpected(std::move(ready.error()));
  return store;
}

product::Outcome<void> PgStore::run_unit(UnitKind kind, Timestamp deadline, const Body& body) {
  if (refuses_nesting()) return std::unexpected(nesting_problem());
  return conclude(repeat(kind, deadline, body));
}

Attempt<void> PgStore::repeat(UnitKind kind, Timestamp deadline, const Body& body) {
  int contentions = 0;
  int losses = 0;
  for (;;) {
    Attempt<void> done = contentions < kContentionsBeforeAlone ? attempt_among_others(kind, deadline, body)
                                                               : attempt_alone(kind, deadline, body);
    if (done) return done;
    const bool may_repeat = (done.error().cause == Cause::kContention && ++contentions <= kMaxContentions) ||
                            (done.error().cause == Cause::kLost && ++losses <= kMaxLosses);
    if (!may_repeat || read_clock() >= deadline) return done;
    pause_before_retry(contentions, deadline);
    ++counters_.retries;
  }
}

Attempt<void> PgStore::attempt_among_others(UnitKind kind, Timestamp deadline, const Body& body) {
  if (kind != UnitKind::kWrite) return attempt(kind, deadline, body);
  if (!writers_.enter(deadline)) return failed(Cause::kDeadline, "the unit of work waited too long for its turn");
  Attempt<void> done = attempt(kind, deadline, body);
  writers_.leave();
  return done;
}

Attempt<void> PgStore::attempt_alone(UnitKind kind, Timestamp deadline, const Body& body) {
  const auto place = lane_.take(deadline);
  if (!place) return failed(Cause::kDeadline, "the unit of work waited too long for its turn");
  Attempt<void> done = failed(Cause::kDeadline, "the unit of work waited too long for its turn");
  if (writers_.close(deadline)) {
    done = attempt(kind, deadline, body);
    writers_.open();
  }
  lane_.give(*place);
  return done;
}

void PgStore::pause_before_retry(int retry, Timestamp deadline) {
  if (retry == 0) return;
  const int64_t most = std::min<int64_t>(int64_t{250} << std::min(retry, 10), kMaxJitterUs);
  const auto us =
      gate_.with([&](Gate& gate) { return static_cast<int64_t>(gate.rng.below(static_cast<uint64_t>(most))); });
  std::mutex mutex;
  std::condition_variable never_changed;
  std::unique_lock lock(mutex);
  wait_until(never_changed, lock, earlier(deadline, read_clock() + TimeDelta::micros(us)), [] { return false; });
}

Attempt<void> PgStore::attempt(UnitKind kind, Timestamp deadline, const Body& body) {
  auto slot = slots_.take(deadline);
  if (slot && read_clock() >= deadline) slots_.give(*std::exchange(slot, std::nullopt));
  if (!slot) return failed(Cause::kDeadline, "all connections were busy");
  Attempt<void> done = make_ready(*slot, deadline);
  if (done) {
    done = run_on(*slot->connection, kind, deadline, body);
    if (slot->connection->is_lost()) {
      slot->connection.reset();
      if (!done && done.error().cause != Cause::kDeadline) ++generation_;
    }
  }
  slots_.give(std::move(*slot));
  return done;
}

Attempt<void> PgStore::run_on(PgConnection& connection, UnitKind kind, Timestamp deadline, const Body& body) {
  PgUnit unit(kind, counters_, connection, deadline);
  const bool is_wanted = unit.fill(*this, body);
  if (!is_wanted || kind == UnitKind::kRead) {
    unit.end();
    if (unit.failure()) return std::unexpected(*unit.failure());
    return {};
  }
  if (read_clock() >= deadline) {
    unit.end();
    return failed(Cause::kDeadline, "the unit of work took too long");
  }
  Attempt<void> done = unit.commit();
  if (!done) {
    unit.end();
    return done;
  }
  ++counters_.commits;
  if (!unit.events().empty()) outbox().on_commit();
  return done;
}

Attempt<void> PgStore::make_ready(Slot& slot, Timestamp deadline) {
  const uint64_t generation = generation_;
  if (slot.connection && slot.generation == generation && !slot.connection->has_been_closed()) return {};
  slot.connection.reset();
  const Timestamp at = read_clock();
  if (at >= deadline) return failed(Cause::kDeadline, "all connections were busy");
  if (gate_.with([&](const Gate& gate) { return at < gate.opens; }))
    return failed(Cause::kResources, "PostgreSQL does not answer");
  auto opened = PgConnection::open(url_, earlier(deadline, at + connect_timeout_));
  if (opened) {
    gate_.with([](Gate& gate) { gate.pause = TimeDelta::zero(); });
    ++counters_.reconnects;
    slot.connection = std::move(*opened);
    slot.generation = generation;
    return {};
  }
  log::warn("store_connect_failed", {{"reason", opened.error().text}});
  // A caller in a hurry says nothing about the server.
  if (const Timestamp end = read_clock(); end >= deadline && end - at < kFairTrial)
    return failed(Cause::kDeadline, "there was no time to connect");
  gate_.with([&](Gate& gate) {
    gate.pause = std::clamp(gate.pause * 2, kFirstPause, kLongestPause);
    const auto jitter = static_cast<int64_t>(gate.rng.below(static_cast<uint64_t>(gate.pause.us() / 2)));
    gate.opens = read_clock() + gate.pause - TimeDelta::micros(jitter);
  });
  // Not kLost: nothing has been tried, and the next attempt is for the gate to allow.
  return failed(Cause::kResources, std::move(opened.error().text));
}

}  // namespace parley::store
