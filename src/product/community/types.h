#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "json/types.h"
#include "product/model/ids.h"

// What a community is made of, as it stands in rows, events and answers alike. The numbers of enumerators are in the
// database: they never change.

namespace parley::product::community {

/// Communities that one user is in: a list that a client can show, and a bound for "all that I may see".
inline constexpr int64_t kMaxCommunitiesPerUser = 100;
/// Categories included: all of them are loaded to answer what somebody may see.
inline constexpr int64_t kMaxChannels = 500;
/// @everyone included.
inline constexpr int64_t kMaxRoles = 250;
inline constexpr int64_t kMaxOverridesPerChannel = 200;
/// Invites of a community that are not revoked, used up or expired.
inline constexpr int64_t kMaxInvites = 1000;
/// Open reports of one member, so that a queue cannot be flooded.
inline constexpr int64_t kMaxOpenReports = 50;
inline constexpr TimeDelta kMaxTimeout = TimeDelta::seconds(int64_t{28} * 86'400);
/// Characters of an invite's code, of 62 kinds each: 71 random bits.
inline constexpr size_t kInviteCode = 12;

enum class ChannelKind : unsigned char { kText = 0, kVoice = 1, kCategory = 2 };
BOOST_DESCRIBE_ENUM(ChannelKind, kText, kVoice, kCategory)

enum class ReportTarget : unsigned char { kUser = 0, kMessage = 1, kChannel = 2 };
BOOST_DESCRIBE_ENUM(ReportTarget, kUser, kMessage, kChannel)

enum class ReportState : unsigned char { kOpen = 0, kResolved = 1, kDismissed = 2 };
BOOST_DESCRIBE_ENUM(ReportState, kOpen, kResolved, kDismissed)

struct Community {
  CommunityId id;
  std::string name;
  UserId owner_id;
  std::string icon_url;  ///< Empty: none.
  std::string default_locale;
  bool is_locked_down = false;
  WallTime created_at;
  WallTime updated_at;
  int64_t version = 0;  ///< Grows with every change of these fields and of the order of channels or roles.
};
BOOST_DESCRIBE_STRUCT(Community, (),
                      (id, name, owner_id, icon_url, default_locale, is_locked_down, created_at, updated_at, version))

struct Role {
  RoleId id;
  CommunityId community_id;
  std::string name;
  int64_t position = 0;  ///< 0 is @everyone; a higher one is mightier.
  json::Mask permissions;
  int64_t color = 0;  ///< 0xRRGGBB.
  bool is_everyone = false;
  bool is_mentionable = false;
  int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(Role, (),
                      (id, community_id, name, position, permissions, color, is_everyone, is_mentionable, version))

struct Channel {
  ChannelId id;
  CommunityId community_id;
  json::Nullable<ChannelId> parent_id;  ///< A category; never of a category.
  ChannelKind kind = ChannelKind::kText;
  std::string name;
  json::Block<0, 1024> topic;
  int64_t position = 0;  ///< In one order for the whole community.
  int64_t slow_mode_seconds = 0;
  int64_t user_limit = 0;  ///< Of a voice channel; 0: none.
  int64_t bitrate = 0;     ///< Of a voice channel, bit/s; 0: the server's default.
  bool is_synced = false;  ///< The category's overrides hold; it has none of its own.
  bool is_locked_down = false;
  WallTime created_at;
  int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(Channel, (),
                      (id, community_id, parent_id, kind, name, topic, position, slow_mode_seconds, user_limit, bitrate,
                       is_synced, is_locked_down, created_at, version))

/// What a channel changes for one role or one member: exactly one of the two is given.
struct Override {
  json::Nullable<RoleId> role_id;
  json::Nullable<UserId> user_id;
  json::Mask deny;
  json::Mask allow;
};
BOOST_DESCRIBE_STRUCT(Override, (), (role_id, user_id, deny, allow))

struct MemberRow {
  CommunityId community_id;
  UserId user_id;
  std::string nickname;  ///< Empty: none.
  WallTime joined_at;
  json::Nullable<WallTime> timed_out_until;  ///< May be past.
  bool is_temporary = false;                 ///< Leaves with the last of his connections, unless he gets a role.
  json::Nullable<UserId> invited_by;
  bool server_muted = false;
  bool server_deafened = false;
};
BOOST_DESCRIBE_STRUCT(MemberRow, (),
                      (community_id, user_id, nickname, joined_at, timed_out_until, is_temporary, invited_by,
                       server_muted, server_deafened))

struct Member : MemberRow {
  std::vector<RoleId> roles;  ///< Sorted; without @everyone.
};
BOOST_DESCRIBE_STRUCT(Member, (MemberRow), (roles))

struct Invite {
  InviteId id;
  std::string code;  ///< A secret: whoever has it may join.
  CommunityId community_id;
  json::Nullable<ChannelId> channel_id;  ///< Where the one who joins is led.
  UserId inviter_id;
  int64_t max_uses = 0;  ///< 0: no limit.
  int64_t uses = 0;
  json::Nullable<WallTime> expires_at;
  bool is_temporary = false;
  WallTime created_at;
};
BOOST_DESCRIBE_STRUCT(Invite, (),
                      (id, code, community_id, channel_id, inviter_id, max_uses, uses, expires_at, is_temporary,
                       created_at))

struct Ban {
  CommunityId community_id;
  UserId user_id;
  std::string reason;
  UserId banned_by;
  WallTime created_at;
  json::Nullable<WallTime> expires_at;
};
BOOST_DESCRIBE_STRUCT(Ban, (), (community_id, user_id, reason, banned_by, created_at, expires_at))

struct AuditEntry {
  AuditId id;
  UserId actor_id;
  std::string action;                ///< "role.update": the event's kind of thing and what was done to it.
  std::string target_id;             ///< Of a user, role, channel, invite, report or the community.
  json::Nullable<json::Raw> before;  ///< The thing as it was; null when it is new.
  json::Nullable<json::Raw> after;   ///< Null when it is gone.
  std::string reason;
  WallTime created_at;
};
BOOST_DESCRIBE_STRUCT(AuditEntry, (), (id, actor_id, action, target_id, before, after, reason, created_at))

struct Report {
  ReportId id;
  CommunityId community_id;
  UserId reporter_id;
  ReportTarget target_kind = ReportTarget::kUser;
  std::string target_id;
  json::Block<1, 1000> reason;
  ReportState state = ReportState::kOpen;
  std::string resolution;
  json::Nullable<UserId> resolved_by;
  WallTime created_at;
  json::Nullable<WallTime> resolved_at;
};
BOOST_DESCRIBE_STRUCT(Report, (),
                      (id, community_id, reporter_id, target_kind, target_id, reason, state, resolution, resolved_by,
                       created_at, resolved_at))

}  // namespace parley::product::community
