#include "edge/realtime/presence_teller.h"

#include <algorithm>
#include <set>
#include <span>

#include "base/log.h"
#include "edge/realtime/audience.h"
#include "edge/realtime/known_fields.h"
#include "json/writer.h"
#include "net/clock.h"
#include "product/chat/joined.h"
#include "product/community/members.h"
#include "product/identity/profile.h"

namespace parley::realtime {
namespace {

using product::Outcome;
using product::Tx;
using product::UserId;

constexpr TimeDelta kPatience = TimeDelta::seconds(5);
constexpr std::string_view kChannel = "presence";
/// People in one message: some 20 kB.
constexpr size_t kPeopleAtOnce = 200;

/// What instances tell each other.
struct PresenceElsewhere {
  std::vector<UserPresence> people;  ///< kInvisible, too: his other devices may be seen less than this one.
  std::optional<bool> asks;          ///< The sender has just come and knows nobody.
};
BOOST_DESCRIBE_STRUCT(PresenceElsewhere, (), (people, asks))

/// Who is told.
struct Circle {
  std::set<std::string> rooms;
  std::vector<UserId> apart;
  bool is_shown = true;
};

}  // namespace

PresenceTeller::PresenceTeller(Ports ports) : ports_(ports) {
  ports_.bus.subscribe(kChannel, [this](const product::Bus::Message& message) { hear(message); });
  ports_.bus.on_joined([this] {
    ports_.bus.publish(kChannel, json::to_json(PresenceElsewhere{{}, true}));
    is_asked_ = true;
  });
}

void PresenceTeller::set(const UserId& user, std::string_view socket, PresenceState state) {
  say(book_.with([&](PresenceBook& book) -> std::vector<UserPresence> {
    const PresenceState before = book.own(user);
    book.set(user, socket, state);
    if (book.own(user) == before) return {};
    return {{user, book.own(user)}};
  }));
}

void PresenceTeller::remove(const UserId& user, std::string_view socket, Timestamp now) {
  say(book_.with([&](PresenceBook& book) -> std::vector<UserPresence> {
    const PresenceState before = book.own(user);
    book.remove(user, socket, now);
    if (book.own(user) == before) return {};
    return {{user, book.own(user)}};
  }));
}

void PresenceTeller::say(const std::vector<UserPresence>& own) {
  for (size_t from = 0; from < own.size(); from += kPeopleAtOnce) {
    const auto part = std::span(own).subspan(from, std::min(kPeopleAtOnce, own.size() - from));
    ports_.bus.publish(kChannel, json::to_json(PresenceElsewhere{{part.begin(), part.end()}, std::nullopt}));
  }
}

void PresenceTeller::hear(const product::Bus::Message& message) {
  const auto heard = parse_known<PresenceElsewhere>(message.payload);
  if (!heard) return log::warn("bus_message_not_understood", {{"channel", kChannel}});
  const Timestamp now = net::read_clock().mono;
  book_.with([&](PresenceBook& book) {
    for (const UserPresence& one : heard->people) book.hear(message.sender, one.user_id, one.state, now);
  });
  if (heard->asks.value_or(false)) is_asked_ = true;
}

void PresenceTeller::beat(Timestamp now) {
  if (!ports_.bus.stats().is_up) return book_.with([&](PresenceBook& book) { book.hold(now); });
  if (!is_asked_.exchange(false) && now < next_beat_) return;
  next_beat_ = now + PresenceBook::kBeat;
  say(book_.with([](const PresenceBook& book) { return book.own_all(); }));
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
  return ports_.store.read(deadline, [&](Tx& tx) -> Outcome<std::vector<UserPresence>> {
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
  beat(now.mono);
  const auto changes = book_.with([&](PresenceBook& book) { return book.changes(now.mono); });
  for (const UserPresence& presence : changes) tell(presence, now);
}

void PresenceTeller::tell(const UserPresence& presence, Now now) {
  const UserId& user = presence.user_id;
  const auto circle = ports_.store.read(now.mono + kPatience, [&](Tx& tx) -> Outcome<Circle> {
    return Circle{rooms_of(tx, user, now.wall), product::identity::apart_from(tx, user),
                  product::identity::privacy_of(tx, user).shows_presence};
  });
  if (!circle) return log::warn("presence_not_told", {{"problem", product::info(circle.error().code).name}});
  if (circle->is_shown) {
    std::vector<std::string> except;
    for (const UserId& other : circle->apart) except.push_back(user_room(other));
    const std::string argument = json::to_json(presence);
    ports_.gateway.emit(
        "/", {.rooms = {circle->rooms.begin(), circle->rooms.end()}, .except = {except.begin(), except.end()}},
        {.name = "presence", .arguments = {argument}, .delivery = gateway::OutgoingEvent::Delivery::kVolatile});
  }
  if (presence.state != PresenceState::kOffline) return;
  // Whoever came by an invite for a visit has left with his last device.
  const auto done = ports_.store.write(now.mono + kPatience, [&](Tx& tx) -> Outcome<void> {
    product::community::end_temporary_memberships(tx, {user, now.wall, ports_.rng});
    return {};
  });
  if (!done) log::warn("visit_not_ended", {{"problem", product::info(done.error().code).name}});
}

}  // namespace parley::realtime
