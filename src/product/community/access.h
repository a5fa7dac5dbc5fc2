#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "product/access/permissions.h"
#include "product/community/acting.h"
#include "product/community/types.h"
#include "product/model/problem.h"
#include "product/ports/store.h"

// Loads what access::effective_permissions() decides by. Nothing else in this module decides what somebody may do.

namespace parley::product::community {

/// Rank of the owner: above every role. Of other members the position of their highest role.
inline constexpr int64_t kOwnerRank = std::numeric_limits<int64_t>::max();
inline constexpr int64_t kNoRank = -1;  ///< Of one who is no member.

/// What somebody is in a community or, when it was asked for, in one of its channels.
struct Standing {
  UserId user;
  CommunityId community;  ///< Empty when there is no such community or channel.
  access::AccessFacts facts;
  std::vector<RoleId> roles;    ///< In the order of facts.roles.
  access::PermissionMask mask;  ///< What the facts allow.
  int64_t rank = kNoRank;
  /// While he is timed out: when to ask again, because nothing is told then.
  std::optional<WallTime> timed_out_until;

  bool is_member() const { return facts.is_member; }
  bool has(access::Permission permission) const { return mask.has(permission); }
};

/// In a channel. Of a channel or community that is deleted nobody is a member. Three statements.
Standing access_of(Tx& tx, const UserId& user, const ChannelId& channel, WallTime now);
/// The same for many at once, in the order of `users`: one statement and two more for every kMaxIdsPerStatement users.
std::vector<Standing> access_of_all(Tx& tx, const ChannelId& channel, std::span<const UserId> users, WallTime now);
/// In the community itself.
Standing access_in(Tx& tx, const UserId& user, const CommunityId& community, WallTime now);
std::vector<Standing> access_in_all(Tx& tx, const CommunityId& community, std::span<const UserId> users, WallTime now);

/// One of a community's channels and what a user may do there.
struct ChannelStanding {
  Channel channel;
  access::PermissionMask mask;
};
/// All channels that `user` may view, in their order; five statements.
std::vector<ChannelStanding> visible_channels(Tx& tx, const UserId& user, const CommunityId& community, WallTime now);

// The guards of operations: each returns the standing of the one who acts, or why he may not.

/// kNotFound for others than members: a community's existence is nobody else's business.
Outcome<Standing> require_member(Tx& tx, const Acting& acting, const CommunityId& community);
/// Also kForbidden or kTimedOut.
Outcome<Standing> require(Tx& tx, const Acting& acting, const CommunityId& community, access::Permission permission);
/// In a channel; kNotFound when he may not view it.
Outcome<Standing> require_in(Tx& tx, const Acting& acting, const ChannelId& channel, access::Permission permission);

struct Pair {
  Standing actor;
  Standing target;
};
/// For acting on another member: kNotFound when `target` is none, kHierarchy when he does not rank below.
Outcome<Pair> require_over(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& target,
                           access::Permission permission);

/// Why `standing` lacks `permission`: kTimedOut when that alone is the reason, else kForbidden with its name.
Problem refusal(const Standing& standing, access::Permission permission);
/// kForbidden unless `standing` has all of `bits` himself; kInvalidRequest when some mean nothing.
Outcome<void> check_grant(const Standing& standing, access::PermissionMask bits);

}  // namespace parley::product::community
