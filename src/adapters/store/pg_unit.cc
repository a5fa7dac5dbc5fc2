#include "adapters/store/pg_unit.h"

#include <array>
#include <set>

#include "adapters/store/clock.h"

namespace parley::store {
namespace {

using product::SqlRows;
using product::SqlValue;

/// Held until the commit is visible; see Outbox. Two resources may share a lock: they only wait for each other.
constexpr std::string_view kLockResource = "select pg_advisory_xact_lock(hashtextextended($1, 0))";

}  // namespace

std::string_view PgUnit::begin_sql() const {
  switch (kind()) {
    case UnitKind::kRead:
      return "begin isolation level repeatable read read only";
    case UnitKind::kWrite:
      return "begin isolation level serializable";
    case UnitKind::kMaintenance:
      break;
  }
  return "begin isolation level read committed";
}

Attempt<SqlRows> PgUnit::execute(std::string_view sql, std::span<const SqlValue> arguments) {
  // Without this a statement that has no time left would cost the connection.
  if (read_clock() >= deadline_) return failed(Cause::kDeadline, "the unit of work took too long");
  const std::array<PgStatement, 2> statements{PgStatement{begin_sql(), {}}, PgStatement{sql, arguments}};
  const auto wanted = std::span(statements).subspan(is_begun_ ? 1 : 0);
  is_begun_ = true;
  auto rows = connection_.run(wanted, deadline_, plan());
  if (!rows) return std::unexpected(std::move(rows.error()));
  return std::move(rows->back());
}

Attempt<void> PgUnit::commit() {
  if (!is_begun_ && events().empty()) return {};
  std::vector<std::vector<SqlValue>> arguments;
  std::set<std::string_view> resources;  // Sorted: whoever locks several does so in the same order.
  for (const product::OutboxEvent& event : events()) resources.insert(event.resource);
  arguments.reserve(events().size() + resources.size());  // The statements below point into it.
  std::vector<PgStatement> statements;
  if (!is_begun_) statements.push_back({begin_sql(), {}});
  is_begun_ = true;
  for (const std::string_view resource : resources) {
    arguments.push_back({std::string(resource)});
    statements.push_back({kLockResource, arguments.back()});
  }
  for (const product::OutboxEvent& event : events()) {
    arguments.push_back(event_arguments(event));
    statements.push_back({kInsertEvent, arguments.back()});
  }
  statements.push_back({"commit", {}});
  auto done = connection_.run(statements, deadline_, plan());
  if (done && done->back().affected < 0) return failed(Cause::kStatement, "PostgreSQL rolled the transaction back");
  if (done) return {};
  if (connection_.is_lost())
    return failed(Cause::kOutcomeUnknown, "the connection broke during the commit: it may have been done or not");
  return std::unexpected(std::move(done.error()));
}

void PgUnit::end() {
  if (is_begun_ && connection_.is_in_transaction())
    connection_.send_only(kind() == UnitKind::kRead ? "commit" : "rollback");
}

}  // namespace parley::store
