#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>

#include "json/types.h"
#include "product/community/types.h"

// What callers ask for, with the limits of every field. Whoever parses one has checked them.

namespace parley::product::community {

using Name = json::Text<1, 100>;
using Topic = json::Block<0, 1024>;
using Nickname = json::Text<0, 32>;
/// Why something was done, for the audit log.
using Reason = json::Text<0, 512>;
using IconUrl = json::Text<0, 2048>;
using Locale = json::Text<0, 35>;
using Color = json::Number<0, 0xff'ffff>;
/// Six hours: the usual bound of a slow mode.
using SlowMode = json::Number<0, 21'600>;
/// As many as a voice channel is meant for; more is a stage.
using UserLimit = json::Number<0, 1'000>;
/// Opus reaches its best well below the upper bound, bit/s.
using Bitrate = json::Number<0, 512'000>;
/// The version that the caller has seen: another one now is kConflict. Absent: whatever it is.
using SeenVersion = std::optional<json::Number<1, 9'007'199'254'740'991>>;

struct NewCommunity {
  Name name;
  std::optional<IconUrl> icon_url;
  std::optional<Locale> default_locale;
};
BOOST_DESCRIBE_STRUCT(NewCommunity, (), (name, icon_url, default_locale))

struct CommunityChange {
  std::optional<Name> name;
  std::optional<IconUrl> icon_url;
  std::optional<Locale> default_locale;
  SeenVersion version;
  std::optional<Reason> reason;
};
BOOST_DESCRIBE_STRUCT(CommunityChange, (), (name, icon_url, default_locale, version, reason))

struct NewRole {
  Name name;
  std::optional<json::Mask> permissions;  ///< Absent: none beyond those of @everyone.
  std::optional<Color> color;
  std::optional<bool> is_mentionable;
  std::optional<Reason> reason;
};
BOOST_DESCRIBE_STRUCT(NewRole, (), (name, permissions, color, is_mentionable, reason))

struct RoleChange {
  std::optional<Name> name;
  std::optional<json::Mask> permissions;
  std::optional<Color> color;
  std::optional<bool> is_mentionable;
  SeenVersion version;
  std::optional<Reason> reason;
};
BOOST_DESCRIBE_STRUCT(RoleChange, (), (name, permissions, color, is_mentionable, version, reason))

/// The named roles share out the places they hold now among themselves, the lowest first; all others stay.
struct RoleOrder {
  json::List<RoleId, kMaxRoles, 1> roles;
  SeenVersion version;  ///< Of the community.
  std::optional<Reason> reason;
};
BOOST_DESCRIBE_STRUCT(RoleOrder, (), (roles, version, reason))

struct NewChannel {
  Name name;
  ChannelKind kind = ChannelKind::kText;
  std::optional<ChannelId> parent_id;  ///< A new channel in a category is synced with it.
  std::optional<Topic> topic;
  std::optional<SlowMode> slow_mode_seconds;
  std::optional<UserLimit> user_limit;
  std::optional<Bitrate> bitrate;
  std::optional<Reason> reason;
};
BOOST_DESCRIBE_STRUCT(NewChannel, (), (name, kind, parent_id, topic, slow_mode_seconds, user_limit, bitrate, reason))

struct ChannelChange {
  std::optional<Name> name;
  std::optional<Topic> topic;
  std::optional<SlowMode> slow_mode_seconds;
  std::optional<UserLimit> user_limit;
  std::optional<Bitrate> bitrate;
  SeenVersion version;
  std::optional<Reason> reason;
};
BOOST_DESCRIBE_STRUCT(ChannelChange, (), (name, topic, slow_mode_seconds, user_limit, bitrate, version, reason))

struct ChannelPlace {
  ChannelId id;
  json::Patch<ChannelId> parent_id;  ///< Absent: stays where it is; null: in no category.
};
BOOST_DESCRIBE_STRUCT(ChannelPlace, (), (id, parent_id))

/// The named channels share out the places they hold now among themselves in this order; all others stay.
struct ChannelOrder {
  json::List<ChannelPlace, kMaxChannels, 1> channels;
  SeenVersion version;  ///< Of the community.
  std::optional<Reason> reason;
};
BOOST_DESCRIBE_STRUCT(ChannelOrder, (), (channels, version, reason))

struct OverrideChange {
  json::Mask deny;
  json::Mask allow;
  std::optional<Reason> reason;
};
BOOST_DESCRIBE_STRUCT(OverrideChange, (), (deny, allow, reason))

struct Lockdown {
  bool is_locked_down = false;
  std::optional<Reason> reason;
};
BOOST_DESCRIBE_STRUCT(Lockdown, (), (is_locked_down, reason))

struct NewInvite {
  std::optional<ChannelId> channel_id;
  std::optional<json::Number<0, 10'000>> max_uses;                 ///< Absent or 0: no limit.
  std::optional<json::Number<60, 31'536'000>> expires_in_seconds;  ///< Absent: never.
  std::optional<bool> is_temporary;
  std::optional<Reason> reason;
};
BOOST_DESCRIBE_STRUCT(NewInvite, (), (channel_id, max_uses, expires_in_seconds, is_temporary, reason))

struct NewBan {
  std::optional<json::Number<60, 315'360'000>> expires_in_seconds;  ///< Absent: never.
  std::optional<json::Number<0, 604'800>> delete_messages_seconds;  ///< His messages of the last so many are deleted.
  std::optional<Reason> reason;
};
BOOST_DESCRIBE_STRUCT(NewBan, (), (expires_in_seconds, delete_messages_seconds, reason))

struct NewTimeout {
  json::Number<1, 28 * 86'400> seconds;  ///< kMaxTimeout.
  std::optional<Reason> reason;
};
BOOST_DESCRIBE_STRUCT(NewTimeout, (), (seconds, reason))

struct VoiceRestriction {
  std::optional<bool> server_muted;
  std::optional<bool> server_deafened;
  std::optional<Reason> reason;
};
BOOST_DESCRIBE_STRUCT(VoiceRestriction, (), (server_muted, server_deafened, reason))

struct NewReport {
  ReportTarget target_kind = ReportTarget::kUser;
  json::Text<1, 128> target_id;
  json::Block<1, 1000> reason;
};
BOOST_DESCRIBE_STRUCT(NewReport, (), (target_kind, target_id, reason))

struct ReportDecision {
  ReportState state = ReportState::kResolved;  ///< Not kOpen.
  std::optional<Reason> resolution;
};
BOOST_DESCRIBE_STRUCT(ReportDecision, (), (state, resolution))

}  // namespace parley::product::community
