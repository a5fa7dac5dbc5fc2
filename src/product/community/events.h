#pragma once

#include <boost/describe.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "json/writer.h"
#include "product/community/types.h"
#include "product/ports/store.h"

// What the outbox is told; see snapshot.h for what each does to a community. All have the resource "community:<id>".
//
//   community.created, community.updated   Community
//   community.deleted                      CommunityGone
//   role.created, role.updated             Role; a new one moves those from its position on one up
//   role.deleted                           RoleGone
//   roles.reordered                        RolesReordered
//   channel.created, channel.updated       Channel
//   channel.deleted                        ChannelGone
//   channels.reordered                     ChannelsReordered
//   channel.overrides_changed              OverridesChanged
//   member.joined, member.updated          Member
//   member.left                            MemberGone
//   ban.added, ban.removed                 BanAdded, BanGone
//   invite.created, invite.revoked         InviteTold: without its code
//   report.created, report.resolved        Report
//   access.changed                         AccessChanged
//   voice.move_requested                   MoveRequested
//   voice.disconnect_requested             DisconnectRequested

namespace parley::product::community {

struct CommunityGone {
  CommunityId community_id;
};
BOOST_DESCRIBE_STRUCT(CommunityGone, (), (community_id))

struct RoleGone {
  CommunityId community_id;
  RoleId role_id;
};
BOOST_DESCRIBE_STRUCT(RoleGone, (), (community_id, role_id))

struct RolePosition {
  RoleId id;
  int64_t position = 0;
};
BOOST_DESCRIBE_STRUCT(RolePosition, (), (id, position))

struct RolesReordered {
  CommunityId community_id;
  std::vector<RolePosition> roles;  ///< Those that moved.
  int64_t version = 0;              ///< Of the community now.
};
BOOST_DESCRIBE_STRUCT(RolesReordered, (), (community_id, roles, version))

struct ChannelGone {
  CommunityId community_id;
  ChannelId channel_id;
};
BOOST_DESCRIBE_STRUCT(ChannelGone, (), (community_id, channel_id))

struct ChannelPosition {
  ChannelId id;
  json::Nullable<ChannelId> parent_id;
  int64_t position = 0;
};
BOOST_DESCRIBE_STRUCT(ChannelPosition, (), (id, parent_id, position))

struct ChannelsReordered {
  CommunityId community_id;
  std::vector<ChannelPosition> channels;  ///< Those that moved.
  int64_t version = 0;                    ///< Of the community now.
};
BOOST_DESCRIBE_STRUCT(ChannelsReordered, (), (community_id, channels, version))

struct OverridesChanged {
  CommunityId community_id;
  ChannelId channel_id;
  bool is_synced = false;
  std::vector<Override> overrides;  ///< All that the channel has now.
};
BOOST_DESCRIBE_STRUCT(OverridesChanged, (), (community_id, channel_id, is_synced, overrides))

enum class LeaveCause : unsigned char { kLeft, kKicked, kBanned, kTemporary };
BOOST_DESCRIBE_ENUM(LeaveCause, kLeft, kKicked, kBanned, kTemporary)

struct MemberGone {
  CommunityId community_id;
  UserId user_id;
  LeaveCause cause = LeaveCause::kLeft;
};
BOOST_DESCRIBE_STRUCT(MemberGone, (), (community_id, user_id, cause))

struct BanAdded : Ban {
  int64_t delete_messages_seconds = 0;  ///< His messages of the last so many seconds shall go.
};
BOOST_DESCRIBE_STRUCT(BanAdded, (Ban), (delete_messages_seconds))

struct BanGone {
  CommunityId community_id;
  UserId user_id;
};
BOOST_DESCRIBE_STRUCT(BanGone, (), (community_id, user_id))

struct InviteTold {
  InviteId id;
  CommunityId community_id;
  json::Nullable<ChannelId> channel_id;
  UserId inviter_id;
};
BOOST_DESCRIBE_STRUCT(InviteTold, (), (id, community_id, channel_id, inviter_id))

/// Somebody's rights may be others now: of one channel (or the channels of one category), one user, the bearers of one
/// role, or of all where nothing is named. Ask access_of_all() anew.
struct AccessChanged {
  CommunityId community_id;
  std::optional<ChannelId> channel_id;
  std::optional<UserId> user_id;
  std::optional<RoleId> role_id;
};
BOOST_DESCRIBE_STRUCT(AccessChanged, (), (community_id, channel_id, user_id, role_id))

/// A moderator wants a member, wherever he is in this community's voice channels, in another one.
struct MoveRequested {
  CommunityId community_id;
  UserId user_id;
  ChannelId channel_id;  ///< Where to.
  UserId actor_id;
};
BOOST_DESCRIBE_STRUCT(MoveRequested, (), (community_id, user_id, channel_id, actor_id))

/// A moderator wants a member out of this community's voice channels.
struct DisconnectRequested {
  CommunityId community_id;
  UserId user_id;
  UserId actor_id;
};
BOOST_DESCRIBE_STRUCT(DisconnectRequested, (), (community_id, user_id, actor_id))

/// The resource of all of a community's events.
inline std::string resource_of(const CommunityId& community) { return "community:" + community.text(); }

template <class Payload>
void tell(Tx& tx, std::string_view type, const CommunityId& community, const Payload& payload) {
  tx.emit({std::string(type), resource_of(community), json::to_json(payload)});
}
inline void tell_access(Tx& tx, const AccessChanged& change) {
  tell(tx, "access.changed", change.community_id, change);
}

}  // namespace parley::product::community
