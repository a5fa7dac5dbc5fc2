#include "product/community/channels.h"

#include <algorithm>

#include "product/community/audit.h"
#include "product/community/checks.h"
#include "product/community/events.h"
#include "product/community/overrides.h"
#include "product/community/rows.h"

namespace parley::product::community {
namespace {

using access::Permission;

AccessChanged in_channel(const Channel& channel) {
  return {.community_id = channel.community_id, .channel_id = channel.id, .user_id = {}, .role_id = {}};
}

/// What a kind of channel cannot have.
Outcome<void> check_kind(ChannelKind kind, const auto& fields) {
  if (kind != ChannelKind::kVoice && fields.user_limit) return refuse_field("/userLimit", "only of voice channels");
  if (kind != ChannelKind::kVoice && fields.bitrate) return refuse_field("/bitrate", "only of voice channels");
  if (kind == ChannelKind::kCategory && fields.slow_mode_seconds)
    return refuse_field("/slowModeSeconds", "not of categories");
  return {};
}

/// A category of this community that the caller manages, to put a channel into.
Outcome<void> require_category(Tx& tx, const Acting& acting, const CommunityId& community, const ChannelId& category) {
  const auto may = require_in(tx, acting, category, Permission::kManageChannels);
  if (!may) return std::unexpected(may.error());
  const auto found = find_channel(tx, category);
  if (!found || found->community_id != community) return refuse(ProblemCode::kNotFound);
  if (found->kind != ChannelKind::kCategory) return refuse_field("/parentId", "is no category");
  return {};
}

struct Hold {
  Standing actor;
  Channel channel;
};
Outcome<Hold> require_channel(Tx& tx, const Acting& acting, const ChannelId& channel, Permission permission) {
  auto standing = require_in(tx, acting, channel, permission);
  if (!standing) return std::unexpected(standing.error());
  return Hold{std::move(*standing), find_channel(tx, channel).value_or(Channel())};
}

/// Writes what update_channel() and its like have changed, one version on.
Channel store_change(Tx& tx, const Acting& acting, const Channel& before, Channel after, std::string_view action) {
  after.version = before.version + 1;
  execute(tx,
          "update channels set name = $2, topic = $3, slow_mode_seconds = $4, user_limit = $5, bitrate = $6, "
          "is_locked_down = $7, parent_id = $8, version = $9 where id = $1",
          after.id, after.name, after.topic, after.slow_mode_seconds, after.user_limit, after.bitrate,
          after.is_locked_down, after.parent_id, after.version);
  record(tx, acting, after.community_id, {action, after.id.text(), json::to_json(before), json::to_json(after)});
  tell(tx, "channel.updated", after.community_id, after);
  return after;
}

void insert_channel(Tx& tx, const Channel& made) {
  execute(tx,
          "insert into channels (id, community_id, parent_id, kind, name, topic, position, slow_mode_seconds, "
          "user_limit, bitrate, is_synced, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
          made.id, made.community_id, made.parent_id, made.kind, made.name, made.topic, made.position,
          made.slow_mode_seconds, made.user_limit, made.bitrate, made.is_synced, made.created_at);
}

ChannelView view_of(Channel channel, access::PermissionMask mask) {
  ChannelView view;
  static_cast<Channel&>(view) = std::move(channel);
  view.permissions.bits = mask.bits();
  return view;
}

/// Out of its category, which goes away.
void orphan(Tx& tx, const Acting& acting, const Channel& child) {
  Channel after = unsync(tx, child);
  after.parent_id = std::nullopt;
  after = store_change(tx, acting, child, std::move(after), "channel.move");
  tell_access(tx, in_channel(after));
}

}  // namespace

Outcome<std::vector<ChannelView>> list_channels(Tx& tx, const Acting& acting, const CommunityId& community) {
  const auto standing = require_member(tx, acting, community);
  if (!standing) return std::unexpected(standing.error());
  std::vector<ChannelStanding> visible = visible_channels(tx, acting.user, community, acting.now);
  const auto is_visible = [&](const ChannelId& id) {
    return std::ranges::any_of(visible, [&](const ChannelStanding& c) { return c.channel.id == id; });
  };
  std::vector<ChannelView> out;
  for (const ChannelStanding& here : visible) {
    ChannelView view = view_of(here.channel, here.mask);
    if (view.parent_id && !is_visible(*view.parent_id)) view.parent_id = std::nullopt;
    out.push_back(std::move(view));
  }
  return out;
}

Outcome<ChannelView> get_channel(Tx& tx, const Acting& acting, const ChannelId& channel) {
  auto hold = require_channel(tx, acting, channel, Permission::kView);
  if (!hold) return std::unexpected(hold.error());
  ChannelView view = view_of(std::move(hold->channel), hold->actor.mask);
  if (view.parent_id && !access_of(tx, acting.user, *view.parent_id, acting.now).has(Permission::kView))
    view.parent_id = std::nullopt;
  return view;
}

Outcome<Channel> create_channel(Tx& tx, const Acting& acting, const CommunityId& community, const NewChannel& wanted) {
  const auto standing = require(tx, acting, community, Permission::kManageChannels);
  if (!standing) return std::unexpected(standing.error());
  if (const auto good = check_name(wanted.name); !good) return std::unexpected(good.error());
  if (const auto good = check_kind(wanted.kind, wanted); !good) return std::unexpected(good.error());
  if (wanted.parent_id && wanted.kind == ChannelKind::kCategory)
    return refuse_field("/parentId", "a category is in no other");
  if (wanted.parent_id) {
    const auto may = require_category(tx, acting, community, *wanted.parent_id);
    if (!may) return std::unexpected(may.error());
  }
  const std::vector<Channel> others = channels_of(tx, community);
  if (std::ssize(others) >= kMaxChannels) return refuse(ProblemCode::kLimitReached, "channels per community");
  Channel made{.id = make_id<ChannelId>(acting.now, acting.rng),
               .community_id = community,
               .parent_id = wanted.parent_id,
               .kind = wanted.kind,
               .name = wanted.name.text(),
               .topic = wanted.topic.value_or(Topic()),
               .position = others.empty() ? 0 : others.back().position + 1,
               .slow_mode_seconds = number_or(wanted.slow_mode_seconds, 0),
               .user_limit = number_or(wanted.user_limit, 0),
               .bitrate = number_or(wanted.bitrate, 0),
               .is_synced = wanted.parent_id.has_value(),
               .created_at = acting.now,
               .version = 1};
  insert_channel(tx, made);
  record(tx, acting, community, {"channel.create", made.id.text(), std::nullopt, json::to_json(made)});
  tell(tx, "channel.created", community, made);
  return made;
}

Outcome<Channel> update_channel(Tx& tx, const Acting& acting, const ChannelId& channel, const ChannelChange& change) {
  const auto hold = require_channel(tx, acting, channel, Permission::kManageChannels);
  if (!hold) return std::unexpected(hold.error());
  const Channel& before = hold->channel;
  if (const auto seen = check_version(change.version, before.version); !seen) return std::unexpected(seen.error());
  if (const auto good = check_kind(before.kind, change); !good) return std::unexpected(good.error());
  if (change.name) {
    if (const auto good = check_name(*change.name); !good) return std::unexpected(good.error());
  }
  Channel after = before;
  after.name = text_or(change.name, before.name);
  after.topic = change.topic.value_or(before.topic);
  after.slow_mode_seconds = number_or(change.slow_mode_seconds, before.slow_mode_seconds);
  after.user_limit = number_or(change.user_limit, before.user_limit);
  after.bitrate = number_or(change.bitrate, before.bitrate);
  return store_change(tx, acting, before, std::move(after), "channel.update");
}

Outcome<void> delete_channel(Tx& tx, const Acting& acting, const ChannelId& channel) {
  const auto hold = require_channel(tx, acting, channel, Permission::kManageChannels);
  if (!hold) return std::unexpected(hold.error());
  const CommunityId& community = hold->channel.community_id;
  for (const Channel& child : channels_of(tx, community)) {
    if (child.parent_id && *child.parent_id == channel) orphan(tx, acting, child);
  }
  execute(tx, "update channels set deleted_at = $2, parent_id = null, is_synced = 0 where id = $1", channel,
          acting.now);
  execute(tx, "delete from channel_overrides where channel_id = $1", channel);
  execute(tx, "update invites set channel_id = null where channel_id = $1", channel);
  record(tx, acting, community, {"channel.delete", channel.text(), json::to_json(hold->channel), std::nullopt});
  tell(tx, "channel.deleted", community, ChannelGone{community, channel});
  tell_access(tx, in_channel(hold->channel));
  return {};
}

Outcome<Channel> lock_channel(Tx& tx, const Acting& acting, const ChannelId& channel, bool is_locked_down) {
  const auto hold = require_channel(tx, acting, channel, Permission::kManageChannels);
  if (!hold) return std::unexpected(hold.error());
  if (hold->channel.is_locked_down == is_locked_down) return hold->channel;
  Channel after = hold->channel;
  after.is_locked_down = is_locked_down;
  after = store_change(tx, acting, hold->channel, std::move(after), "channel.lockdown");
  tell_access(tx, in_channel(after));
  return after;
}

Outcome<Explanation> explain_access(Tx& tx, const Acting& acting, const ChannelId& channel, const UserId& user,
                                    Permission permission) {
  const bool is_other = user != acting.user;
  const auto may = require_in(tx, acting, channel, is_other ? Permission::kManageRoles : Permission::kView);
  if (!may) return std::unexpected(may.error());
  const Standing about = is_other ? access_of(tx, user, channel, acting.now) : *may;
  access::AccessExplanation why = explain(about.facts, permission);
  return Explanation{why.is_allowed, about.is_member(), json::Mask{about.mask.bits()}, std::move(why.steps)};
}

}  // namespace parley::product::community
