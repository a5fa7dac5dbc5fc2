#include "edge/gateway/namespace.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "edge/gateway/gateway_socket.h"
#include "edge/gateway/socket_packet.h"

namespace parley::gateway {
namespace {

/// 62^20 ids are 119 bits: not to be guessed. The pid is the secret of the two.
constexpr size_t kIdLength = 20;
constexpr size_t kEpochLength = 4;
/// What a kept event costs beside its bytes.
constexpr size_t kKeptOverhead = 200;

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

}  // namespace

struct NamespaceRoom {
  std::string name;
  std::vector<NamespaceMember*> members;
};

struct RoomMembership {
  NamespaceRoom* room;
  uint32_t index;  ///< In room->members.
  uint64_t since;  ///< The last event before it joined.
};

struct NamespaceMember {
  std::string id;
  std::string pid;
  GatewaySocketPtr socket;  ///< Empty while it is gone and may come back.
  std::vector<RoomMembership> memberships;
  std::shared_ptr<void> data;
  Timestamp dormant_until = Timestamp::never();
  uint64_t dormant_since = 0;  ///< The last event before it was gone.
  bool is_claimed = false;
  uint64_t visit = 0;
  uint64_t since = 0;  ///< The last event before it connected.
  /// The last kept events it was sent, oldest first; what came before is not known. They tell that a client in a quiet
  /// room has missed nothing, when the log holds no more what others were sent since.
  std::array<uint64_t, 4> recent{};
};

Namespace::Namespace(std::string name, const GatewayOptions& options, GatewayCounters& counters, Rng& rng)
    : name_(std::move(name)),
      options_(options),
      counters_(counters),
      rng_(rng),
      keeps_events_(options.recovery_window.us() > 0),
      epoch_(rng.base62(kEpochLength)) {}

Namespace::~Namespace() = default;

std::string Namespace::offset_text(uint64_t number) const { return epoch_ + std::to_string(number); }

std::optional<uint64_t> Namespace::parse_offset(std::string_view text) const {
  if (!text.starts_with(epoch_)) return std::nullopt;
  text.remove_prefix(epoch_.size());
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > last_number()) return std::nullopt;
  return number;
}

/// Calls `use` for every member of the target once, dormant ones too. Under mutex_.
template <class F>
void Namespace::for_each(const Target& target, F&& use) const {
  const uint64_t visit = ++visit_;
  const auto walk = [&](const std::vector<std::string_view>& names, auto&& each) {
    for (const std::string_view name : names) {
      if (const auto room = rooms_.find(name); room != rooms_.end()) {
        // By index: whoever leaves during the walk makes place for the last one. See leave().
        for (size_t i = room->second->members.size(); i-- > 0;) each(*room->second->members[i]);
      } else if (const auto member = members_.find(name); member != members_.end()) {
        each(*member->second);
      }
    }
  };
  const auto use_once = [&](Member& member) {
    if (std::exchange(member.visit, visit) != visit) use(member);
  };
  walk(target.except, [&](Member& member) { member.visit = visit; });
  if (!target.rooms.empty()) return walk(target.rooms, use_once);
  for (const auto& [id, member] : members_) use_once(*member);
}

bool Namespace::add(const GatewaySocketPtr& socket, const ConnectRequest::Welcome& welcome, const Claim* claim,
                    Timestamp now) {
  const std::lock_guard lock(mutex_);
  trim(now);
  Member* member = nullptr;
  if (claim) {
    const auto found = members_.find(claim->id);
    if (found == members_.end() || !found->second->is_claimed) return false;
    member = found->second.get();
    member->is_claimed = false;
    member->dormant_until = Timestamp::never();
    --dormant_;
    for (const std::string& room : welcome.except_rooms) remove_from_room(*member, room);
  } else {
    auto made = std::make_unique<Member>();
    made->id = rng_.base62(kIdLength);
    if (keeps_events_) made->pid = rng_.base62(kIdLength);
    made->since = last_number();
    made->recent.fill(made->since);
    member = members_.emplace(made->id, std::move(made)).first->second.get();
    if (keeps_events_) by_pid_.emplace(member->pid, member);
  }
  member->socket = socket;
  if (welcome.data) member->data = welcome.data;
  socket->attach(*member, member->id);
  socket->connection().send(encode_connect(name_, member->id, member->pid));
  if (claim) replay(*member, claim->after);
  for (const std::string& room : welcome.rooms) add_to_room(*member, room);
  return true;
}

void Namespace::remove(GatewaySocket& socket, Fate fate, Timestamp now) {
  const std::lock_guard lock(mutex_);
  Member* member = socket.member();
  if (!member) return;
  socket.detach();
  member->socket.reset();
  if (fate == Fate::kForgotten || !keeps_events_) return erase(*member);
  member->dormant_until = now + options_.recovery_window;
  member->dormant_since = last_number();
  ++dormant_;
}

