#include "product/community/moderation.h"

#include "product/community/audit.h"
#include "product/community/checks.h"
#include "product/community/members.h"
#include "product/community/rows.h"

namespace parley::product::community {
namespace {

using access::Permission;

bool is_known_user(Tx& tx, const UserId& user) {
  return one<int64_t>(tx, "select 1 from users where id = $1 and deleted_at is null", user).has_value();
}

/// Writes a member's change that also changes his rights.
Member store_restriction(Tx& tx, const Acting& acting, const Member& before, const Member& after,
                         std::string_view action) {
  store_member(tx, acting, before, after, action);
  tell_access(tx, {.community_id = after.community_id, .user_id = after.user_id});
  return after;
}

/// A lower member, as he is now.
Outcome<Member> require_lower(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user,
                              Permission permission) {
  const auto pair = require_over(tx, acting, community, user, permission);
  if (!pair) return std::unexpected(pair.error());
  return find_member(tx, community, user).value_or(Member());
}

void store_ban(Tx& tx, const Ban& ban) {
  execute(tx,
          "insert into bans (community_id, user_id, reason, banned_by, created_at, expires_at) "
          "values ($1, $2, $3, $4, $5, $6) on conflict (community_id, user_id) do update set "
          "reason = excluded.reason, banned_by = excluded.banned_by, created_at = excluded.created_at, "
          "expires_at = excluded.expires_at",
          ban.community_id, ban.user_id, ban.reason, ban.banned_by, ban.created_at, ban.expires_at);
}

}  // namespace

Outcome<void> kick_member(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user) {
  const auto member = require_lower(tx, acting, community, user, Permission::kKick);
  if (!member) return std::unexpected(member.error());
  remove_member(tx, community, user, LeaveCause::kKicked);
  record(tx, acting, community, {"member.kick", user.text(), json::to_json(*member), std::nullopt});
  return {};
}

Outcome<Ban> ban_user(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user,
                      const NewBan& wanted) {
  const auto actor = require(tx, acting, community, Permission::kBan);
  if (!actor) return std::unexpected(actor.error());
  if (!is_known_user(tx, user)) return refuse(ProblemCode::kNotFound);
  const Standing target = access_in(tx, user, community, acting.now);
  if (target.rank >= actor->rank) return refuse(ProblemCode::kHierarchy);
  const auto before = find_ban(tx, community, user);
  BanAdded told;
  told.community_id = community;
  told.user_id = user;
  told.reason = acting.reason;
  told.banned_by = acting.user;
  told.created_at = acting.now;
  if (wanted.expires_in_seconds)
    told.expires_at = WallTime{acting.now.unix_us + wanted.expires_in_seconds->value() * 1'000'000};
  told.delete_messages_seconds = number_or(wanted.delete_messages_seconds, 0);
  store_ban(tx, told);
  if (target.is_member()) remove_member(tx, community, user, LeaveCause::kBanned);
  const Ban& ban = told;
  record(tx, acting, community,
         {"ban.add", user.text(), before ? std::optional(json::to_json(*before)) : std::nullopt, json::to_json(ban)});
  tell(tx, "ban.added", community, told);
  return ban;
}

void lift_ban(Tx& tx, const CommunityId& community, const UserId& user) {
  execute(tx, "delete from bans where community_id = $1 and user_id = $2", community, user);
  tell(tx, "ban.removed", community, BanGone{community, user});
}

int64_t lift_expired_bans(Tx& tx, WallTime now) {
  const auto over =
      all<BanGone>(tx, "select community_id, user_id from bans where expires_at <= $1 order by expires_at limit $2",
                   now, kLiftsAtOnce);
  for (const BanGone& ban : over) lift_ban(tx, ban.community_id, ban.user_id);
  return static_cast<int64_t>(over.size());
}

Outcome<void> unban_user(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user) {
  const auto actor = require(tx, acting, community, Permission::kBan);
  if (!actor) return std::unexpected(actor.error());
  const auto before = find_ban(tx, community, user);
  if (!before) return refuse(ProblemCode::kNotFound);
  lift_ban(tx, community, user);
  record(tx, acting, community, {"ban.remove", user.text(), json::to_json(*before), std::nullopt});
  return {};
}

Outcome<Listing<Ban>> list_bans(Tx& tx, const Acting& acting, const CommunityId& community, const PagePlace& place) {
  const auto actor = require(tx, acting, community, Permission::kBan);
  if (!actor) return std::unexpected(actor.error());
  auto rows = all<Ban>(tx,
                       "select community_id, user_id, reason, banned_by, created_at, expires_at from bans "
                       "where community_id = $1 and user_id > $2 and (expires_at is null or expires_at > $3) "
                       "order by user_id limit $4",
                       community, place.after, acting.now, place.limit + 1);
  return cut(std::move(rows), place, [](const Ban& b) { return b.user_id.text(); });
}

Outcome<Member> time_out(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user,
                         TimeDelta duration) {
  if (duration <= TimeDelta::zero() || duration > kMaxTimeout) return refuse_field("/seconds", "at most 28 days");
  const auto before = require_lower(tx, acting, community, user, Permission::kTimeout);
  if (!before) return before;
  Member after = *before;
  after.timed_out_until = WallTime{acting.now.unix_us + duration.us()};
  return store_restriction(tx, acting, *before, after, "member.timeout");
}

Outcome<Member> end_timeout(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user) {
  const auto before = require_lower(tx, acting, community, user, Permission::kTimeout);
  if (!before || !before->timed_out_until) return before;
  Member after = *before;
  after.timed_out_until = std::nullopt;
  return store_restriction(tx, acting, *before, after, "member.timeout_end");
}

Outcome<Member> restrict_voice(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user,
                               const VoiceRestriction& change) {
  for (const auto& [field, permission] :
       {std::pair(&change.server_muted, Permission::kMute), std::pair(&change.server_deafened, Permission::kDeafen)}) {
    if (!field->has_value()) continue;
    const auto may = require_over(tx, acting, community, user, permission);
    if (!may) return std::unexpected(may.error());
  }
  if (!change.server_muted && !change.server_deafened)
    return refuse_field("/serverMuted", "one of the two must be given");
  const Member before = find_member(tx, community, user).value_or(Member());
  Member after = before;
  after.server_muted = change.server_muted.value_or(before.server_muted);
  after.server_deafened = change.server_deafened.value_or(before.server_deafened);
  return store_restriction(tx, acting, before, after, "member.voice");
}

Outcome<void> request_move(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user,
                           const ChannelId& to) {
  const auto pair = require_over(tx, acting, community, user, Permission::kMove);
  if (!pair) return std::unexpected(pair.error());
  const auto there = require_in(tx, acting, to, Permission::kMove);
  if (!there) return std::unexpected(there.error());
  const auto channel = find_channel(tx, to);
  if (!channel || channel->community_id != community) return refuse(ProblemCode::kNotFound);
  if (channel->kind != ChannelKind::kVoice) return refuse_field("/channelId", "is no voice channel");
  const Standing target = access_of(tx, user, to, acting.now);
  if (!target.has(Permission::kConnect)) return refuse(ProblemCode::kForbidden, "the member may not connect there");
  tell(tx, "voice.move_requested", community, MoveRequested{community, user, to, acting.user});
  record(tx, acting, community,
         {"member.move", user.text(), std::nullopt, json::to_json(MoveRequested{community, user, to, acting.user})});
  return {};
}

Outcome<void> request_disconnect(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user) {
  const auto pair = require_over(tx, acting, community, user, Permission::kMove);
  if (!pair) return std::unexpected(pair.error());
  tell(tx, "voice.disconnect_requested", community, DisconnectRequested{community, user, acting.user});
  record(tx, acting, community, {"member.disconnect", user.text(), std::nullopt, std::nullopt});
  return {};
}

}  // namespace parley::product::community
