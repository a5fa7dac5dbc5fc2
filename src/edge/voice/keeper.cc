#include "edge/voice/keeper.h"

#include <algorithm>
#include <map>

#include "base/log.h"
#include "json/reader.h"
#include "json/writer.h"
#include "product/community/rows.h"

namespace parley::voice {
namespace {

namespace community = product::community;
namespace presence = product::voice;
using presence::VoiceState;
using product::ChannelId;
using product::CommunityId;
using product::Outcome;
using product::ProblemCode;
using product::Tx;
using product::UserId;

/// How long what has ended is remembered: webhooks are never later.
constexpr TimeDelta kMemory = TimeDelta::seconds(24 * 3600);

constexpr std::string_view kUserResource = "user:";

/// We wrote it ourselves; one of another version that is not understood will be made good by the next reconciliation.
template <class T>
std::optional<T> read(const product::OutboxEvent& event) {
  auto parsed = json::parse<T>(event.payload);
  if (!parsed) {
    log::warn("event_not_understood", {{"type", event.type}});
    return std::nullopt;
  }
  return std::move(*parsed);
}

struct PersonRow {
  std::string display_name;
  std::optional<std::string> username;
  std::string avatar_url;
  std::string status_text;
};
BOOST_DESCRIBE_STRUCT(PersonRow, (), (display_name, username, avatar_url, status_text))

/// Whether the media server knows all of it already; clients may have added attributes of their own.
bool has_seat(const product::RoomMember& member, const Seat& seat) {
  const auto& has = member.profile;
  return member.grants == seat.grants && has.name == seat.profile.name && has.metadata == seat.profile.metadata &&
         std::ranges::all_of(seat.profile.attributes, [&](const auto& attribute) {
           const auto at = has.attributes.find(attribute.first);
           return at == has.attributes.end() ? attribute.second.empty() : at->second == attribute.second;
         });
}

/// One who is gone already is as gone as he should be.
Outcome<void> or_gone(Outcome<void> done) {
  if (!done && done.error().code == ProblemCode::kNotFound) return {};
  return done;
}

}  // namespace

/// All of these that are set must fit.
struct Keeper::Scope {
  std::optional<CommunityId> community;  ///< Nothing set: everyone.
  std::optional<ChannelId> channel;      ///< Itself, or the category it is in.
  std::optional<UserId> user;

