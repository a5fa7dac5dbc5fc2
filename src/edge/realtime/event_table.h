#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "json/schema.h"
#include "product/events/log.h"

namespace parley::realtime {

/// An event of the log as clients know it; the list is event_table.cc. What is not in it is not told to clients: bans,
/// reports and invites are for moderators, who ask for them.
struct EventRow {
  std::string_view type;  ///< Of the log.
  std::string_view name;  ///< Of the Socket.IO event (product.md 3.14).
  /// Of what the payload holds beside `eventId` and `event`.
  std::string (*schema)(json::Schemas& schemas);
};
std::span<const EventRow> event_rows();
/// nullptr when clients are not told such events.
const EventRow* find_row(std::string_view type);

/// The room whose sockets are told the events of a resource: people who may know of it are in its room. A channel and
/// the conversation in it are one room.
std::string room_of_resource(std::string_view resource);

/// The one argument of the Socket.IO event: the payload, with `eventId` (where the client has arrived; it gives it back
/// as `lastEventId`) and `event` (the type, because some names stand for several).
std::string make_argument(const product::events::LoggedEvent& event);
std::string event_id(int64_t position);
/// nullopt for what never was an event id.
std::optional<int64_t> parse_event_id(std::string_view text);

}  // namespace parley::realtime
