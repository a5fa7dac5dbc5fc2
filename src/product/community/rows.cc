#include "product/community/rows.h"

namespace parley::product::community {
namespace {

constexpr std::string_view kChannelColumns =
    "id, community_id, parent_id, kind, name, topic, position, slow_mode_seconds, user_limit, bitrate, is_synced, "
    "is_locked_down, created_at, version";
constexpr std::string_view kRoleColumns =
    "id, community_id, name, position, permissions, color, is_everyone, is_mentionable, version";

std::string select(std::string_view columns, std::string_view rest) {
  std::string sql = "select ";
  sql += columns;
  sql += rest;
  return sql;
}

}  // namespace

std::optional<Community> find_community(Tx& tx, const CommunityId& community) {
  return one<Community>(tx,
                        "select id, name, owner_id, icon_url, default_locale, is_locked_down, created_at, updated_at, "
                        "version from communities where id = $1 and deleted_at is null",
                        community);
}

std::optional<Role> find_role(Tx& tx, const CommunityId& community, const RoleId& role) {
  return one<Role>(tx, select(kRoleColumns, " from roles where id = $1 and community_id = $2"), role, community);
}

std::vector<Role> roles_of(Tx& tx, const CommunityId& community) {
  return all<Role>(tx, select(kRoleColumns, " from roles where community_id = $1 order by position desc"), community);
}

std::optional<Channel> find_channel(Tx& tx, const ChannelId& channel) {
  return one<Channel>(tx, select(kChannelColumns, " from channels where id = $1 and deleted_at is null"), channel);
}

std::vector<Channel> channels_of(Tx& tx, const CommunityId& community) {
  return all<Channel>(
      tx,
      select(kChannelColumns, " from channels where community_id = $1 and deleted_at is null order by position, id"),
      community);
}

std::vector<Override> overrides_of(Tx& tx, const ChannelId& channel) {
  return all<Override>(tx,
                       "select role_id, user_id, deny, allow from channel_overrides where channel_id = $1 "
                       "order by coalesce(role_id, ''), coalesce(user_id, '')",
                       channel);
}

std::optional<Member> find_member(Tx& tx, const CommunityId& community, const UserId& user) {
  auto row = one<MemberRow>(tx, select(kMemberColumns, " from members where community_id = $1 and user_id = $2"),
                            community, user);
  if (!row) return std::nullopt;
  Member member;
  static_cast<MemberRow&>(member) = std::move(*row);
  member.roles =
      all<RoleId>(tx, "select role_id from member_roles where community_id = $1 and user_id = $2 order by role_id",
                  community, user);
  return member;
}

std::optional<Ban> find_ban(Tx& tx, const CommunityId& community, const UserId& user) {
  return one<Ban>(tx,
                  "select community_id, user_id, reason, banned_by, created_at, expires_at from bans "
                  "where community_id = $1 and user_id = $2",
                  community, user);
}

int64_t count_communities(Tx& tx, const UserId& user) {
  return one<int64_t>(tx,
                      "select count(*) from members m join communities k on k.id = m.community_id "
                      "where m.user_id = $1 and k.deleted_at is null",
                      user)
      .value_or(0);
}

int64_t bump_version(Tx& tx, const CommunityId& community) {
  return one<int64_t>(tx, "update communities set version = version + 1 where id = $1 returning version", community)
      .value_or(0);
}

}  // namespace parley::product::community