  bool covers(Tx& tx, const ChannelId& one) const {
    if (!channel || one == *channel) return true;
    const auto row = community::find_channel(tx, one);
    return row && row->parent_id == *channel;
  }
};

std::optional<Seat> seat_of(Tx& tx, const community::Standing& standing) {
  const auto member = community::find_member(tx, standing.community, standing.user);
  if (!member) return std::nullopt;
  const presence::Restraints restraints{member->server_muted, member->server_deafened};
  const auto grants = presence::decide_grants(standing.mask, restraints);
  if (!grants) return std::nullopt;
  const auto row = product::one<PersonRow>(
      tx, "select display_name, username, avatar_url, status_text from users where id = $1 and deleted_at is null",
      standing.user);
  if (!row) return std::nullopt;
  presence::Person person{.name = member->nickname, .avatar_url = row->avatar_url, .status = row->status_text};
  if (person.name.empty()) person.name = row->display_name;
  if (person.name.empty()) person.name = row->username.value_or("");
  if (!standing.facts.roles.empty()) person.role = standing.facts.roles.back().name;  // The mightiest comes last.
  return Seat{presence::make_profile(person, restraints), *grants};
}

Outcome<void> Keeper::on_room_events(std::span<const presence::RoomEvent> events, Timestamp deadline) {
  return store_.write(deadline, [&](Tx& tx) -> Outcome<void> {
    const WallTime now = clock_().wall;
    for (const presence::RoomEvent& event : events) presence::apply(tx, event, now);
    return {};
  });
}

Outcome<void> Keeper::clear(Timestamp deadline) {
  return store_.write(deadline, [&](Tx& tx) -> Outcome<void> {
    presence::clear(tx, clock_().wall);
    return {};
  });
}

Outcome<void> Keeper::reconcile(Timestamp deadline) {
  const WallTime asked_at = clock_().wall;
  const auto members = rooms_.list_members(deadline);
  if (!members) return std::unexpected(members.error());
  const auto written = store_.write(deadline, [&](Tx& tx) -> Outcome<void> {
    const WallTime now = clock_().wall;
    presence::reconcile(tx, *members, asked_at, now);
    presence::forget_ended(tx, WallTime{now.unix_us - kMemory.us()});
    return {};
  });
  if (!written) return written;
  if (auto done = remove_overdue(deadline); !done) return done;
  return enforce({}, deadline, *members);
}

std::vector<Keeper::Found> Keeper::find(Tx& tx, const Scope& scope) const {
  std::map<ChannelId, std::vector<VoiceState>> by_channel;
  for (VoiceState& state : scope.community ? presence::who_is_where(tx, *scope.community) : presence::everyone(tx)) {
    if (!scope.user || state.user_id == *scope.user) by_channel[state.channel_id].push_back(std::move(state));
  }
  std::vector<Found> out;
  for (const auto& [channel, states] : by_channel) {
    if (!scope.covers(tx, channel)) continue;
    std::vector<UserId> users;
    for (const VoiceState& state : states) users.push_back(state.user_id);
    const auto standings = community::access_of_all(tx, channel, users, clock_().wall);
    for (size_t i = 0; i < states.size(); ++i) out.push_back({states[i], seat_of(tx, standings[i])});
  }
  return out;
}

Outcome<void> Keeper::enforce(const Scope& scope, Timestamp deadline, std::span<const product::RoomMember> known) {
  const auto found = store_.read(deadline, [&](Tx& tx) -> Outcome<std::vector<Found>> { return find(tx, scope); });
  if (!found) return std::unexpected(found.error());
  Outcome<void> result;
  for (const Found& one : *found) {
    const bool is_right = one.seat && std::ranges::any_of(known, [&](const product::RoomMember& member) {
                            return member.sid == one.state.sid && has_seat(member, *one.seat);
                          });
    if (is_right) continue;
    if (auto done = enforce_one(one.state, one.seat, deadline); !done) result = std::move(done);
  }
  return result;
}

Outcome<void> Keeper::enforce_one(const VoiceState& state, const std::optional<Seat>& seat, Timestamp deadline) {
  const std::string room = presence::room_of(state.channel_id);
  const std::string& identity = state.user_id.text();
  if (!seat) return or_gone(rooms_.remove_member(room, identity, deadline));
  return or_gone(rooms_.update_member(room, identity, seat->profile, seat->grants, deadline));
}

Outcome<void> Keeper::take_out(std::span<const VoiceState> states, Timestamp deadline) {
  Outcome<void> result;
  for (const VoiceState& state : states) {
    if (auto done = enforce_one(state, std::nullopt, deadline); !done) result = std::move(done);
  }
  return result;
}

Outcome<void> Keeper::remove(const CommunityId& community, const std::optional<UserId>& user, Timestamp deadline) {
  auto states = store_.read(
      deadline, [&](Tx& tx) -> Outcome<std::vector<VoiceState>> { return presence::who_is_where(tx, community); });
  if (!states) return std::unexpected(states.error());
  if (user) std::erase_if(*states, [&](const VoiceState& state) { return state.user_id != *user; });
  return take_out(*states, deadline);
}

Outcome<void> Keeper::move(const community::MoveRequested& wish, Timestamp deadline) {
  struct Moving {
    std::vector<VoiceState> states;
    Seat seat;
  };
  const WallTime now = clock_().wall;
  const auto moving = store_.write(deadline, [&](Tx& tx) -> Outcome<Moving> {
    auto seat = seat_of(tx, community::access_of(tx, wish.user_id, wish.channel_id, now));
    if (!seat) return Moving{};  // He may not be there any more.
    Moving out{presence::who_is_where(tx, wish.community_id), std::move(*seat)};
    std::erase_if(out.states, [&](const VoiceState& state) {
      return state.user_id != wish.user_id || state.channel_id == wish.channel_id;
    });
    for (const VoiceState& state : out.states) {
      presence::ask_to_leave(tx, state.sid, WallTime{now.unix_us + kMoveGrace.us()});
    }
    return out;
  });
  if (!moving) return std::unexpected(moving.error());
  Outcome<void> result;
  for (const VoiceState& state : moving->states) {
    const std::string room = presence::room_of(wish.channel_id);
    const auto ticket = rooms_.make_ticket(room, wish.user_id.text(), moving->seat.profile, moving->seat.grants, now);
    const VoiceMove message{wish.channel_id, {ticket.url, ticket.token.reveal(), room, ticket.expires_at}};
    auto done = or_gone(rooms_.send_to_member(presence::room_of(state.channel_id), wish.user_id.text(), kMoveTopic,
                                              json::to_json(message), deadline));
    if (!done) result = std::move(done);
  }
  return result;
}

Outcome<void> Keeper::remove_overdue(Timestamp deadline) {
  const auto late = store_.read(
      deadline, [&](Tx& tx) -> Outcome<std::vector<VoiceState>> { return presence::overdue(tx, clock_().wall); });
  if (!late) return std::unexpected(late.error());
  return take_out(*late, deadline);
}

Outcome<void> Keeper::close_channel(const ChannelId& channel, Timestamp deadline) {
  return or_gone(rooms_.close_room(presence::room_of(channel), deadline));
}

Outcome<void> Keeper::on_event(const product::OutboxEvent& event, Timestamp deadline) {
  if (event.type == "access.changed") {
    const auto change = read<community::AccessChanged>(event);
    return change ? enforce({change->community_id, change->channel_id, change->user_id}, deadline) : Outcome<void>();
  }
  if (event.type == "member.updated") {
    const auto member = read<community::Member>(event);
    return member ? enforce({member->community_id, std::nullopt, member->user_id}, deadline) : Outcome<void>();
  }
  if (event.type == "user.updated" && event.resource.starts_with(kUserResource)) {
    return enforce({std::nullopt, std::nullopt, UserId(event.resource.substr(kUserResource.size()))}, deadline);
  }
  if (event.type == "member.left") {
    const auto member = read<community::MemberGone>(event);
    return member ? remove(member->community_id, member->user_id, deadline) : Outcome<void>();
  }
  if (event.type == "voice.disconnect_requested") {
    const auto wish = read<community::DisconnectRequested>(event);
    return wish ? remove(wish->community_id, wish->user_id, deadline) : Outcome<void>();
  }
  if (event.type == "voice.move_requested") {
    const auto wish = read<community::MoveRequested>(event);
    return wish ? move(*wish, deadline) : Outcome<void>();
  }
  if (event.type == "channel.deleted") {
    const auto channel = read<community::ChannelGone>(event);
    return channel ? close_channel(channel->channel_id, deadline) : Outcome<void>();
  }
  if (event.type == "community.deleted") {
    const auto gone = read<community::CommunityGone>(event);
    return gone ? remove(gone->community_id, std::nullopt, deadline) : Outcome<void>();
  }
  return {};
}

}  // namespace parley::voice
