#include "edge/realtime/presence.h"

#include <algorithm>

namespace parley::realtime {

using product::UserId;

void PresenceBook::set(const UserId& user, std::string_view socket, PresenceState state) {
  Person& person = people_[user];
  person.devices.insert_or_assign(std::string(socket), state);
  person.gone_at = Timestamp::never();
}

void PresenceBook::remove(const UserId& user, std::string_view socket, Timestamp now) {
  const auto found = people_.find(user);
  if (found == people_.end()) return;
  Person& person = found->second;
  if (const auto device = person.devices.find(socket); device != person.devices.end()) person.devices.erase(device);
  if (person.devices.empty()) person.gone_at = now;
}

void PresenceBook::hear(std::string_view instance, const UserId& user, PresenceState state, Timestamp now) {
  if (state == PresenceState::kOffline) {
    const auto found = people_.find(user);
    if (found == people_.end()) return;
    Person& person = found->second;
    const auto said = person.elsewhere.find(instance);
    if (said == person.elsewhere.end()) return;
    person.elsewhere.erase(said);
    if (person.devices.empty() && person.elsewhere.empty()) person.gone_at = now;
    return;
  }
  people_[user].elsewhere.insert_or_assign(std::string(instance), Person::Elsewhere{state, now + kLease});
}

void PresenceBook::hold(Timestamp now) {
  for (auto& [user, person] : people_) {
    for (auto& [instance, said] : person.elsewhere) said.until = now + kLease;
  }
}

PresenceState PresenceBook::best(const Person& person) {
  PresenceState state = PresenceState::kOffline;
  for (const auto& [socket, one] : person.devices) state = std::max(state, one);
  return state;
}

PresenceState PresenceBook::own(const UserId& user) const {
  const auto found = people_.find(user);
  return found == people_.end() ? PresenceState::kOffline : best(found->second);
}

std::vector<UserPresence> PresenceBook::own_all() const {
  std::vector<UserPresence> all;
  for (const auto& [user, person] : people_) {
    if (!person.devices.empty()) all.push_back({user, best(person)});
  }
  return all;
}

PresenceState PresenceBook::look(const Person& person) {
  PresenceState state = best(person);
  for (const auto& [instance, said] : person.elsewhere) state = std::max(state, said.state);
  return state == PresenceState::kInvisible ? PresenceState::kOffline : state;
}

PresenceState PresenceBook::seen(const UserId& user) const {
  const auto found = people_.find(user);
  return found == people_.end() ? PresenceState::kOffline : found->second.told;
}

std::vector<UserPresence> PresenceBook::changes(Timestamp now) {
  std::vector<UserPresence> out;
  for (auto at = people_.begin(); at != people_.end();) {
    Person& person = at->second;
    std::erase_if(person.elsewhere, [&](const auto& entry) { return entry.second.until <= now; });
    const bool has_device = !person.devices.empty() || !person.elsewhere.empty();
    const bool is_in_grace = !has_device && !person.gone_at.is_never() && now - person.gone_at < kGrace;
    if (const PresenceState state = look(person); !is_in_grace && state != person.told) {
      person.told = state;
      out.push_back({at->first, state});
    }
    at = !has_device && !is_in_grace ? people_.erase(at) : std::next(at);
  }
  return out;
}

}  // namespace parley::realtime
