#include "product/events/log.h"

#include <algorithm>

namespace parley::product::events {
namespace {

/// Resources that one statement takes; see read_of().
constexpr size_t kResourcesAtOnce = 256;

}  // namespace

int64_t append(Tx& tx, int64_t outbox_id) {
  // Takes the row's lock, too: on PostgreSQL another relay's places are given before or after these.
  const int64_t base = one<int64_t>(tx,
                                    "insert into event_log_state (id, last) values (1, 0) "
                                    "on conflict (id) do update set last = event_log_state.last returning last")
                           .value_or(0);
  const int64_t added =
      execute(tx,
              "insert into event_log (position, outbox_id, type, resource, payload, created_at) "
              "select $1 + row_number() over (order by o.id), o.id, o.type, o.resource, o.payload, o.created_at "
              "from outbox o where o.id <= $2 "
              "and not exists (select 1 from event_log l where l.outbox_id = o.id) order by o.id",
              base, outbox_id);
  if (added > 0) execute(tx, "update event_log_state set last = $1 where id = 1", base + added);
  return base + added;
}

LogRange range(Tx& tx) {
  const auto found = one<LogRange>(tx,
                                   "select coalesce((select min(position) from event_log), last + 1) as first, last "
                                   "from event_log_state where id = 1");
  return found.value_or(LogRange{});
}

std::vector<LoggedEvent> read_after(Tx& tx, int64_t position, int64_t limit) {
  return all<LoggedEvent>(tx,
                          "select position, type, resource, payload, created_at from event_log "
                          "where position > $1 order by position limit $2",
                          position, limit);
}

std::vector<LoggedEvent> read_of(Tx& tx, LogSpan span, std::span<const std::string> resources, int64_t limit) {
  std::vector<LoggedEvent> found;
  while (!resources.empty()) {
    const auto part = resources.first(std::min(resources.size(), kResourcesAtOnce));
    resources = resources.subspan(part.size());
    std::vector<SqlValue> arguments{span.after, span.last, limit};
    std::string list;
    // The last one fills up the list, so that there is one statement for lists of all lengths.
    for (size_t i = 0; i < kResourcesAtOnce; ++i) {
      arguments.emplace_back(part[std::min(i, part.size() - 1)]);
      list += (i == 0 ? "$" : ", $") + std::to_string(arguments.size());
    }
    auto rows =
        rows_as<LoggedEvent>(tx.run("select position, type, resource, payload, created_at from event_log "
                                    "where position > $1 and position <= $2 and resource in (" +
                                        list + ") order by position limit $3",
                                    arguments));
    std::ranges::move(rows, std::back_inserter(found));
  }
  std::ranges::sort(found, {}, &LoggedEvent::position);
  if (std::ssize(found) > limit) found.resize(static_cast<size_t>(limit));
  return found;
}

int64_t sweep(Tx& tx, WallTime now) {
  return execute(tx,
                 "delete from event_log where position in "
                 "(select position from event_log where created_at < $1 order by position limit $2)",
                 WallTime{now.unix_us - kKept.us()}, kSweptAtOnce);
}

}  // namespace parley::product::events
