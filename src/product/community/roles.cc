#include "product/community/roles.h"

#include <algorithm>
#include <map>
#include <set>

#include "product/community/audit.h"
#include "product/community/checks.h"
#include "product/community/events.h"
#include "product/community/rows.h"

namespace parley::product::community {
namespace {

using access::Permission;
using access::PermissionMask;

struct Hold {
  Standing actor;
  Role role;
};

/// The caller with kManageRoles, and a role below him.
Outcome<Hold> require_role(Tx& tx, const Acting& acting, const CommunityId& community, const RoleId& role) {
  auto standing = require(tx, acting, community, Permission::kManageRoles);
  if (!standing) return std::unexpected(standing.error());
  auto found = find_role(tx, community, role);
  if (!found) return refuse(ProblemCode::kNotFound);
  if (found->position >= standing->rank) return refuse(ProblemCode::kHierarchy);
  return Hold{std::move(*standing), std::move(*found)};
}

/// The bearers of a role; of @everyone, all.
AccessChanged bearers_of(const Role& role) {
  AccessChanged change{.community_id = role.community_id, .channel_id = {}, .user_id = {}, .role_id = {}};
  if (!role.is_everyone) change.role_id = role.id;
  return change;
}

Outcome<Role> changed(const Hold& hold, const RoleChange& change) {
  const Role& before = hold.role;
  if (const auto seen = check_version(change.version, before.version); !seen) return std::unexpected(seen.error());
  Role after = before;
  if (change.name) {
    if (before.is_everyone) return refuse_field("/name", "@everyone keeps its name");
    if (const auto good = check_name(*change.name); !good) return std::unexpected(good.error());
    after.name = change.name->text();
  }
  if (change.permissions) {
    const uint64_t touched = before.permissions.bits ^ change.permissions->bits;
    if (const auto may = check_grant(hold.actor, PermissionMask(touched)); !may) return std::unexpected(may.error());
    after.permissions = *change.permissions;
  }
  after.color = number_or(change.color, before.color);
  after.is_mentionable = change.is_mentionable.value_or(before.is_mentionable);
  ++after.version;
  return after;
}

/// The named roles on the places that they hold together; kNotFound, kHierarchy.
Outcome<std::vector<RolePosition>> arrange(const std::vector<Role>& roles, const RoleOrder& order, int64_t rank) {
  std::map<RoleId, int64_t> places;
  for (const Role& role : roles) places[role.id] = role.position;
  std::vector<int64_t> free;
  std::set<RoleId> seen;
  for (const RoleId& id : order.roles) {
    const auto place = places.find(id);
    if (place == places.end()) return refuse(ProblemCode::kNotFound);
    if (!seen.insert(id).second) return refuse_field("/roles", "names a role twice");
    if (place->second == 0) return refuse_field("/roles", "@everyone stays the lowest");
    if (place->second >= rank) return refuse(ProblemCode::kHierarchy);
    free.push_back(place->second);
  }
  std::ranges::sort(free);
  std::vector<RolePosition> moved;
  for (size_t i = 0; i < free.size(); ++i) {
    if (places[order.roles[i]] != free[i]) moved.push_back({order.roles[i], free[i]});
  }
  return moved;
}

Member told_member(Tx& tx, const CommunityId& community, const UserId& user) {
  const Member member = find_member(tx, community, user).value_or(Member());
  tell(tx, "member.updated", community, member);
  tell_access(tx, {.community_id = community, .user_id = user});
  return member;
}

}  // namespace

Outcome<std::vector<Role>> list_roles(Tx& tx, const Acting& acting, const CommunityId& community) {
  const auto standing = require_member(tx, acting, community);
  if (!standing) return std::unexpected(standing.error());
  return roles_of(tx, community);
}

Outcome<Role> create_role(Tx& tx, const Acting& acting, const CommunityId& community, const NewRole& wanted) {
  const auto standing = require(tx, acting, community, Permission::kManageRoles);
  if (!standing) return std::unexpected(standing.error());
  if (standing->rank <= 0) return refuse(ProblemCode::kHierarchy);
  if (const auto good = check_name(wanted.name); !good) return std::unexpected(good.error());
  const json::Mask permissions = wanted.permissions.value_or(json::Mask());
  if (const auto may = check_grant(*standing, PermissionMask(permissions.bits)); !may)
    return std::unexpected(may.error());
  if (one<int64_t>(tx, "select count(*) from roles where community_id = $1", community).value_or(0) >= kMaxRoles)
    return refuse(ProblemCode::kLimitReached, "roles per community");
  Role role{.id = make_id<RoleId>(acting.now, acting.rng),
            .community_id = community,
            .name = wanted.name.text(),
            .position = 1,
            .permissions = permissions,
            .color = number_or(wanted.color, 0),
            .is_mentionable = wanted.is_mentionable.value_or(false),
            .version = 1};
  execute(tx, "update roles set position = position + 1 where community_id = $1 and position >= 1", community);
  execute(tx,
          "insert into roles (id, community_id, name, position, permissions, color, is_mentionable, created_at) "
          "values ($1, $2, $3, $4, $5, $6, $7, $8)",
          role.id, community, role.name, role.position, role.permissions, role.color, role.is_mentionable, acting.now);
  record(tx, acting, community, {"role.create", role.id.text(), std::nullopt, json::to_json(role)});
  tell(tx, "role.created", community, role);
  return role;
}

Outcome<Role> update_role(Tx& tx, const Acting& acting, const CommunityId& community, const RoleId& role,
                          const RoleChange& change) {
  const auto hold = require_role(tx, acting, community, role);
  if (!hold) return std::unexpected(hold.error());
  const auto after = changed(*hold, change);
  if (!after) return after;
  execute(tx,
          "update roles set name = $2, permissions = $3, color = $4, is_mentionable = $5, version = $6 where id = $1",
          role, after->name, after->permissions, after->color, after->is_mentionable, after->version);
  record(tx, acting, community, {"role.update", role.text(), json::to_json(hold->role), json::to_json(*after)});
  tell(tx, "role.updated", community, *after);
  if (after->permissions != hold->role.permissions) tell_access(tx, bearers_of(*after));
  return after;
}

Outcome<std::vector<Role>> reorder_roles(Tx& tx, const Acting& acting, const CommunityId& community,
                                         const RoleOrder& order) {
  const auto standing = require(tx, acting, community, Permission::kManageRoles);
  if (!standing) return std::unexpected(standing.error());
  const Community now = find_community(tx, community).value_or(Community());
  if (const auto seen = check_version(order.version, now.version); !seen) return std::unexpected(seen.error());
  std::vector<Role> before = roles_of(tx, community);
  auto moved = arrange(before, order, standing->rank);
  if (!moved) return std::unexpected(moved.error());
  if (moved->empty()) return before;
  for (const RolePosition& role : *moved)
    execute(tx, "update roles set position = $2 where id = $1", role.id, role.position);
  const RolesReordered told{community, std::move(*moved), bump_version(tx, community)};
  record(tx, acting, community, {"role.reorder", community.text(), json::to_json(before), json::to_json(told.roles)});
  tell(tx, "roles.reordered", community, told);
  return roles_of(tx, community);
}

Outcome<void> delete_role(Tx& tx, const Acting& acting, const CommunityId& community, const RoleId& role) {
  const auto hold = require_role(tx, acting, community, role);
  if (!hold) return std::unexpected(hold.error());
  if (hold->role.is_everyone) return refuse(ProblemCode::kConflict, "@everyone cannot be deleted");
  execute(tx, "delete from roles where id = $1", role);
  record(tx, acting, community, {"role.delete", role.text(), json::to_json(hold->role), std::nullopt});
  tell(tx, "role.deleted", community, RoleGone{community, role});
  // Who bore it is not known any more to those who hear of it.
  tell_access(tx, {.community_id = community});
  return {};
}

Outcome<Member> assign_role(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user,
                            const RoleId& role) {
  const auto hold = require_role(tx, acting, community, role);
  if (!hold) return std::unexpected(hold.error());
  const PermissionMask gift(hold->role.permissions.bits);
  if (const auto may = check_grant(hold->actor, gift); !may) return std::unexpected(may.error());
  const auto before = find_member(tx, community, user);
  if (!before) return refuse(ProblemCode::kNotFound);
  if (hold->role.is_everyone || std::ranges::find(before->roles, role) != before->roles.end()) return *before;
  execute(tx, "insert into member_roles (community_id, user_id, role_id) values ($1, $2, $3)", community, user, role);
  execute(tx, "update members set is_temporary = 0 where community_id = $1 and user_id = $2", community, user);
  Member after = told_member(tx, community, user);
  record(tx, acting, community, {"member.role_add", user.text(), json::to_json(*before), json::to_json(after)});
  return after;
}

Outcome<Member> remove_role(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user,
                            const RoleId& role) {
  const auto hold = require_role(tx, acting, community, role);
  if (!hold) return std::unexpected(hold.error());
  const auto before = find_member(tx, community, user);
  if (!before) return refuse(ProblemCode::kNotFound);
  const int64_t gone = execute(tx, "delete from member_roles where community_id = $1 and user_id = $2 and role_id = $3",
                               community, user, role);
  if (gone == 0) return *before;
  Member after = told_member(tx, community, user);
  record(tx, acting, community, {"member.role_remove", user.text(), json::to_json(*before), json::to_json(after)});
  return after;
}

}  // namespace parley::product::community
