#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "adapters/store/database.h"
#include "adapters/store/failure.h"

namespace parley::store {

/// What both databases' units of work share: the failure that sticks, the events, the counting.
class Unit : public product::Tx {
 public:
  Unit(UnitKind kind, StoreCounters& counters) : kind_(kind), counters_(counters) {}

  product::SqlRows run(std::string_view sql, std::span<const product::SqlValue> arguments) final;
  void emit(product::OutboxEvent event) final;
  bool is_broken() const final { return failure_.has_value(); }

  /// Runs `body` with this unit. True: to be committed. False: to be rolled back, for failure() or by the body's will.
  bool fill(const Database& database, const product::Store::Body& body);
  const std::optional<Failure>& failure() const { return failure_; }
  std::span<const product::OutboxEvent> events() const { return events_; }
  UnitKind kind() const { return kind_; }
  void break_with(Failure failure);

 protected:
  virtual Attempt<product::SqlRows> execute(std::string_view sql, std::span<const product::SqlValue> arguments) = 0;

 private:
  UnitKind kind_;
  StoreCounters& counters_;
  std::optional<Failure> failure_;
  std::vector<product::OutboxEvent> events_;
};

/// Stores one event: $1 type, $2 resource, $3 payload, $4 created_at.
inline constexpr std::string_view kInsertEvent =
    "insert into outbox (type, resource, payload, created_at) values ($1, $2, $3, $4)";
std::vector<product::SqlValue> event_arguments(const product::OutboxEvent& event);

/// Whether a body of `database` is running on this thread.
bool is_inside(const Database& database);

}  // namespace parley::store
