#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "edge/gateway/gateway.h"
#include "product/chat/events.h"
#include "product/community/events.h"
#include "product/events/log.h"
#include "product/model/ids.h"
#include "product/ports/store.h"

// Which rooms of the gateway somebody belongs in, and what events change about that. Rooms:
//
//   user:<id>           all of one user's sockets
//   session:<id>        those of one sign-in
//   community:<id>      members
//   conversation:<id>   who may read it; a channel's is that of all who may view the channel

namespace parley::realtime {

std::string user_room(const product::UserId& user);
std::string session_room(const product::SessionId& session);
std::string community_room(const product::CommunityId& community);
/// Of a conversation or a channel: a channel's conversation has its id.
std::string conversation_room(std::string_view id);

/// Every room that `user` belongs in by what the database says now, but for that of his session.
std::set<std::string> rooms_of(product::Tx& tx, const product::UserId& user, WallTime now);

/// Puts sockets where they belong. Runs on the thread that delivers, between events, so that nobody is told what came
/// after he lost the right to know it.
class Audience {
 public:
  Audience(product::Store& store, gateway::Gateway& gateway) : store_(store), gateway_(gateway) {}

  /// What must be done before an event is told: people it brings in. kDatabaseUnavailable and the like: again.
  product::Outcome<void> before(const product::events::LoggedEvent& event, Now now);
  /// And after: people it puts out.
  product::Outcome<void> after(const product::events::LoggedEvent& event, Now now);
  /// Whether an event may change the rooms of `user`.
  static bool concerns(const product::events::LoggedEvent& event, const product::UserId& user);

 private:
  using Change = product::community::AccessChanged;
  product::Outcome<void> refresh(const Change& change, Now now);
  /// Those of `users` who view a channel of the community enter its room; the others leave it.
  product::Outcome<void> refresh_users(const product::CommunityId& community, const std::vector<product::UserId>& users,
                                       Now now);
  product::Outcome<void> join_people(const product::chat::Conversation& made, const std::string& room, Now now);
  product::Outcome<void> put_out(const product::chat::MemberRemoved& removed, const std::string& room, Now now);
  std::vector<product::UserId> connected_in(std::string_view room) const;
  void move(const product::UserId& user, const std::string& room, bool is_in);
  /// Ends all sockets of a room and their connections.
  void end(const std::string& room);

  product::Store& store_;
  gateway::Gateway& gateway_;
};

}  // namespace parley::realtime
