#include "edge/realtime/audience.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "base/log.h"
#include "edge/realtime/client.h"
#include "json/reader.h"
#include "product/chat/events.h"
#include "product/chat/joined.h"
#include "product/chat/rows.h"
#include "product/community/access.h"
#include "product/community/communities.h"
#include "product/community/rows.h"
#include "product/identity/sessions.h"
#include "product/identity/users.h"

namespace parley::realtime {
namespace {

namespace chat = product::chat;
namespace community = product::community;
using product::CommunityId;
using product::Outcome;
using product::Tx;
using product::UserId;
using product::access::Permission;
using product::events::LoggedEvent;

constexpr TimeDelta kPatience = TimeDelta::seconds(5);

/// We wrote it ourselves; one that a newer version wrote is left to the next connection's look at the database.
template <class T>
std::optional<T> read(const LoggedEvent& event) {
  auto parsed = json::parse<T>(event.payload);
  if (parsed) return std::move(*parsed);
  log::warn("event_not_understood", {{"type", event.type}});
  return std::nullopt;
}

/// Of a message, without reading the rest: payloads are ours, in which a quote within a text is escaped, and what a
/// message quotes comes behind its own fields.
UserId sender_of(const LoggedEvent& event) {
  constexpr std::string_view kKey = R"("senderId":")";
  const size_t at = event.payload.find(kKey);
  if (at == std::string::npos) return {};
  const size_t begin = at + kKey.size();
  return UserId(event.payload.substr(begin, event.payload.find('"', begin) - begin));
}

/// Of each user the rooms of the channels that he may view.
using Views = std::map<UserId, std::set<std::string>>;

Views views_of(Tx& tx, const CommunityId& where, const std::vector<UserId>& users, WallTime now) {
  Views views;
  if (users.size() == 1) {
    for (const auto& standing : community::visible_channels(tx, users.front(), where, now))
      views[users.front()].insert(conversation_room(standing.channel.id.text()));
    return views;
  }
  for (const community::Channel& channel : community::channels_of(tx, where)) {
    for (const auto& standing : community::access_of_all(tx, channel.id, users, now)) {
      if (standing.has(Permission::kView)) views[standing.user].insert(conversation_room(channel.id.text()));
    }
  }
  return views;
}

}  // namespace

std::string user_room(const UserId& user) { return "user:" + user.text(); }
std::string session_room(const product::SessionId& session) { return "session:" + session.text(); }
std::string community_room(const CommunityId& id) { return "community:" + id.text(); }
std::string conversation_room(std::string_view id) { return "conversation:" + std::string(id); }

std::set<std::string> rooms_of(Tx& tx, const UserId& user, WallTime now) {
  std::set<std::string> rooms{user_room(user)};
  for (const community::Community& joined : community::list_communities(tx, user)) {
    rooms.insert(community_room(joined.id));
    for (const auto& standing : community::visible_channels(tx, user, joined.id, now))
      rooms.insert(conversation_room(standing.channel.id.text()));
  }
  const auto joined = chat::joined_by(tx, user);
  for (const chat::Joined& one : joined) {
    if (one.id == one.root_id) rooms.insert(conversation_room(one.id.text()));
  }
  // A thread is as open as what it hangs from.
  for (const chat::Joined& one : joined) {
    if (rooms.contains(conversation_room(one.root_id.text()))) rooms.insert(conversation_room(one.id.text()));
  }
  return rooms;
}

bool Audience::concerns(const LoggedEvent& event, const UserId& user) {
  if (event.type == "member.joined" || event.type == "member.left") {
    return event.payload.find(user.text()) != std::string::npos;
  }
  return event.type == "access.changed" || event.type == "channel.created" || event.type == "channel.deleted" ||
         event.type == "community.deleted";
}

Outcome<void> Audience::before(const LoggedEvent& event, Now now) {
  if (event.type == "member.joined") {
    const auto joined = read<community::Member>(event);
    if (!joined) return {};
    gateway_.join("/", {.rooms = {user_room(joined->user_id)}}, event.resource);
    return refresh_users(joined->community_id, {joined->user_id}, now);
  }
  if (event.type == "channel.created") {
    const auto made = read<community::Channel>(event);
    return made ? refresh({.community_id = made->community_id}, now) : Outcome<void>();
  }
  if (event.type == "conversation.created") {
    const auto made = read<chat::Conversation>(event);
    return made ? join_people(*made, event.resource, now) : Outcome<void>();
  }
  if (event.type == "conversation.member_added") {
    if (const auto added = read<chat::MemberAdded>(event)) move(added->user_id, event.resource, true);
  }
  if (event.type == "message.created") {
    // Whoever writes in a thread takes part in it.
    if (const UserId sender = sender_of(event); !sender.is_empty()) move(sender, event.resource, true);
  }
  if (event.type == "access.changed") {
    const auto change = read<community::AccessChanged>(event);
    return change ? refresh(*change, now) : Outcome<void>();
  }
  return {};
}

