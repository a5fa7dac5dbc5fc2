#include "product/community/invites.h"

#include "product/community/audit.h"
#include "product/community/checks.h"
#include "product/community/events.h"
#include "product/community/moderation.h"
#include "product/community/rows.h"

namespace parley::product::community {
namespace {

using access::Permission;

constexpr std::string_view kColumns =
    "select i.id, i.code, i.community_id, i.channel_id, i.inviter_id, i.max_uses, i.uses, i.expires_at, "
    "i.is_temporary, i.created_at from invites i join communities k on k.id = i.community_id "
    "where k.deleted_at is null and i.revoked_at is null and (i.max_uses = 0 or i.uses < i.max_uses) "
    "and (i.expires_at is null or i.expires_at > $1) ";

/// One that still works: unknown, expired, used up and revoked ones are all alike.
std::optional<Invite> find_invite(Tx& tx, std::string_view code, WallTime now) {
  return one<Invite>(tx, std::string(kColumns) + "and i.code = $2", now, code);
}

InviteTold told(const Invite& invite) { return {invite.id, invite.community_id, invite.channel_id, invite.inviter_id}; }

/// The caller's right to invite, where he wants to lead others.
Outcome<void> check_inviter(Tx& tx, const Acting& acting, const CommunityId& community, const NewInvite& wanted) {
  const auto member = require_member(tx, acting, community);
  if (!member) return std::unexpected(member.error());
  if (!wanted.channel_id) {
    if (!member->has(Permission::kInvite)) return std::unexpected(refusal(*member, Permission::kInvite));
    return {};
  }
  const auto there = require_in(tx, acting, *wanted.channel_id, Permission::kInvite);
  if (!there) return std::unexpected(there.error());
  if (there->community != community) return refuse(ProblemCode::kNotFound);
  if (find_channel(tx, *wanted.channel_id).value_or(Channel()).kind == ChannelKind::kCategory)
    return refuse_field("/channelId", "is a category");
  return {};
}

Member make_member(const Acting& acting, const Invite& invite) {
  Member member;
  member.community_id = invite.community_id;
  member.user_id = acting.user;
  member.joined_at = acting.now;
  member.is_temporary = invite.is_temporary;
  member.invited_by = invite.inviter_id;
  return member;
}

/// kBanned while a ban holds; one that has expired is lifted.
Outcome<void> check_ban(Tx& tx, const Acting& acting, const CommunityId& community) {
  const auto ban = find_ban(tx, community, acting.user);
  if (!ban) return {};
  if (!ban->expires_at || *ban->expires_at > acting.now) return refuse(ProblemCode::kBanned);
  lift_ban(tx, community, acting.user);
  return {};
}

struct PreviewRow {
  std::string name;
  std::string icon_url;
  int64_t members = 0;
  std::optional<std::string> channel;
  std::string display_name;
  std::optional<std::string> username;
};
BOOST_DESCRIBE_STRUCT(PreviewRow, (), (name, icon_url, members, channel, display_name, username))

}  // namespace

Outcome<Invite> create_invite(Tx& tx, const Acting& acting, const CommunityId& community, const NewInvite& wanted) {
  if (const auto may = check_inviter(tx, acting, community, wanted); !may) return std::unexpected(may.error());
  const int64_t live = one<int64_t>(tx,
                                    "select count(*) from invites where community_id = $1 and revoked_at is null "
                                    "and (max_uses = 0 or uses < max_uses) and (expires_at is null or expires_at > $2)",
                                    community, acting.now)
                           .value_or(0);
  if (live >= kMaxInvites) return refuse(ProblemCode::kLimitReached, "invites per community");
  Invite made{.id = make_id<InviteId>(acting.now, acting.rng),
              .code = acting.rng.base62(kInviteCode),
              .community_id = community,
              .channel_id = wanted.channel_id,
              .inviter_id = acting.user,
              .max_uses = number_or(wanted.max_uses, 0),
              .is_temporary = wanted.is_temporary.value_or(false),
              .created_at = acting.now};
  if (wanted.expires_in_seconds)
    made.expires_at = WallTime{acting.now.unix_us + wanted.expires_in_seconds->value() * 1'000'000};
  execute(tx,
          "insert into invites (id, code, community_id, channel_id, inviter_id, max_uses, expires_at, is_temporary, "
          "created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
          made.id, made.code, community, made.channel_id, made.inviter_id, made.max_uses, made.expires_at,
          made.is_temporary, made.created_at);
  // Neither the log nor the events have the code: it opens the door.
  record(tx, acting, community, {"invite.create", made.id.text(), std::nullopt, json::to_json(told(made))});
  tell(tx, "invite.created", community, told(made));
  return made;
}

Outcome<Listing<Invite>> list_invites(Tx& tx, const Acting& acting, const CommunityId& community,
                                      const PagePlace& place) {
  const auto standing = require(tx, acting, community, Permission::kManageInvites);
  if (!standing) return std::unexpected(standing.error());
  auto rows = all<Invite>(tx, std::string(kColumns) + "and i.community_id = $2 and i.id > $3 order by i.id limit $4",
                          acting.now, community, place.after, place.limit + 1);
  return cut(std::move(rows), place, [](const Invite& i) { return i.id.text(); });
}

Outcome<void> revoke_invite(Tx& tx, const Acting& acting, const CommunityId& community, const InviteId& invite) {
  const auto standing = require_member(tx, acting, community);
  if (!standing) return std::unexpected(standing.error());
  const auto found =
      one<Invite>(tx, std::string(kColumns) + "and i.id = $2 and i.community_id = $3", acting.now, invite, community);
  const bool is_own = found && found->inviter_id == acting.user;
  if (!is_own && !standing->has(Permission::kManageInvites))
    return std::unexpected(refusal(*standing, Permission::kManageInvites));
  if (!found) return refuse(ProblemCode::kNotFound);
  execute(tx, "update invites set revoked_at = $2 where id = $1", invite, acting.now);
  record(tx, acting, community, {"invite.revoke", invite.text(), json::to_json(told(*found)), std::nullopt});
  tell(tx, "invite.revoked", community, told(*found));
  return {};
}

Outcome<InvitePreview> preview_invite(Tx& tx, std::string_view code, WallTime now) {
  const auto invite = find_invite(tx, code, now);
  if (!invite) return refuse(ProblemCode::kInviteInvalid);
  const auto row = one<PreviewRow>(
      tx,
      "select k.name, k.icon_url, (select count(*) from members m where m.community_id = k.id), c.name, "
      "u.display_name, u.username from invites i join communities k on k.id = i.community_id "
      "join users u on u.id = i.inviter_id left join channels c on c.id = i.channel_id where i.id = $1",
      invite->id);
  if (!row) return refuse(ProblemCode::kInviteInvalid);
  return InvitePreview{.code = invite->code,
                       .community_id = invite->community_id,
                       .community_name = row->name,
                       .icon_url = row->icon_url,
                       .members = row->members,
                       .channel_name = row->channel,
                       .inviter_name = row->display_name.empty() ? row->username.value_or("") : row->display_name,
                       .expires_at = invite->expires_at,
                       .is_temporary = invite->is_temporary};
}

Outcome<Joined> accept_invite(Tx& tx, const Acting& acting, std::string_view code) {
  const auto invite = find_invite(tx, code, acting.now);
  if (!invite) return refuse(ProblemCode::kInviteInvalid);
  const CommunityId& id = invite->community_id;
  const Community community = find_community(tx, id).value_or(Community());
  if (auto member = find_member(tx, id, acting.user)) return Joined{community, std::move(*member), invite->channel_id};
  if (const auto free = check_ban(tx, acting, id); !free) return std::unexpected(free.error());
  if (community.is_locked_down) return refuse(ProblemCode::kForbidden, "the community is locked down");
  if (count_communities(tx, acting.user) >= kMaxCommunitiesPerUser)
    return refuse(ProblemCode::kLimitReached, "communities per user");
  const int64_t used = execute(
      tx,
      "update invites set uses = uses + 1 where id = $1 and revoked_at is null and (max_uses = 0 or uses < max_uses)",
      invite->id);
  if (used == 0) return refuse(ProblemCode::kInviteInvalid);
  const Member member = make_member(acting, *invite);
  execute(tx,
          "insert into members (community_id, user_id, joined_at, is_temporary, invited_by) "
          "values ($1, $2, $3, $4, $5)",
          id, acting.user, member.joined_at, member.is_temporary, member.invited_by);
  record(tx, acting, id, {"member.join", acting.user.text(), std::nullopt, json::to_json(member)});
  tell(tx, "member.joined", id, member);
  tell_access(tx, {.community_id = id, .user_id = acting.user});
  return Joined{community, member, invite->channel_id};
}

}  // namespace parley::product::community
