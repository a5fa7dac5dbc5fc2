#include "adapters/store/outbox.h"

#include "adapters/store/clock.h"
#include "adapters/store/database.h"

namespace parley::store {
namespace {

/// SQL for "id is one of $1", and $1: a list is written differently for each database.
std::string_view delete_sql(Engine engine) {
  return engine == Engine::kSqlite ? "delete from outbox where id in (select value from json_each($1))"
                                   : "delete from outbox where id = any(cast($1 as bigint[]))";
}

std::string list(Engine engine, std::span<const int64_t> ids) {
  std::string text(1, engine == Engine::kSqlite ? '[' : '{');
  for (const int64_t id : ids) {
    if (text.size() > 1) text += ',';
    text += std::to_string(id);
  }
  return text + (engine == Engine::kSqlite ? ']' : '}');
}

}  // namespace

product::Outcome<std::vector<PendingEvent>> Outbox::fetch(Timestamp deadline, size_t limit) {
  return database_.read(deadline, [&](product::Tx& tx) -> product::Outcome<std::vector<PendingEvent>> {
    return product::all<PendingEvent>(
        tx, "select id, type, resource, payload, created_at from outbox order by id limit $1", limit);
  });
}

product::Outcome<void> Outbox::remove(Timestamp deadline, std::span<const int64_t> ids) {
  if (ids.empty()) return {};
  const Engine engine = database_.engine();
  return database_.run_unit(UnitKind::kMaintenance, deadline, [&](product::Tx& tx) {
    product::execute(tx, delete_sql(engine), list(engine, ids));
    return true;
  });
}

uint64_t Outbox::commits() const {
  const std::lock_guard lock(mutex_);
  return commits_;
}

bool Outbox::wait(uint64_t seen, Timestamp deadline) const {
  std::unique_lock lock(mutex_);
  return wait_until(changed_, lock, deadline, [&] { return commits_ > seen; });
}

void Outbox::on_commit() {
  {
    const std::lock_guard lock(mutex_);
    ++commits_;
  }
  changed_.notify_all();
  if (listener_) listener_();
}

}  // namespace parley::store
