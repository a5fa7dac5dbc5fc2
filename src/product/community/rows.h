#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "product/community/types.h"
#include "product/ports/store.h"

// Reading of what stands in the tables, without a question of rights. Deleted things are not there.

namespace parley::product::community {

/// Columns in the order of the structs' fields, of tables without an alias.
inline constexpr std::string_view kMemberColumns =
    "community_id, user_id, nickname, joined_at, timed_out_until, is_temporary, invited_by, server_muted, "
    "server_deafened";

std::optional<Community> find_community(Tx& tx, const CommunityId& community);
std::optional<Role> find_role(Tx& tx, const CommunityId& community, const RoleId& role);
/// The mightiest first.
std::vector<Role> roles_of(Tx& tx, const CommunityId& community);
std::optional<Channel> find_channel(Tx& tx, const ChannelId& channel);
/// In their order.
std::vector<Channel> channels_of(Tx& tx, const CommunityId& community);
/// Of a channel itself: a synced one has none. Sorted by role, then by user.
std::vector<Override> overrides_of(Tx& tx, const ChannelId& channel);
std::optional<Member> find_member(Tx& tx, const CommunityId& community, const UserId& user);
std::optional<Ban> find_ban(Tx& tx, const CommunityId& community, const UserId& user);

/// Communities that the user is a member of.
int64_t count_communities(Tx& tx, const UserId& user);

/// One more on the community's version; it is returned.
int64_t bump_version(Tx& tx, const CommunityId& community);

}  // namespace parley::product::community
