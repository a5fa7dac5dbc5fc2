#include "product/community/members.h"

#include <map>

#include "base/fold.h"
#include "product/community/audit.h"
#include "product/community/communities.h"
#include "product/community/rows.h"
#include "product/ports/ids_in.h"

namespace parley::product::community {
namespace {

using access::Permission;

/// Sorts after everything that begins with what stands before it.
constexpr std::string_view kLast = "\U0010FFFF";

struct ProfileRow : MemberRow {
  std::optional<std::string> username;
  std::string display_name;
  std::string avatar_url;
};
BOOST_DESCRIBE_STRUCT(ProfileRow, (MemberRow), (username, display_name, avatar_url))

constexpr std::string_view kProfiles =
    "select m.community_id, m.user_id, m.nickname, m.joined_at, m.timed_out_until, m.is_temporary, m.invited_by, "
    "m.server_muted, m.server_deafened, u.username, u.display_name, u.avatar_url "
    "from members m join users u on u.id = m.user_id where m.community_id = $1 ";

struct RoleOf {
  UserId user;
  RoleId role;
};
BOOST_DESCRIBE_STRUCT(RoleOf, (), (user, role))

std::vector<MemberProfile> with_roles(Tx& tx, const CommunityId& community, std::vector<ProfileRow> rows) {
  std::vector<UserId> users;
  for (const ProfileRow& row : rows) users.push_back(row.user_id);
  std::map<UserId, std::vector<RoleId>> roles;
  for (RoleOf& one_of : all_in<RoleOf>(tx,
                                       "select user_id, role_id from member_roles where community_id = $1 "
                                       "and user_id in ({ids}) order by role_id",
                                       {to_sql(community)}, std::span<const UserId>(users)))
    roles[one_of.user].push_back(std::move(one_of.role));
  std::vector<MemberProfile> out;
  for (ProfileRow& row : rows) {
    MemberProfile& profile = out.emplace_back();
    profile.roles = std::move(roles[row.user_id]);
    profile.username = row.username.value_or("");
    profile.display_name = std::move(row.display_name);
    profile.avatar_url = std::move(row.avatar_url);
    static_cast<MemberRow&>(profile) = std::move(row);
  }
  return out;
}

std::vector<ProfileRow> find_profiles(Tx& tx, const CommunityId& community, std::string_view search,
                                      const PagePlace& place) {
  std::string sql(kProfiles);
  sql += "and m.user_id > $2 ";
  if (search.empty()) {
    sql += "order by m.user_id limit $3";
    return all<ProfileRow>(tx, sql, community, place.after, place.limit + 1);
  }
  sql +=
      "and ((u.username_fold >= $4 and u.username_fold < $5) or (m.nickname_fold >= $4 and m.nickname_fold < $5)) "
      "order by m.user_id limit $3";
  const std::string first = fold(search);
  return all<ProfileRow>(tx, sql, community, place.after, place.limit + 1, first, first + std::string(kLast));
}

std::optional<UserId> find_heir(Tx& tx, const Community& community) {
  return one<UserId>(tx,
                     "select m.user_id from members m where m.community_id = $1 and m.user_id <> $2 order by "
                     "(select coalesce(max(r.position), 0) from member_roles b join roles r on r.id = b.role_id "
                     "where b.community_id = m.community_id and b.user_id = m.user_id) desc, m.joined_at, m.user_id "
                     "limit 1",
                     community.id, community.owner_id);
}

}  // namespace

Outcome<Listing<MemberProfile>> list_members(Tx& tx, const Acting& acting, const CommunityId& community,
                                             std::string_view search, const PagePlace& place) {
  const auto standing = require_member(tx, acting, community);
  if (!standing) return std::unexpected(standing.error());
  std::vector<MemberProfile> found = with_roles(tx, community, find_profiles(tx, community, search, place));
  return cut(std::move(found), place, [](const MemberProfile& m) { return m.user_id.text(); });
}

Outcome<MemberProfile> get_member(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user) {
  const auto standing = require_member(tx, acting, community);
  if (!standing) return std::unexpected(standing.error());
  auto rows = all<ProfileRow>(tx, std::string(kProfiles) + "and m.user_id = $2", community, user);
  if (rows.empty()) return refuse(ProblemCode::kNotFound);
  return std::move(with_roles(tx, community, std::move(rows)).front());
}

void store_member(Tx& tx, const Acting& acting, const Member& before, const Member& after, std::string_view action) {
  execute(tx,
          "update members set nickname = $3, nickname_fold = $4, timed_out_until = $5, server_muted = $6, "
          "server_deafened = $7 where community_id = $1 and user_id = $2",
          after.community_id, after.user_id, after.nickname, fold(after.nickname), after.timed_out_until,
          after.server_muted, after.server_deafened);
  record(tx, acting, after.community_id, {action, after.user_id.text(), json::to_json(before), json::to_json(after)});
  tell(tx, "member.updated", after.community_id, after);
}

Outcome<Member> set_nickname(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user,
                             const Nickname& nickname) {
  if (user == acting.user) {
    const auto standing = require_member(tx, acting, community);
    if (!standing) return std::unexpected(standing.error());
  } else {
    const auto pair = require_over(tx, acting, community, user, Permission::kManageServer);
    if (!pair) return std::unexpected(pair.error());
  }
  const Member before = find_member(tx, community, user).value_or(Member());
  Member after = before;
  after.nickname = nickname.text();
  if (after.nickname != before.nickname) store_member(tx, acting, before, after, "member.nickname");
  return after;
}

void remove_member(Tx& tx, const CommunityId& community, const UserId& user, LeaveCause cause) {
  execute(tx,
          "delete from channel_overrides where user_id = $2 "
          "and channel_id in (select id from channels where community_id = $1)",
          community, user);
  execute(tx, "delete from members where community_id = $1 and user_id = $2", community, user);
  tell(tx, "member.left", community, MemberGone{community, user, cause});
  tell_access(tx, {.community_id = community, .user_id = user});
}

Outcome<void> leave_community(Tx& tx, const Acting& acting, const CommunityId& community) {
  const auto standing = require_member(tx, acting, community);
  if (!standing) return std::unexpected(standing.error());
  if (standing->facts.is_owner) return refuse(ProblemCode::kConflict, "the owner transfers or deletes the community");
  const auto before = find_member(tx, community, acting.user);
  remove_member(tx, community, acting.user, LeaveCause::kLeft);
  record(tx, acting, community,
         {"member.leave", acting.user.text(), json::to_json(before.value_or(Member())), std::nullopt});
  return {};
}

std::vector<UserId> fellows_among(Tx& tx, const UserId& user, std::span<const UserId> others) {
  return all_in<UserId>(tx,
                        "select distinct o.user_id from members m join members o on o.community_id = m.community_id "
                        "where m.user_id = $1 and o.user_id in ({ids})",
                        {to_sql(user)}, others);
}

void end_temporary_memberships(Tx& tx, const Acting& acting) {
  const auto communities =
      all<CommunityId>(tx,
                       "select m.community_id from members m join communities k on k.id = m.community_id "
                       "where m.user_id = $1 and m.is_temporary = 1 and k.deleted_at is null and k.owner_id <> $1",
                       acting.user);
  for (const CommunityId& community : communities) {
    const Member before = find_member(tx, community, acting.user).value_or(Member());
    remove_member(tx, community, acting.user, LeaveCause::kTemporary);
    record(tx, acting, community, {"member.leave", acting.user.text(), json::to_json(before), std::nullopt});
  }
}

Outcome<void> leave_everything(Tx& tx, const Acting& acting) {
  for (const Community& community : list_communities(tx, acting.user)) {
    if (community.owner_id == acting.user) {
      const std::optional<UserId> heir = find_heir(tx, community);
      if (!heir) {
        if (const auto gone = delete_community(tx, acting, community.id); !gone) return gone;
        continue;
      }
      const auto handed = transfer_community(tx, acting, community.id, *heir);
      if (!handed) return std::unexpected(handed.error());
    }
    if (const auto left = leave_community(tx, acting, community.id); !left) return left;
  }
  return {};
}

}  // namespace parley::product::community
