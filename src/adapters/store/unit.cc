#include "adapters/store/unit.h"

#include "adapters/store/clock.h"
#include "base/check.h"
#include "base/log.h"
#include "base/utf8.h"

namespace parley::store {
namespace {

/// The bodies that run on this thread, innermost first: one body may use another store (copying does).
struct Frame {
  const Database* database;
  const Frame* outer;
};
thread_local const Frame* innermost = nullptr;

std::optional<Failure> refusal(std::span<const product::SqlValue> arguments) {
  for (const product::SqlValue& argument : arguments) {
    const auto* text = std::get_if<std::string>(&argument);
    if (!text) continue;
    if (text->find('\0') != std::string::npos) return Failure{Cause::kRefused, "a text contains a NUL character"};
    if (!is_utf8(*text)) return Failure{Cause::kRefused, "a text is not UTF-8"};
  }
  return std::nullopt;
}

}  // namespace

bool is_inside(const Database& database) {
  for (const Frame* frame = innermost; frame; frame = frame->outer)
    if (frame->database == &database) return true;
  return false;
}

product::SqlRows Unit::run(std::string_view sql, std::span<const product::SqlValue> arguments) {
  if (failure_) return {};
  counters_.statements.fetch_add(1, std::memory_order_relaxed);
  if (auto refused = refusal(arguments)) {
    break_with(std::move(*refused));
    return {};
  }
  Attempt<product::SqlRows> rows = execute(sql, arguments);
  if (rows) return std::move(*rows);
  if (rows.error().cause == Cause::kStatement)
    log::error("store_statement_refused", {{"sql", sql}, {"reason", rows.error().text}});
  break_with(std::move(rows.error()));
  return {};
}

void Unit::emit(product::OutboxEvent event) {
  if (failure_) return;
  if (kind_ == UnitKind::kRead) {
    break_with({Cause::kStatement, "an event was emitted by a unit that only reads"});
    return;
  }
  events_.push_back(std::move(event));
}

void Unit::break_with(Failure failure) {
  if (!failure_) failure_ = std::move(failure);
}

bool Unit::fill(const Database& database, const product::Store::Body& body) {
  counters_.units.fetch_add(1, std::memory_order_relaxed);
  const Frame frame{&database, innermost};
  innermost = &frame;
  const bool is_wanted = body(*this);
  innermost = frame.outer;
  if (!is_wanted || failure_) return false;
  for (const product::OutboxEvent& event : events_)
    if (auto refused = refusal(event_arguments(event))) break_with(std::move(*refused));
  return !failure_;
}

std::vector<product::SqlValue> event_arguments(const product::OutboxEvent& event) {
  return {event.type, event.resource, event.payload, read_wall_clock().unix_us};
}

}  // namespace parley::store
