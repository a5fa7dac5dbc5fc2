#pragma once

#include <vector>

#include "product/community/access.h"
#include "product/community/inputs.h"

// Channels and categories. Changing them needs kManageChannels; a channel that the caller may not view does not exist
// for him.

namespace parley::product::community {

/// A channel as one of those who may view it sees it.
struct ChannelView : Channel {
  json::Mask permissions;  ///< The caller's in this channel.
};
BOOST_DESCRIBE_STRUCT(ChannelView, (Channel), (permissions))

/// Those that the caller may view, in their order. A category that he may not view is not named as a parent either.
Outcome<std::vector<ChannelView>> list_channels(Tx& tx, const Acting& acting, const CommunityId& community);
Outcome<ChannelView> get_channel(Tx& tx, const Acting& acting, const ChannelId& channel);
/// Behind all others. In a category it is synced with it. kLimitReached: kMaxChannels.
Outcome<Channel> create_channel(Tx& tx, const Acting& acting, const CommunityId& community, const NewChannel& wanted);
Outcome<Channel> update_channel(Tx& tx, const Acting& acting, const ChannelId& channel, const ChannelChange& change);
/// Moves channels, also into other categories, all in one step. Nobody's rights are changed by it: a synced channel
/// that leaves its category takes copies of the overrides along.
Outcome<std::vector<ChannelView>> reorder_channels(Tx& tx, const Acting& acting, const CommunityId& community,
                                                   const ChannelOrder& order);
/// The channels of a category stay, outside of it, with the rights that held in them.
Outcome<void> delete_channel(Tx& tx, const Acting& acting, const ChannelId& channel);
/// Takes access::kLockdownPermissions away; of a category, in all of its channels.
Outcome<Channel> lock_channel(Tx& tx, const Acting& acting, const ChannelId& channel, bool is_locked_down);

/// Why `user` has or lacks `permission` in the channel. About another member: needs kManageRoles there.
struct Explanation {
  bool is_allowed = false;
  bool is_member = false;
  json::Mask permissions;  ///< All that he may do there.
  std::vector<access::AccessStep> steps;
};
Outcome<Explanation> explain_access(Tx& tx, const Acting& acting, const ChannelId& channel, const UserId& user,
                                    access::Permission permission);

}  // namespace parley::product::community
