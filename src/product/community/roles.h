#pragma once

#include <vector>

#include "product/community/access.h"
#include "product/community/inputs.h"

// Roles. Changing them needs kManageRoles; a role is touched only by those who rank above it, and permissions are given
// and taken only by those who have them.

namespace parley::product::community {

/// The mightiest first; for every member.
Outcome<std::vector<Role>> list_roles(Tx& tx, const Acting& acting, const CommunityId& community);
/// Just above @everyone; all others move one up. kLimitReached: kMaxRoles.
Outcome<Role> create_role(Tx& tx, const Acting& acting, const CommunityId& community, const NewRole& wanted);
Outcome<Role> update_role(Tx& tx, const Acting& acting, const CommunityId& community, const RoleId& role,
                          const RoleChange& change);
Outcome<std::vector<Role>> reorder_roles(Tx& tx, const Acting& acting, const CommunityId& community,
                                         const RoleOrder& order);
/// Its bearers and overrides lose it. @everyone stays: kConflict.
Outcome<void> delete_role(Tx& tx, const Acting& acting, const CommunityId& community, const RoleId& role);
/// A temporary member becomes a lasting one by it.
Outcome<Member> assign_role(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user,
                            const RoleId& role);
Outcome<Member> remove_role(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user,
                            const RoleId& role);

}  // namespace parley::product::community
