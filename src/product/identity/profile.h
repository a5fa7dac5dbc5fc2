#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "json/types.h"
#include "product/identity/users.h"

namespace parley::product::identity {

/// At most so many people blocked by one user.
inline constexpr int64_t kMaxBlocks = 1000;

enum class Locale : unsigned char { kTr, kAz, kEn };
BOOST_DESCRIBE_ENUM(Locale, kTr, kAz, kEn)

/// What is absent stays; null clears.
struct ProfileChange {
  json::Patch<json::Text<1, 64>> display_name;
  json::Patch<json::Text<1, 2048>> avatar_url;
  json::Patch<json::Text<1, 140>> status_text;
  json::Patch<Locale> locale;
  json::Patch<json::Text<1, 64>> time_zone;
};
BOOST_DESCRIBE_STRUCT(ProfileChange, (), (display_name, avatar_url, status_text, locale, time_zone))

/// From whom something is taken.
enum class Audience : unsigned char {
  kEveryone,
  kSharedCommunities,  ///< Members of a community in common.
  kNobody,
};
BOOST_DESCRIBE_ENUM(Audience, kEveryone, kSharedCommunities, kNobody)

/// The privacy switches, with the values they have before anybody touches them.
struct Privacy {
  Audience messages_from = Audience::kEveryone;
  Audience calls_from = Audience::kSharedCommunities;
  bool shows_presence = true;
  bool sends_read_receipts = true;
  bool sends_typing = true;
};
BOOST_DESCRIBE_STRUCT(Privacy, (), (messages_from, calls_from, shows_presence, sends_read_receipts, sends_typing))
struct PrivacyChange {
  std::optional<Audience> messages_from;
  std::optional<Audience> calls_from;
  std::optional<bool> shows_presence;
  std::optional<bool> sends_read_receipts;
  std::optional<bool> sends_typing;
};
BOOST_DESCRIBE_STRUCT(PrivacyChange, (), (messages_from, calls_from, shows_presence, sends_read_receipts, sends_typing))

/// Of the stored JSON; what it lacks or has wrong is as before anybody touched it.
Privacy parse_privacy(std::string_view stored);

/// Emits user.updated when something that others see has changed. kInvalidRequest with the field.
Outcome<UserRow> change_profile(Tx& tx, const UserId& user, const ProfileChange& change, WallTime now);
/// Of a user who is not there: as before anybody touched them.
Privacy privacy_of(Tx& tx, const UserId& user);
Outcome<Privacy> change_privacy(Tx& tx, const UserId& user, const PrivacyChange& change, WallTime now);
/// Another user name. kInvalidRequest, kUsernameTaken. The caller has confirmed the password.
Outcome<UserRow> change_username(Tx& tx, const UserId& user, std::string_view name, WallTime now);

struct BlockedUser {
  UserId user_id;
  std::string display_name;
  WallTime blocked_at;
};
BOOST_DESCRIBE_STRUCT(BlockedUser, (), (user_id, display_name, blocked_at))

/// Again is no mistake. kNotFound, kInvalidRequest (oneself), kLimitReached.
Outcome<void> block(Tx& tx, const UserId& user, const UserId& other, WallTime now);
/// Also of somebody who was not blocked.
Outcome<void> unblock(Tx& tx, const UserId& user, const UserId& other);
/// The last one first; the list is bounded by kMaxBlocks.
std::vector<BlockedUser> list_blocked(Tx& tx, const UserId& user);
/// Whether one of the two has blocked the other: what concerns both asks this.
bool is_blocked_between(Tx& tx, const UserId& a, const UserId& b);
/// Everyone whom he has blocked or who has blocked him: they are told nothing of each other's doings.
std::vector<UserId> apart_from(Tx& tx, const UserId& user);

}  // namespace parley::product::identity
