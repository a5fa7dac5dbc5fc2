#pragma once

#include <vector>

#include "product/community/access.h"
#include "product/community/inputs.h"

namespace parley::product::community {

/// A community as one of its members sees it.
struct CommunityView : Community {
  json::Mask permissions;  ///< The caller's, outside of channels.
};
BOOST_DESCRIBE_STRUCT(CommunityView, (Community), (permissions))

/// The caller becomes its owner and first member. kLimitReached: kMaxCommunitiesPerUser.
Outcome<Community> create_community(Tx& tx, const Acting& acting, const NewCommunity& wanted);
Outcome<CommunityView> get_community(Tx& tx, const Acting& acting, const CommunityId& community);
/// Those that the caller is a member of, in the order in which he joined.
std::vector<Community> list_communities(Tx& tx, const UserId& user);
/// Needs kManageServer.
Outcome<Community> update_community(Tx& tx, const Acting& acting, const CommunityId& community,
                                    const CommunityChange& change);
/// Needs kManageServer. While it lasts nobody may join, and access::kLockdownPermissions are taken away.
Outcome<Community> set_lockdown(Tx& tx, const Acting& acting, const CommunityId& community, bool is_locked_down);
/// By the owner, to another member.
Outcome<Community> transfer_community(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& to);
/// By the owner. Nobody is a member of it any more.
Outcome<void> delete_community(Tx& tx, const Acting& acting, const CommunityId& community);

}  // namespace parley::product::community
