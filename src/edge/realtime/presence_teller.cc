#include "edge/realtime/presence_teller.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "edge/realtime/audience.h"
#include "json/writer.h"
#include "product/chat/joined.h"
#include "product/community/members.h"
#include "product/identity/profile.h"

namespace parley::realtime {
namespace {

using product::Outcome;
using product::Tx;
using product::UserId;

constexpr TimeDelta kPatience = TimeDelta::seconds(5);

/// Who is told.
struct Circle {
  std::set<std::string> rooms;
  std::vector<UserId> apart;
  bool is_shown = true;
};

}  // namespace

void PresenceTeller::set(const UserId& user, std::string_view socket, PresenceState state) {
  book_.with([&](PresenceBook& book) { book.set(user, socket, state); });
}

void PresenceTeller::remove(const UserId& user, std::string_view socket, Timestamp now) {
  book_.with([&](PresenceBook& book) { book.remove(user, socket, now); });
}

Outcome<std::vector<UserPresence>> PresenceTeller::look(const UserId& viewer, std::vector<UserId> asked,
                                                        Timestamp deadline) const {
  std::ranges::sort(asked);
  asked.erase(std::ranges::unique(asked).begin(), asked.end());
  std::vector<UserPresence> there;
  book_.with([&](const PresenceBook& book) {
    for (const UserId& user : asked) {
      if (const PresenceState state = book.seen(user); state != PresenceState::kOffline) there.push_back({user, state});
    }
  });
  return store_.read(deadline, [&](Tx& tx) -> Outcome<std::vector<UserPresence>> {
    std::set<UserId> known{viewer};
    for (UserId& other : product::community::fellows_among(tx, viewer, asked)) known.insert(std::move(other));
    for (UserId& other : product::chat::partners_among(tx, viewer, asked)) known.insert(std::move(other));
    for (const UserId& other : product::identity::apart_from(tx, viewer)) known.erase(other);
    std::vector<UserPresence> shown;
    for (const UserPresence& one : there) {
      const bool is_own = one.user_id == viewer;
      if (known.contains(one.user_id) && (is_own || product::identity::privacy_of(tx, one.user_id).shows_presence))
        shown.push_back(one);
    }
    return shown;
  });
}

void PresenceTeller::tell_changes(Now now) {
  const auto changes = book_.with([&](PresenceBook& book) { return book.changes(now.mono); });
  for (const UserPresence& presence : changes) tell(presence, now);
}

void PresenceTeller::tell(const UserPresence& presence, Now now) {
  const UserId& user = presence.user_id;
  const auto circle = store_.read(now.mono + kPatience, [&](Tx& tx) -> Outcome<Circle> {
    return Circle{rooms_of(tx, user, now.wall), product::identity::apart_from(tx, user),
                  product::identity::privacy_of(tx, user).shows_presence};
  });
  if (!circle) return log::warn("presence_not_told", {{"problem", product::info(circle.error().code).name}});
  if (circle->is_shown) {
    std::vector<std::string> except;
    for (const UserId& other : circle->apart) except.push_back(user_room(other));
    const std::string argument = json::to_json(presence);
    gateway_.emit(
        "/", {.rooms = {circle->rooms.begin(), circle->rooms.end()}, .except = {except.begin(), except.end()}},
        {.name = "presence", .arguments = {argument}, .delivery = gateway::OutgoingEvent::Delivery::kVolatile});
  }
  if (presence.state != PresenceState::kOffline) return;
  // Whoever came by an invite for a visit has left with his last device.
  const auto done = store_.write(now.mono + kPatience, [&](Tx& tx) -> Outcome<void> {
    product::community::end_temporary_memberships(tx, {user, now.wall, rng_});
    return {};
  });
  if (!done) log::warn("visit_not_ended", {{"problem", product::info(done.error().code).name}});
}

}  // namespace parley::realtime