void Namespace::erase(Member& member) {
  while (!member.memberships.empty()) detach(member, member.memberships.size() - 1);
  if (keeps_events_) by_pid_.erase(member.pid);
  members_.erase(members_.find(member.id));
}

std::optional<Claim> Namespace::claim(std::string_view pid, std::string_view offset) {
  const std::lock_guard lock(mutex_);
  const auto found = by_pid_.find(pid);
  if (found == by_pid_.end()) return std::nullopt;
  Member& member = *found->second;
  if (member.socket || member.is_claimed) return std::nullopt;
  const std::optional<uint64_t> after = offset.empty() ? member.since : parse_offset(offset);
  if (!after || *after < member.since || !has_all_since(member, *after)) return std::nullopt;
  member.is_claimed = true;
  Claim claim{member.id, {}, member.data, *after};
  for (const Membership& membership : member.memberships) claim.rooms.push_back(membership.room->name);
  return claim;
}

/// Whether everything that concerns the member and came behind `after` is still kept.
bool Namespace::has_all_since(const Member& member, uint64_t after) const {
  if (after + 1 >= first_number_) return true;
  const auto found = std::ranges::find(member.recent, after);
  if (found == member.recent.end()) return false;
  const auto next = std::ranges::find_if(found, member.recent.end(), [after](uint64_t n) { return n > after; });
  return next == member.recent.end() ? member.dormant_since + 1 >= first_number_ : *next >= first_number_;
}

void Namespace::release(const Claim& claim, Fate fate) {
  const std::lock_guard lock(mutex_);
  const auto found = members_.find(claim.id);
  if (found == members_.end() || !found->second->is_claimed) return;
  found->second->is_claimed = false;
  if (fate == Fate::kMayComeBack) return;
  --dormant_;
  erase(*found->second);
}

void Namespace::replay(const Member& member, uint64_t after) const {
  for (uint64_t number = std::max(after + 1, first_number_); number <= last_number(); ++number) {
    const Kept& kept = kept_[number - first_number_];
    if (concerns(member, kept, number)) member.socket->connection().send(kept.message);
  }
}

bool Namespace::concerns(const Member& member, const Kept& kept, uint64_t number) {
  if (number <= member.since || contains(kept.except, member.id)) return false;
  bool is_addressed = kept.rooms.empty() || contains(kept.rooms, member.id);
  for (const Membership& membership : member.memberships) {
    if (number <= membership.since) continue;
    if (!kept.except.empty() && contains(kept.except, membership.room->name)) return false;
    is_addressed = is_addressed || contains(kept.rooms, membership.room->name);
  }
  return is_addressed;
}

void Namespace::emit(const Target& target, const OutgoingEvent& event, Timestamp now) {
  const std::lock_guard lock(mutex_);
  ++counters_.events_out;
  const bool is_kept = keeps_events_ && event.delivery == OutgoingEvent::Delivery::kReliable;
  const uint64_t number = is_kept ? last_number() + 1 : 0;
  EngineMessagePtr message;
  for_each(target, [&](Member& member) {
    if (!message)
      message = encode_event(name_, event.name, {event.arguments, event.attachments, std::nullopt},
                             is_kept ? offset_text(number) : std::string());
    deliver(member, message, event, number);
  });
  // Nobody was there, and nobody is waited for: nothing to keep.
  if (is_kept && message) keep(target, std::move(message), now);
}

void Namespace::deliver(Member& member, const EngineMessagePtr& message, const OutgoingEvent& event, uint64_t number) {
  if (!member.socket) return;
  EngineConnection& connection = member.socket->connection();
  if (event.delivery == OutgoingEvent::Delivery::kVolatile && !connection.is_writable()) {
    ++counters_.volatile_dropped;
    return;
  }
  ++counters_.deliveries;
  connection.send(message);
  if (number == 0) return;
  std::ranges::rotate(member.recent, member.recent.begin() + 1);
  member.recent.back() = number;
}

void Namespace::keep(const Target& target, EngineMessagePtr message, Timestamp now) {
  kept_bytes_ += message->size() + kKeptOverhead;
  Kept kept{std::move(message), {}, {}, now};
  kept.rooms.assign(target.rooms.begin(), target.rooms.end());
  kept.except.assign(target.except.begin(), target.except.end());
  kept_.push_back(std::move(kept));
  trim(now);
}

/// Kept is what a client may have missed: for the window, and for as long as a dead connection goes unnoticed.
void Namespace::trim(Timestamp now) {
  const TimeDelta age = options_.recovery_window + options_.engine.ping_interval + options_.engine.ping_timeout;
  while (!kept_.empty() && (kept_.size() > options_.replay_events || kept_bytes_ > options_.replay_bytes ||
                            now - kept_.front().time > age)) {
    kept_bytes_ -= kept_.front().message->size() + kKeptOverhead;
    kept_.pop_front();
    ++first_number_;
  }
}

