#include "product/community/access.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "product/community/rows.h"
#include "product/ports/ids_in.h"

namespace parley::product::community {
namespace {

using access::AccessFacts;
using access::Permission;
using access::PermissionMask;
using access::PermissionOverride;

/// Where the question is about: one row.
struct Scope {
  CommunityId community;
  ChannelId source;  ///< The channel whose overrides hold; empty in the community itself.
  UserId owner;
  bool is_locked_down = false;
  std::string everyone;
  json::Mask grants;
  std::optional<json::Mask> deny;
  std::optional<json::Mask> allow;
};
BOOST_DESCRIBE_STRUCT(Scope, (), (community, source, owner, is_locked_down, everyone, grants, deny, allow))

struct MemberFacts {
  UserId user;
  std::optional<WallTime> timed_out_until;
  std::optional<json::Mask> deny;
  std::optional<json::Mask> allow;
};
BOOST_DESCRIBE_STRUCT(MemberFacts, (), (user, timed_out_until, deny, allow))

struct RoleFacts {
  UserId user;
  RoleId role;
  std::string name;
  int64_t position = 0;
  json::Mask grants;
  std::optional<json::Mask> deny;
  std::optional<json::Mask> allow;
};
BOOST_DESCRIBE_STRUCT(RoleFacts, (), (user, role, name, position, grants, deny, allow))

constexpr std::string_view kChannelScope =
    "select c.community_id, case when c.is_synced = 1 then coalesce(c.parent_id, c.id) else c.id end, k.owner_id, "
    "case when c.is_locked_down = 1 or p.is_locked_down = 1 or k.is_locked_down = 1 then 1 else 0 end, "
    "r.name, r.permissions, o.deny, o.allow "
    "from channels c "
    "join communities k on k.id = c.community_id and k.deleted_at is null "
    "join roles r on r.community_id = k.id and r.is_everyone = 1 "
    "left join channels p on p.id = c.parent_id "
    "left join channel_overrides o on o.role_id = r.id "
    "and o.channel_id = case when c.is_synced = 1 then coalesce(c.parent_id, c.id) else c.id end "
    "where c.id = $1 and c.deleted_at is null";
constexpr std::string_view kCommunityScope =
    "select k.id, '', k.owner_id, k.is_locked_down, r.name, r.permissions, null, null "
    "from communities k join roles r on r.community_id = k.id and r.is_everyone = 1 "
    "where k.id = $1 and k.deleted_at is null";
constexpr std::string_view kMembers =
    "select m.user_id, m.timed_out_until, o.deny, o.allow from members m "
    "left join channel_overrides o on o.channel_id = $2 and o.user_id = m.user_id "
    "where m.community_id = $1 and m.user_id in ({ids})";
constexpr std::string_view kRolesOfMembers =
    "select b.user_id, r.id, r.name, r.position, r.permissions, o.deny, o.allow from member_roles b "
    "join roles r on r.id = b.role_id left join channel_overrides o on o.channel_id = $2 and o.role_id = r.id "
    "where b.community_id = $1 and b.user_id in ({ids}) order by r.position";

std::optional<PermissionOverride> override_of(const std::optional<json::Mask>& deny,
                                              const std::optional<json::Mask>& allow) {
  if (!deny || !allow) return std::nullopt;
  return PermissionOverride{PermissionMask(deny->bits), PermissionMask(allow->bits)};
}

Standing stranger(const UserId& user, const Scope& scope) {
  Standing standing;
  standing.user = user;
  standing.community = scope.community;
  standing.facts.is_in_channel = !scope.source.is_empty();
  standing.facts.is_locked_down = scope.is_locked_down;
  standing.facts.everyone = {scope.everyone, PermissionMask(scope.grants.bits), override_of(scope.deny, scope.allow)};
  return standing;
}

void admit(Standing& standing, const MemberFacts& member, const Scope& scope, WallTime now) {
  standing.facts.is_member = true;
  standing.facts.is_owner = member.user == scope.owner;
  standing.facts.is_timed_out = member.timed_out_until && *member.timed_out_until > now;
  if (standing.facts.is_timed_out) standing.timed_out_until = member.timed_out_until;
  standing.facts.member_override = override_of(member.deny, member.allow);
  standing.rank = standing.facts.is_owner ? kOwnerRank : 0;
}

void give(Standing& standing, RoleFacts role) {
  standing.rank = std::max(standing.rank, role.position);
  standing.roles.push_back(std::move(role.role));
  standing.facts.roles.push_back(
      {std::move(role.name), PermissionMask(role.grants.bits), override_of(role.deny, role.allow)});
}

std::vector<Standing> load(Tx& tx, const std::optional<Scope>& scope, std::span<const UserId> users, WallTime now) {
  std::vector<Standing> out;
  out.reserve(users.size());
  for (const UserId& user : users) out.push_back(stranger(user, scope.value_or(Scope())));
  if (!scope) return out;
  std::vector<UserId> ids(users.begin(), users.end());
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  const std::vector<SqlValue> first{to_sql(scope->community), to_sql(scope->source)};
  std::unordered_map<UserId, MemberFacts> members;
  for (auto& member : all_in<MemberFacts>(tx, kMembers, first, std::span<const UserId>(ids)))
    members.emplace(member.user, std::move(member));
  std::unordered_map<UserId, std::vector<RoleFacts>> roles;
  for (auto& role : all_in<RoleFacts>(tx, kRolesOfMembers, first, std::span<const UserId>(ids)))
    roles[role.user].push_back(std::move(role));
  for (Standing& standing : out) {
    const auto member = members.find(standing.user);
    if (member == members.end()) continue;
    admit(standing, member->second, *scope, now);
    for (const RoleFacts& role : roles[standing.user]) give(standing, role);
    standing.mask = effective_permissions(standing.facts);
  }
  return out;
}

struct OverrideHere {
  ChannelId channel;
  std::optional<RoleId> role;
  bool is_everyone = false;
  json::Mask deny;
  json::Mask allow;
};
BOOST_DESCRIBE_STRUCT(OverrideHere, (), (channel, role, is_everyone, deny, allow))

/// The overrides of all of a community's channels that touch one user.
std::map<ChannelId, std::vector<OverrideHere>> overrides_on(Tx& tx, const UserId& user, const CommunityId& community) {
  std::map<ChannelId, std::vector<OverrideHere>> out;
  for (auto& here : all<OverrideHere>(
           tx,
           "select o.channel_id, o.role_id, coalesce(r.is_everyone, 0), o.deny, o.allow from channels c "
           "join channel_overrides o on o.channel_id = c.id left join roles r on r.id = o.role_id "
           "where c.community_id = $1 and (o.user_id = $2 or r.is_everyone = 1 or exists (select 1 from member_roles b "
           "where b.community_id = $1 and b.user_id = $2 and b.role_id = o.role_id))",
           community, user))
    out[here.channel].push_back(std::move(here));
  return out;
}

/// The facts of the community, in a channel with these overrides.
AccessFacts narrow(const Standing& in_community, const std::vector<OverrideHere>& overrides, bool is_locked_down) {
  AccessFacts facts = in_community.facts;
  facts.is_in_channel = true;
  facts.is_locked_down = facts.is_locked_down || is_locked_down;
  for (const OverrideHere& here : overrides) {
    const PermissionOverride change{PermissionMask(here.deny.bits), PermissionMask(here.allow.bits)};
    if (!here.role) {
      facts.member_override = change;
    } else if (here.is_everyone) {
      facts.everyone.override = change;
    } else if (const auto at = std::ranges::find(in_community.roles, *here.role); at != in_community.roles.end()) {
      facts.roles[static_cast<size_t>(at - in_community.roles.begin())].override = change;
    }
  }
  return facts;
}

}  // namespace

std::vector<Standing> access_of_all(Tx& tx, const ChannelId& channel, std::span<const UserId> users, WallTime now) {
  return load(tx, one<Scope>(tx, kChannelScope, channel), users, now);
}

std::vector<Standing> access_in_all(Tx& tx, const CommunityId& community, std::span<const UserId> users, WallTime now) {
  return load(tx, one<Scope>(tx, kCommunityScope, community), users, now);
}

Standing access_of(Tx& tx, const UserId& user, const ChannelId& channel, WallTime now) {
  return std::move(access_of_all(tx, channel, std::span(&user, 1), now).front());
}

Standing access_in(Tx& tx, const UserId& user, const CommunityId& community, WallTime now) {
  return std::move(access_in_all(tx, community, std::span(&user, 1), now).front());
}

std::vector<ChannelStanding> visible_channels(Tx& tx, const UserId& user, const CommunityId& community, WallTime now) {
  const Standing standing = access_in(tx, user, community, now);
  std::vector<ChannelStanding> out;
  if (!standing.is_member()) return out;
  const auto overrides = overrides_on(tx, user, community);
  std::vector<Channel> channels = channels_of(tx, community);
  std::map<ChannelId, bool> locked;
  for (const Channel& channel : channels) locked[channel.id] = channel.is_locked_down;
  for (Channel& channel : channels) {
    const ChannelId source = channel.is_synced && channel.parent_id ? *channel.parent_id : channel.id;
    const bool is_locked_down = channel.is_locked_down || (channel.parent_id && locked[*channel.parent_id]);
    const auto here = overrides.find(source);
    const AccessFacts facts =
        narrow(standing, here == overrides.end() ? std::vector<OverrideHere>() : here->second, is_locked_down);
    const PermissionMask mask = effective_permissions(facts);
    if (mask.has(Permission::kView)) out.push_back({std::move(channel), mask});
  }
  return out;
}

Problem refusal(const Standing& standing, Permission permission) {
  AccessFacts in_time = standing.facts;
  in_time.is_timed_out = false;
  if (standing.facts.is_timed_out && effective_permissions(in_time).has(permission))
    return {.code = ProblemCode::kTimedOut, .detail = {}, .errors = {}, .retry_after = {}};
  return {.code = ProblemCode::kForbidden,
          .detail = "needs the permission " + std::string(to_string(permission)),
          .errors = {},
          .retry_after = {}};
}

Outcome<Standing> require_member(Tx& tx, const Acting& acting, const CommunityId& community) {
  Standing standing = access_in(tx, acting.user, community, acting.now);
  if (!standing.is_member()) return refuse(ProblemCode::kNotFound);
  return standing;
}

Outcome<Standing> require(Tx& tx, const Acting& acting, const CommunityId& community, Permission permission) {
  Outcome<Standing> standing = require_member(tx, acting, community);
  if (standing && !standing->has(permission)) return std::unexpected(refusal(*standing, permission));
  return standing;
}

Outcome<Standing> require_in(Tx& tx, const Acting& acting, const ChannelId& channel, Permission permission) {
  Standing standing = access_of(tx, acting.user, channel, acting.now);
  if (!standing.has(Permission::kView)) return refuse(ProblemCode::kNotFound);
  if (!standing.has(permission)) return std::unexpected(refusal(standing, permission));
  return standing;
}

Outcome<Pair> require_over(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& target,
                           Permission permission) {
  const UserId both[] = {acting.user, target};
  std::vector<Standing> standings = access_in_all(tx, community, both, acting.now);
  Pair pair{std::move(standings[0]), std::move(standings[1])};
  if (!pair.actor.is_member()) return refuse(ProblemCode::kNotFound);
  if (!pair.actor.has(permission)) return std::unexpected(refusal(pair.actor, permission));
  if (!pair.target.is_member()) return refuse(ProblemCode::kNotFound);
  if (pair.target.rank >= pair.actor.rank) return refuse(ProblemCode::kHierarchy);
  return pair;
}

Outcome<void> check_grant(const Standing& standing, PermissionMask bits) {
  if (!PermissionMask::everything().contains(bits))
    return refuse(ProblemCode::kInvalidRequest, "a permission that does not exist");
  if (!standing.mask.contains(bits)) return refuse(ProblemCode::kForbidden, "a permission that the caller has not");
  return {};
}

}  // namespace parley::product::community
