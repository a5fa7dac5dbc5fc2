#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "product/ports/store.h"

namespace parley::store {

class Database;

/// An event that is stored and not yet told.
struct PendingEvent {
  int64_t id = 0;
  std::string type;
  std::string resource;
  std::string payload;
  WallTime created_at;
};
BOOST_DESCRIBE_STRUCT(PendingEvent, (), (id, type, resource, payload, created_at))

/// The events of committed units of work, until they have been told. At least once: who dies between telling and
/// remove() tells again.
///
/// What is pending is what stands in the table, and nothing remembers "the last id told": PostgreSQL gives ids before
/// the commit, so a smaller id may become visible after a larger one, and "id > last" would skip it for ever.
///
/// Events of one resource still have ids in the order of their commits. On SQLite units are written one after the
/// other. On PostgreSQL a unit's events are inserted as its last act, under a lock on each resource that is held until
/// the commit is visible: whoever gets an id later for the same resource commits later, too.
///
/// Thread-safe. One process at a time may tell; with several, elect one.
class Outbox {
 public:
  explicit Outbox(Database& database) : database_(database) {}

  /// The oldest `limit` pending events, in order.
  product::Outcome<std::vector<PendingEvent>> fetch(Timestamp deadline, size_t limit);
  /// Forgets events that have been told.
  product::Outcome<void> remove(Timestamp deadline, std::span<const int64_t> ids);

  /// How many times this process has committed events.
  uint64_t commits() const;
  /// Waits until commits() exceeds `seen`; false when `deadline` came first. Other processes' commits wake nobody: look
  /// now and then.
  bool wait(uint64_t seen, Timestamp deadline) const;
  /// Called after each commit with events, on the thread that committed; must be quick and must not call the store.
  /// Before the store is used, or never.
  void set_listener(std::function<void()> listener) { listener_ = std::move(listener); }

  /// By the store: a unit with events is durable.
  void on_commit();

 private:
  Database& database_;
  std::function<void()> listener_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  uint64_t commits_ = 0;
};

}  // namespace parley::store
