#pragma once

#include <span>
#include <variant>
#include <vector>

#include "product/community/access.h"
#include "product/community/inputs.h"

// What channels change for roles and members. Needs kManageRoles in the channel; the role or member must rank below the
// caller, and only permissions that he has in the channel are denied or allowed.

namespace parley::product::community {

using OverrideTarget = std::variant<RoleId, UserId>;

/// Those that hold in the channel: its category's when it is synced.
Outcome<std::vector<Override>> list_overrides(Tx& tx, const Acting& acting, const ChannelId& channel);
/// A synced channel gets copies of its category's first, and goes its own way. kLimitReached: kMaxOverridesPerChannel.
Outcome<std::vector<Override>> set_override(Tx& tx, const Acting& acting, const ChannelId& channel,
                                            const OverrideTarget& target, const OverrideChange& change);
/// kNotFound when there is none.
Outcome<void> remove_override(Tx& tx, const Acting& acting, const ChannelId& channel, const OverrideTarget& target);
/// The category's overrides hold again, and the channel's own are gone. kConflict outside of categories.
Outcome<Channel> sync_channel(Tx& tx, const Acting& acting, const ChannelId& channel);

/// Ends the syncing of a channel without a change of anybody's rights. The channel's new state is not yet told.
Channel unsync(Tx& tx, Channel channel);

}  // namespace parley::product::community
