#include "product/community/snapshot.h"

#include <algorithm>
#include <array>

#include "json/reader.h"
#include "product/community/events.h"
#include "product/community/rows.h"

namespace parley::product::community {
namespace {

void on(CommunitySnapshot& snapshot, const Community& told) { snapshot.community = told; }

void on(CommunitySnapshot& snapshot, const CommunityGone& /*told*/) { snapshot = {}; }

void on_new_role(CommunitySnapshot& snapshot, const Role& told) {
  const auto [place, is_new] = snapshot.roles.insert_or_assign(told.id.text(), told);
  if (!is_new) return;  // Events are told at least once.
  for (auto& [id, role] : snapshot.roles) {
    if (role.position >= told.position && id != place->first) ++role.position;
  }
}

void on(CommunitySnapshot& snapshot, const Role& told) { snapshot.roles[told.id.text()] = told; }

void on(CommunitySnapshot& snapshot, const RoleGone& told) {
  snapshot.roles.erase(told.role_id.text());
  for (auto& [id, member] : snapshot.members) std::erase(member.roles, told.role_id);
  for (auto& [id, channel] : snapshot.channels)
    std::erase_if(channel.overrides, [&](const Override& o) { return o.role_id && *o.role_id == told.role_id; });
}

void on(CommunitySnapshot& snapshot, const RolesReordered& told) {
  for (const RolePosition& role : told.roles) {
    if (const auto at = snapshot.roles.find(role.id.text()); at != snapshot.roles.end())
      at->second.position = role.position;
  }
  if (snapshot.community) snapshot.community->version = told.version;
}

void on(CommunitySnapshot& snapshot, const Channel& told) { snapshot.channels[told.id.text()].channel = told; }

void on(CommunitySnapshot& snapshot, const ChannelGone& told) { snapshot.channels.erase(told.channel_id.text()); }

void on(CommunitySnapshot& snapshot, const ChannelsReordered& told) {
  for (const ChannelPosition& place : told.channels) {
    const auto at = snapshot.channels.find(place.id.text());
    if (at == snapshot.channels.end()) continue;
    at->second.channel.position = place.position;
    at->second.channel.parent_id = place.parent_id;
  }
  if (snapshot.community) snapshot.community->version = told.version;
}

void on(CommunitySnapshot& snapshot, const OverridesChanged& told) {
  const auto at = snapshot.channels.find(told.channel_id.text());
  if (at == snapshot.channels.end()) return;
  at->second.channel.is_synced = told.is_synced;
  at->second.overrides = told.overrides;
}

void on(CommunitySnapshot& snapshot, const Member& told) { snapshot.members[told.user_id.text()] = told; }

void on(CommunitySnapshot& snapshot, const MemberGone& told) {
  snapshot.members.erase(told.user_id.text());
  for (auto& [id, channel] : snapshot.channels)
    std::erase_if(channel.overrides, [&](const Override& o) { return o.user_id && *o.user_id == told.user_id; });
}

void on(CommunitySnapshot& snapshot, const BanAdded& told) { snapshot.bans[told.user_id.text()] = told; }

void on(CommunitySnapshot& snapshot, const BanGone& told) { snapshot.bans.erase(told.user_id.text()); }

template <class Payload, auto Handler>
Applied read_and(CommunitySnapshot& snapshot, std::string_view payload) {
  const auto told = json::parse<Payload>(payload);
  if (!told) return Applied::kMalformed;
  Handler(snapshot, *told);
  return Applied::kChanged;
}

template <class Payload>
Applied apply_as(CommunitySnapshot& snapshot, std::string_view payload) {
  return read_and<Payload, static_cast<void (*)(CommunitySnapshot&, const Payload&)>(&on)>(snapshot, payload);
}

Applied ignore(CommunitySnapshot& /*snapshot*/, std::string_view /*payload*/) { return Applied::kNothing; }

struct Row {
  std::string_view type;
  Applied (*apply)(CommunitySnapshot&, std::string_view);
};
constexpr auto kEvents = std::to_array<Row>({
    {"community.created", apply_as<Community>},
    {"community.updated", apply_as<Community>},
    {"community.deleted", apply_as<CommunityGone>},
    {"role.created", read_and<Role, on_new_role>},
    {"role.updated", apply_as<Role>},
    {"role.deleted", apply_as<RoleGone>},
    {"roles.reordered", apply_as<RolesReordered>},
    {"channel.created", apply_as<Channel>},
    {"channel.updated", apply_as<Channel>},
    {"channel.deleted", apply_as<ChannelGone>},
    {"channels.reordered", apply_as<ChannelsReordered>},
    {"channel.overrides_changed", apply_as<OverridesChanged>},
    {"member.joined", apply_as<Member>},
    {"member.updated", apply_as<Member>},
    {"member.left", apply_as<MemberGone>},
    {"ban.added", apply_as<BanAdded>},
    {"ban.removed", apply_as<BanGone>},
    {"invite.created", ignore},
    {"invite.revoked", ignore},
    {"report.created", ignore},
    {"report.resolved", ignore},
    {"access.changed", ignore},
    {"voice.move_requested", ignore},
    {"voice.disconnect_requested", ignore},
});

struct OverrideOf : Override {
  ChannelId channel;
};
BOOST_DESCRIBE_STRUCT(OverrideOf, (Override), (channel))

struct RoleOf {
  UserId user;
  RoleId role;
};
BOOST_DESCRIBE_STRUCT(RoleOf, (), (user, role))

void load_members(Tx& tx, const CommunityId& community, CommunitySnapshot& out) {
  std::string sql = "select ";
  sql += kMemberColumns;
  sql += " from members where community_id = $1";
  for (MemberRow& row : all<MemberRow>(tx, sql, community))
    static_cast<MemberRow&>(out.members[row.user_id.text()]) = row;
  for (RoleOf& held :
       all<RoleOf>(tx, "select user_id, role_id from member_roles where community_id = $1 order by role_id", community))
    out.members[held.user.text()].roles.push_back(std::move(held.role));
}

void load_channels(Tx& tx, const CommunityId& community, CommunitySnapshot& out) {
  for (Channel& channel : channels_of(tx, community)) {
    const std::string id = channel.id.text();
    out.channels[id].channel = std::move(channel);
  }
  for (OverrideOf& held :
       all<OverrideOf>(tx,
                       "select o.role_id, o.user_id, o.deny, o.allow, o.channel_id from channel_overrides o "
                       "join channels c on c.id = o.channel_id where c.community_id = $1 and c.deleted_at is null "
                       "order by coalesce(o.role_id, ''), coalesce(o.user_id, '')",
                       community))
    out.channels[held.channel.text()].overrides.push_back(std::move(held));
}

}  // namespace

CommunitySnapshot load_snapshot(Tx& tx, const CommunityId& community) {
  CommunitySnapshot out;
  out.community = find_community(tx, community);
  if (!out.community) return out;
  for (Role& role : roles_of(tx, community)) {
    const std::string id = role.id.text();
    out.roles[id] = std::move(role);
  }
  load_channels(tx, community, out);
  load_members(tx, community, out);
  for (Ban& ban : all<Ban>(tx,
                           "select community_id, user_id, reason, banned_by, created_at, expires_at from bans "
                           "where community_id = $1",
                           community)) {
    const std::string id = ban.user_id.text();
    out.bans[id] = std::move(ban);
  }
  return out;
}

Applied apply(CommunitySnapshot& snapshot, std::string_view type, std::string_view payload) {
  const auto row = std::ranges::find(kEvents, type, &Row::type);
  return row == kEvents.end() ? Applied::kMalformed : row->apply(snapshot, payload);
}

}  // namespace parley::product::community
