#include "product/community/communities.h"

#include "product/community/audit.h"
#include "product/community/checks.h"
#include "product/community/events.h"
#include "product/community/rows.h"

namespace parley::product::community {
namespace {

using access::Permission;

void insert_community(Tx& tx, const Community& made) {
  execute(tx,
          "insert into communities (id, name, owner_id, icon_url, default_locale, created_at, updated_at) "
          "values ($1, $2, $3, $4, $5, $6, $7)",
          made.id, made.name, made.owner_id, made.icon_url, made.default_locale, made.created_at, made.updated_at);
  tell(tx, "community.created", made.id, made);
}

void insert_everyone(Tx& tx, const Acting& acting, const CommunityId& community) {
  const Role role{.id = make_id<RoleId>(acting.now, acting.rng),
                  .community_id = community,
                  .name = "@everyone",
                  .position = 0,
                  .permissions = {access::kDefaultPermissions.bits()},
                  .is_everyone = true,
                  .version = 1};
  execute(tx,
          "insert into roles (id, community_id, name, position, permissions, is_everyone, created_at) "
          "values ($1, $2, $3, 0, $4, 1, $5)",
          role.id, community, role.name, role.permissions, acting.now);
  tell(tx, "role.created", community, role);
}

void insert_owner(Tx& tx, const Acting& acting, const CommunityId& community) {
  Member member;
  member.community_id = community;
  member.user_id = acting.user;
  member.joined_at = acting.now;
  execute(tx, "insert into members (community_id, user_id, joined_at) values ($1, $2, $3)", community, acting.user,
          acting.now);
  tell(tx, "member.joined", community, member);
}

/// Writes what update_community() and its like have changed, one version on.
Community store_change(Tx& tx, const Acting& acting, const Community& before, Community after,
                       std::string_view action) {
  after.updated_at = acting.now;
  after.version = before.version + 1;
  execute(tx,
          "update communities set name = $2, owner_id = $3, icon_url = $4, default_locale = $5, is_locked_down = $6, "
          "updated_at = $7, version = $8 where id = $1",
          after.id, after.name, after.owner_id, after.icon_url, after.default_locale, after.is_locked_down,
          after.updated_at, after.version);
  record(tx, acting, after.id, {action, after.id.text(), json::to_json(before), json::to_json(after)});
  tell(tx, "community.updated", after.id, after);
  return after;
}

/// The community, when the caller owns it.
Outcome<Community> require_owned(Tx& tx, const Acting& acting, const CommunityId& community) {
  const auto standing = require_member(tx, acting, community);
  if (!standing) return std::unexpected(standing.error());
  if (!standing->facts.is_owner) return refuse(ProblemCode::kForbidden, "only the owner may");
  const auto found = find_community(tx, community);
  if (!found) return refuse(ProblemCode::kNotFound);
  return *found;
}

}  // namespace

Outcome<Community> create_community(Tx& tx, const Acting& acting, const NewCommunity& wanted) {
  if (const auto good = check_name(wanted.name); !good) return std::unexpected(good.error());
  if (const auto good = check_icon(wanted.icon_url.value_or(IconUrl())); !good) return std::unexpected(good.error());
  if (count_communities(tx, acting.user) >= kMaxCommunitiesPerUser)
    return refuse(ProblemCode::kLimitReached, "communities per user");
  Community made{.id = make_id<CommunityId>(acting.now, acting.rng),
                 .name = wanted.name.text(),
                 .owner_id = acting.user,
                 .icon_url = text_or(wanted.icon_url, {}),
                 .default_locale = text_or(wanted.default_locale, {}),
                 .created_at = acting.now,
                 .updated_at = acting.now,
                 .version = 1};
  insert_community(tx, made);
  insert_everyone(tx, acting, made.id);
  insert_owner(tx, acting, made.id);
  record(tx, acting, made.id, {"community.create", made.id.text(), std::nullopt, json::to_json(made)});
  return made;
}

Outcome<CommunityView> get_community(Tx& tx, const Acting& acting, const CommunityId& community) {
  const auto standing = require_member(tx, acting, community);
  if (!standing) return std::unexpected(standing.error());
  CommunityView view;
  static_cast<Community&>(view) = find_community(tx, community).value_or(Community());
  view.permissions.bits = standing->mask.bits();
  return view;
}

std::vector<Community> list_communities(Tx& tx, const UserId& user) {
  return all<Community>(tx,
                        "select k.id, k.name, k.owner_id, k.icon_url, k.default_locale, k.is_locked_down, "
                        "k.created_at, k.updated_at, k.version from members m "
                        "join communities k on k.id = m.community_id where m.user_id = $1 and k.deleted_at is null "
                        "order by m.joined_at, k.id",
                        user);
}

Outcome<Community> update_community(Tx& tx, const Acting& acting, const CommunityId& community,
                                    const CommunityChange& change) {
  const auto standing = require(tx, acting, community, Permission::kManageServer);
  if (!standing) return std::unexpected(standing.error());
  const Community before = find_community(tx, community).value_or(Community());
  if (const auto seen = check_version(change.version, before.version); !seen) return std::unexpected(seen.error());
  if (change.name) {
    if (const auto good = check_name(*change.name); !good) return std::unexpected(good.error());
  }
  if (const auto good = check_icon(change.icon_url.value_or(IconUrl())); !good) return std::unexpected(good.error());
  Community after = before;
  after.name = text_or(change.name, before.name);
  after.icon_url = text_or(change.icon_url, before.icon_url);
  after.default_locale = text_or(change.default_locale, before.default_locale);
  return store_change(tx, acting, before, std::move(after), "community.update");
}

Outcome<Community> set_lockdown(Tx& tx, const Acting& acting, const CommunityId& community, bool is_locked_down) {
  const auto standing = require(tx, acting, community, Permission::kManageServer);
  if (!standing) return std::unexpected(standing.error());
  Community before = find_community(tx, community).value_or(Community());
  if (before.is_locked_down == is_locked_down) return before;
  Community after = before;
  after.is_locked_down = is_locked_down;
  after = store_change(tx, acting, before, std::move(after), "community.lockdown");
  tell_access(tx, {.community_id = community});
  return after;
}

Outcome<Community> transfer_community(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& to) {
  const auto before = require_owned(tx, acting, community);
  if (!before) return before;
  if (to == acting.user || !find_member(tx, community, to))
    return refuse(ProblemCode::kNotFound, "the new owner must be another member");
  Community after = *before;
  after.owner_id = to;
  after = store_change(tx, acting, *before, std::move(after), "community.transfer");
  tell_access(tx, {.community_id = community, .user_id = acting.user});
  tell_access(tx, {.community_id = community, .user_id = to});
  return after;
}

Outcome<void> delete_community(Tx& tx, const Acting& acting, const CommunityId& community) {
  const auto before = require_owned(tx, acting, community);
  if (!before) return std::unexpected(before.error());
  execute(tx, "update communities set deleted_at = $2, version = version + 1 where id = $1", community, acting.now);
  record(tx, acting, community, {"community.delete", community.text(), json::to_json(*before), std::nullopt});
  tell(tx, "community.deleted", community, CommunityGone{community});
  tell_access(tx, {.community_id = community});
  return {};
}

}  // namespace parley::product::community