void Namespace::add_to_room(Member& member, std::string_view name) {
  const auto is_it = [&](const Membership& membership) { return membership.room->name == name; };
  if (name == member.id || std::ranges::any_of(member.memberships, is_it)) return;
  if (member.memberships.size() >= options_.rooms_per_socket) {
    ++counters_.rooms_refused;
    return;
  }
  auto found = rooms_.find(name);
  if (found == rooms_.end()) {
    found = rooms_.emplace(name, std::make_unique<Room>(Room{std::string(name), {}})).first;
  }
  Room& room = *found->second;
  member.memberships.push_back({&room, static_cast<uint32_t>(room.members.size()), last_number()});
  room.members.push_back(&member);
}

void Namespace::remove_from_room(Member& member, std::string_view name) {
  for (size_t i = 0; i < member.memberships.size(); ++i) {
    if (member.memberships[i].room->name == name) return detach(member, i);
  }
}

/// Takes a member out of a room: the room's last one moves to its place.
void Namespace::detach(Member& member, size_t index) {
  const Membership gone = member.memberships[index];
  member.memberships[index] = member.memberships.back();
  member.memberships.pop_back();
  Room& room = *gone.room;
  Member& last = *room.members.back();
  room.members.pop_back();
  if (&last != &member) {
    room.members[gone.index] = &last;
    for (Membership& membership : last.memberships) {
      if (membership.room == &room) membership.index = gone.index;
    }
  }
  if (room.members.empty()) rooms_.erase(rooms_.find(room.name));
}

void Namespace::join(GatewaySocket& socket, std::string_view room) {
  const std::lock_guard lock(mutex_);
  if (Member* member = socket.member()) add_to_room(*member, room);
}

void Namespace::leave(GatewaySocket& socket, std::string_view room) {
  const std::lock_guard lock(mutex_);
  if (Member* member = socket.member()) remove_from_room(*member, room);
}

std::vector<std::string> Namespace::rooms(const GatewaySocket& socket) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  if (const Member* member = socket.member()) {
    for (const Membership& membership : member->memberships) names.push_back(membership.room->name);
  }
  return names;
}

void Namespace::set_data(GatewaySocket& socket, std::shared_ptr<void> data) {
  const std::lock_guard lock(mutex_);
  if (Member* member = socket.member()) std::swap(member->data, data);
}

std::shared_ptr<void> Namespace::data(const GatewaySocket& socket) const {
  const std::lock_guard lock(mutex_);
  const Member* member = socket.member();
  return member ? member->data : nullptr;
}

void Namespace::join(const Target& target, std::string_view room) {
  const std::lock_guard lock(mutex_);
  std::vector<Member*> found;
  for_each(target, [&](Member& member) { found.push_back(&member); });
  for (Member* member : found) add_to_room(*member, room);
}

void Namespace::leave(const Target& target, std::string_view room) {
  const std::lock_guard lock(mutex_);
  std::vector<Member*> found;
  for_each(target, [&](Member& member) { found.push_back(&member); });
  for (Member* member : found) remove_from_room(*member, room);
}

std::vector<GatewaySocketPtr> Namespace::take_for_disconnect(const Target& target) {
  const std::lock_guard lock(mutex_);
  std::vector<GatewaySocketPtr> found;
  std::vector<Member*> dormant;
  for_each(target, [&](Member& member) {
    if (member.socket) {
      found.push_back(member.socket);
    } else {
      dormant.push_back(&member);
    }
  });
  dormant_ -= dormant.size();
  for (Member* member : dormant) erase(*member);
  return found;
}

std::vector<GatewaySocketPtr> Namespace::sockets(const Target& target) const {
  const std::lock_guard lock(mutex_);
  std::vector<GatewaySocketPtr> found;
  for_each(target, [&](Member& member) {
    if (member.socket) found.push_back(member.socket);
  });
  return found;
}

void Namespace::on_tick(Timestamp now) {
  const std::lock_guard lock(mutex_);
  trim(now);
  if (dormant_ == 0) return;
  std::vector<Member*> late;
  for (const auto& [id, member] : members_) {
    if (!member->is_claimed && now >= member->dormant_until) late.push_back(member.get());
  }
  dormant_ -= late.size();
  for (Member* member : late) erase(*member);
}

void Namespace::add_stats(GatewayStats& stats) const {
  const std::lock_guard lock(mutex_);
  stats.sockets_now += members_.size() - dormant_;
  stats.dormant_now += dormant_;
  stats.rooms_now += rooms_.size();
  stats.replay_events_now += kept_.size();
  stats.replay_bytes_now += kept_bytes_;
}

}  // namespace parley::gateway
