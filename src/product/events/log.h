#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "product/ports/store.h"

// The log of what has happened: every event of the outbox, in the order in which all are told it, kept for a day. Who
// has seen everything up to a position and reads what follows it has missed nothing, whatever was lost on the way.

namespace parley::product::events {

/// An event that has its place.
struct LoggedEvent {
  int64_t position = 0;  ///< Dense from 1 over the whole database; events of one resource in the order of their units.
  std::string type;
  std::string resource;
  std::string payload;  ///< JSON.
  WallTime created_at;
};
BOOST_DESCRIBE_STRUCT(LoggedEvent, (), (position, type, resource, payload, created_at))

/// Gives the events of the outbox up to this id their places, in the order of their ids. Those that have one, from a
/// relay that died before it could say so or from another instance's, keep it. Returns the position of the last event
/// of all. The outbox's events of one resource become visible in the order of their ids, so no place is given too
/// early.
int64_t append(Tx& tx, int64_t outbox_id);

struct LogRange {
  int64_t first = 1;  ///< The oldest position that is kept; last + 1 when nothing is.
  int64_t last = 0;   ///< The newest position given; 0 before the first.
};
BOOST_DESCRIBE_STRUCT(LogRange, (), (first, last))
LogRange range(Tx& tx);

/// The events after `position`, in order, at most `limit`.
std::vector<LoggedEvent> read_after(Tx& tx, int64_t position, int64_t limit);
struct LogSpan {
  int64_t after = 0;
  int64_t last = 0;  ///< Itself included.
};
/// The events of these resources alone, each given once, in order, at most `limit`.
std::vector<LoggedEvent> read_of(Tx& tx, LogSpan span, std::span<const std::string> resources, int64_t limit);

/// How long a client may have been away and still be told all that he missed, one by one (product.md 3.3).
inline constexpr TimeDelta kKept = TimeDelta::seconds(24 * 3600);
/// Rows removed by one sweep(): the writer is needed by others, too.
inline constexpr int64_t kSweptAtOnce = 1000;
/// Forgets events older than kKept. For a timer, until it returns less than kSweptAtOnce.
int64_t sweep(Tx& tx, WallTime now);

}  // namespace parley::product::events
