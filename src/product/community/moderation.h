#pragma once

#include "product/community/access.h"
#include "product/community/events.h"
#include "product/community/inputs.h"
#include "product/community/listing.h"

// What moderators do to members who rank below them. Reasons are the acting's.

namespace parley::product::community {

/// Needs kKick.
Outcome<void> kick_member(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user);
/// Needs kBan. Also of one who is no member, and anew of one who is banned. kNotFound when there is no such user.
Outcome<Ban> ban_user(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user,
                      const NewBan& wanted);
/// Needs kBan.
Outcome<void> unban_user(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user);
/// Needs kBan. Without those that have expired; in the order of the users' ids.
Outcome<Listing<Ban>> list_bans(Tx& tx, const Acting& acting, const CommunityId& community, const PagePlace& place);

/// Needs kTimeout. Nothing is told when it ends by itself.
Outcome<Member> time_out(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user,
                         TimeDelta duration);
Outcome<Member> end_timeout(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user);

/// Needs kMute and kDeafen, each for its part.
Outcome<Member> restrict_voice(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user,
                               const VoiceRestriction& change);
/// Needs kMove in the target channel, into which the member himself must be allowed to connect. Told only: the voice
/// module acts.
Outcome<void> request_move(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user,
                           const ChannelId& to);
/// Needs kMove. Told only.
Outcome<void> request_disconnect(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user);

/// Removes a ban that holds no more, and tells it.
void lift_ban(Tx& tx, const CommunityId& community, const UserId& user);
/// Lifts bans whose time is over, at most kLiftsAtOnce of them; how many. Nobody is let in by a late call: a ban that
/// is over does not hold.
constexpr int64_t kLiftsAtOnce = 100;
int64_t lift_expired_bans(Tx& tx, WallTime now);

}  // namespace parley::product::community