Outcome<void> Audience::after(const LoggedEvent& event, Now now) {
  if (event.type == "member.left") {
    const auto gone = read<community::MemberGone>(event);
    if (!gone) return {};
    gateway_.leave("/", {.rooms = {user_room(gone->user_id)}}, event.resource);
    return refresh_users(gone->community_id, {gone->user_id}, now);
  }
  if (event.type == "conversation.member_removed") {
    const auto removed = read<chat::MemberRemoved>(event);
    return removed ? put_out(*removed, event.resource, now) : Outcome<void>();
  }
  if (event.type == "community.deleted" || event.type == "conversation.deleted") {
    gateway_.leave("/", {.rooms = {event.resource}}, event.resource);
    return {};
  }
  if (event.type == "channel.deleted") {
    if (const auto gone = read<community::ChannelGone>(event)) {
      const std::string room = conversation_room(gone->channel_id.text());
      gateway_.leave("/", {.rooms = {room}}, room);
    }
  }
  if (event.type == "user.session_ended") {
    if (const auto ended = read<product::identity::SessionEnded>(event)) end(session_room(ended->session_id));
  }
  if (event.type == "user.disabled" || event.type == "user.deleted") {
    if (const auto gone = read<product::identity::UserStateEvent>(event)) end(user_room(gone->user_id));
  }
  return {};
}

Outcome<void> Audience::refresh(const Change& change, Now now) {
  if (change.user_id) return refresh_users(change.community_id, {*change.user_id}, now);
  return refresh_users(change.community_id, connected_in(community_room(change.community_id)), now);
}

Outcome<void> Audience::refresh_users(const CommunityId& where, const std::vector<UserId>& users, Now now) {
  if (users.empty()) return {};
  struct Found {
    std::vector<community::Channel> channels;
    std::vector<chat::Joined> threads;
    Views views;
  };
  const auto found = store_.read(now.mono + kPatience, [&](Tx& tx) -> Outcome<Found> {
    return Found{community::channels_of(tx, where), chat::threads_in(tx, where), views_of(tx, where, users, now.wall)};
  });
  if (!found) return std::unexpected(found.error());
  for (const UserId& user : users) {
    const auto views = found->views.find(user);
    const auto sees = [&](const std::string& room) {
      return views != found->views.end() && views->second.contains(room);
    };
    for (const community::Channel& channel : found->channels) {
      const std::string room = conversation_room(channel.id.text());
      move(user, room, sees(room));
    }
    for (const chat::Joined& thread : found->threads) {
      if (!sees(conversation_room(thread.root_id.text()))) move(user, conversation_room(thread.id.text()), false);
    }
  }
  return {};
}

std::vector<UserId> Audience::connected_in(std::string_view room) const {
  std::unordered_set<UserId> users;
  for (const gateway::SocketPtr& socket : gateway_.sockets("/", {.rooms = {room}})) {
    if (const auto client = client_of(*socket)) users.insert(client->user);
  }
  return {users.begin(), users.end()};
}

Outcome<void> Audience::join_people(const chat::Conversation& made, const std::string& room, Now now) {
  if (made.kind != chat::ConversationKind::kDirect && made.kind != chat::ConversationKind::kGroup) return {};
  const auto people = store_.read(now.mono + kPatience,
                                  [&](Tx& tx) -> Outcome<std::vector<UserId>> { return chat::people_of(tx, made.id); });
  if (!people) return std::unexpected(people.error());
  for (const UserId& user : *people) move(user, room, true);
  return {};
}

Outcome<void> Audience::put_out(const chat::MemberRemoved& removed, const std::string& room, Now now) {
  move(removed.user_id, room, false);
  const auto threads = store_.read(now.mono + kPatience, [&](Tx& tx) -> Outcome<std::vector<chat::Joined>> {
    return chat::threads_of(tx, removed.conversation_id);
  });
  if (!threads) return std::unexpected(threads.error());
  for (const chat::Joined& thread : *threads) move(removed.user_id, conversation_room(thread.id.text()), false);
  return {};
}

void Audience::move(const UserId& user, const std::string& room, bool is_in) {
  const std::string his = user_room(user);
  if (is_in) {
    gateway_.join("/", {.rooms = {his}}, room);
  } else {
    gateway_.leave("/", {.rooms = {his}}, room);
  }
}

void Audience::end(const std::string& room) {
  gateway_.disconnect("/", {.rooms = {room}}, gateway::CloseTransport::kYes);
}

}  // namespace parley::realtime
