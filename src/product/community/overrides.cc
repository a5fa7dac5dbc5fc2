#include "product/community/overrides.h"

#include <algorithm>
#include <set>

#include "product/community/audit.h"
#include "product/community/checks.h"
#include "product/community/events.h"
#include "product/community/rows.h"

namespace parley::product::community {
namespace {

using access::Permission;
using access::PermissionMask;

const ChannelId& source_of(const Channel& channel) {
  return channel.is_synced && channel.parent_id ? *channel.parent_id : channel.id;
}

OverrideTarget target_of(const Override& change) {
  if (change.role_id) return *change.role_id;
  return change.user_id.value_or(UserId());
}

bool is_for(const Override& change, const OverrideTarget& target) { return target_of(change) == target; }

void insert_override(Tx& tx, const ChannelId& channel, const Override& added) {
  execute(tx, "insert into channel_overrides (channel_id, role_id, user_id, deny, allow) values ($1, $2, $3, $4, $5)",
          channel, added.role_id, added.user_id, added.deny, added.allow);
}

void erase_override(Tx& tx, const ChannelId& channel, const OverrideTarget& target) {
  if (const auto* role = std::get_if<RoleId>(&target)) {
    execute(tx, "delete from channel_overrides where channel_id = $1 and role_id = $2", channel, *role);
  } else {
    execute(tx, "delete from channel_overrides where channel_id = $1 and user_id = $2", channel,
            std::get<UserId>(target));
  }
}

/// Who may change overrides in a channel, and what is there.
struct Hold {
  Standing actor;
  Channel channel;
  std::vector<Override> overrides;  ///< That hold now.
};

Outcome<Hold> require_channel(Tx& tx, const Acting& acting, const ChannelId& channel, Permission permission) {
  auto standing = require_in(tx, acting, channel, permission);
  if (!standing) return std::unexpected(standing.error());
  Hold hold{std::move(*standing), find_channel(tx, channel).value_or(Channel()), {}};
  hold.overrides = overrides_of(tx, source_of(hold.channel));
  return hold;
}

/// The rank of a role or a member; kNotFound when there is no such one here.
Outcome<int64_t> rank_of(Tx& tx, const Acting& acting, const CommunityId& community, const OverrideTarget& target) {
  if (const auto* role = std::get_if<RoleId>(&target)) {
    const auto found = find_role(tx, community, *role);
    if (!found) return refuse(ProblemCode::kNotFound);
    return found->position;
  }
  const Standing standing = access_in(tx, std::get<UserId>(target), community, acting.now);
  if (!standing.is_member()) return refuse(ProblemCode::kNotFound);
  return standing.rank;
}

/// Whether the caller may make `before` into `after` for this target.
Outcome<void> check_change(Tx& tx, const Acting& acting, const Hold& hold, const Override& before,
                           const Override& after) {
  const auto rank = rank_of(tx, acting, hold.channel.community_id, target_of(after));
  if (!rank) return std::unexpected(rank.error());
  if (*rank >= hold.actor.rank) return refuse(ProblemCode::kHierarchy);
  const uint64_t touched = (before.deny.bits ^ after.deny.bits) | (before.allow.bits ^ after.allow.bits);
  return check_grant(hold.actor, PermissionMask(touched));
}

Override nothing_for(const OverrideTarget& target) {
  Override out;
  if (const auto* role = std::get_if<RoleId>(&target)) {
    out.role_id = *role;
  } else {
    out.user_id = std::get<UserId>(target);
  }
  return out;
}

Override find_or_nothing(const std::vector<Override>& overrides, const OverrideTarget& target) {
  const auto at = std::ranges::find_if(overrides, [&](const Override& o) { return is_for(o, target); });
  return at == overrides.end() ? nothing_for(target) : *at;
}

/// Tells that a channel's overrides are others now, and whose rights may be: all of `target`, or everybody's.
std::vector<Override> tell_overrides(Tx& tx, const Channel& channel, const AccessChanged& whose) {
  std::vector<Override> now = overrides_of(tx, channel.id);
  tell(tx, "channel.overrides_changed", channel.community_id,
       OverridesChanged{channel.community_id, channel.id, channel.is_synced, now});
  tell_access(tx, whose);
  return now;
}

AccessChanged whose(Tx& tx, const Channel& channel, const OverrideTarget& target) {
  AccessChanged out{.community_id = channel.community_id, .channel_id = channel.id, .user_id = {}, .role_id = {}};
  if (const auto* user = std::get_if<UserId>(&target)) {
    out.user_id = *user;
  } else if (const auto role = find_role(tx, channel.community_id, std::get<RoleId>(target));
             role && !role->is_everyone) {
    out.role_id = role->id;
  }
  return out;
}

}  // namespace

Channel unsync(Tx& tx, Channel channel) {
  if (!channel.is_synced) return channel;
  for (const Override& copy : overrides_of(tx, source_of(channel))) insert_override(tx, channel.id, copy);
  channel.is_synced = false;
  execute(tx, "update channels set is_synced = 0 where id = $1", channel.id);
  tell(tx, "channel.overrides_changed", channel.community_id,
       OverridesChanged{channel.community_id, channel.id, false, overrides_of(tx, channel.id)});
  return channel;
}

Outcome<std::vector<Override>> list_overrides(Tx& tx, const Acting& acting, const ChannelId& channel) {
  auto hold = require_channel(tx, acting, channel, Permission::kView);
  if (!hold) return std::unexpected(hold.error());
  return std::move(hold->overrides);
}

Outcome<std::vector<Override>> set_override(Tx& tx, const Acting& acting, const ChannelId& channel,
                                            const OverrideTarget& target, const OverrideChange& change) {
  auto hold = require_channel(tx, acting, channel, Permission::kManageRoles);
  if (!hold) return std::unexpected(hold.error());
  if ((change.deny.bits & change.allow.bits) != 0) return refuse_field("/allow", "denies and allows the same");
  const PermissionMask administrator = PermissionMask::of(Permission::kAdministrator);
  if (((change.deny.bits | change.allow.bits) & administrator.bits()) != 0)
    return refuse_field("/allow", "no channel makes an administrator");
  const Override before = find_or_nothing(hold->overrides, target);
  Override after = before;
  after.deny = change.deny;
  after.allow = change.allow;
  if (const auto may = check_change(tx, acting, *hold, before, after); !may) return std::unexpected(may.error());
  const bool is_new = std::ranges::none_of(hold->overrides, [&](const Override& o) { return is_for(o, target); });
  if (is_new && std::ssize(hold->overrides) >= kMaxOverridesPerChannel)
    return refuse(ProblemCode::kLimitReached, "overrides per channel");
  const Channel own = unsync(tx, hold->channel);
  erase_override(tx, channel, target);
  insert_override(tx, channel, after);
  record(tx, acting, own.community_id,
         {"channel.override_set", channel.text(), json::to_json(before), json::to_json(after)});
  return tell_overrides(tx, own, whose(tx, own, target));
}

Outcome<void> remove_override(Tx& tx, const Acting& acting, const ChannelId& channel, const OverrideTarget& target) {
  auto hold = require_channel(tx, acting, channel, Permission::kManageRoles);
  if (!hold) return std::unexpected(hold.error());
  if (std::ranges::none_of(hold->overrides, [&](const Override& o) { return is_for(o, target); }))
    return refuse(ProblemCode::kNotFound);
  const Override before = find_or_nothing(hold->overrides, target);
  if (const auto may = check_change(tx, acting, *hold, before, nothing_for(target)); !may)
    return std::unexpected(may.error());
  const Channel own = unsync(tx, hold->channel);
  erase_override(tx, channel, target);
  record(tx, acting, own.community_id,
         {"channel.override_remove", channel.text(), json::to_json(before), std::nullopt});
  tell_overrides(tx, own, whose(tx, own, target));
  return {};
}

Outcome<Channel> sync_channel(Tx& tx, const Acting& acting, const ChannelId& channel) {
  auto hold = require_channel(tx, acting, channel, Permission::kManageRoles);
  if (!hold) return std::unexpected(hold.error());
  Channel after = hold->channel;
  if (!after.parent_id) return refuse(ProblemCode::kConflict, "the channel is in no category");
  if (after.is_synced) return after;
  const std::vector<Override> wanted = overrides_of(tx, *after.parent_id);
  std::set<OverrideTarget> targets;
  for (const Override& o : hold->overrides) targets.insert(target_of(o));
  for (const Override& o : wanted) targets.insert(target_of(o));
  for (const OverrideTarget& target : targets) {
    const Override before = find_or_nothing(hold->overrides, target);
    const Override then = find_or_nothing(wanted, target);
    if (before.deny == then.deny && before.allow == then.allow) continue;
    if (const auto may = check_change(tx, acting, *hold, before, then); !may) return std::unexpected(may.error());
  }
  execute(tx, "delete from channel_overrides where channel_id = $1", channel);
  execute(tx, "update channels set is_synced = 1 where id = $1", channel);
  after.is_synced = true;
  record(tx, acting, after.community_id,
         {"channel.sync", channel.text(), json::to_json(hold->overrides), json::to_json(wanted)});
  tell_overrides(tx, after, {.community_id = after.community_id, .channel_id = channel, .user_id = {}, .role_id = {}});
  return after;
}

}  // namespace parley::product::community
