#pragma once

#include <string>

#include "product/community/access.h"
#include "product/community/inputs.h"
#include "product/community/listing.h"

namespace parley::product::community {

/// Needs kInvite, in the channel when one is named. kLimitReached: kMaxInvites.
Outcome<Invite> create_invite(Tx& tx, const Acting& acting, const CommunityId& community, const NewInvite& wanted);
/// Needs kManageInvites. Those that still work; in the order of their creation.
Outcome<Listing<Invite>> list_invites(Tx& tx, const Acting& acting, const CommunityId& community,
                                      const PagePlace& place);
/// By its maker, or with kManageInvites.
Outcome<void> revoke_invite(Tx& tx, const Acting& acting, const CommunityId& community, const InviteId& invite);

/// What somebody sees who has a code and is no member yet.
struct InvitePreview {
  std::string code;
  CommunityId community_id;
  std::string community_name;
  std::string icon_url;
  int64_t members = 0;
  json::Nullable<std::string> channel_name;
  std::string inviter_name;
  json::Nullable<WallTime> expires_at;
  bool is_temporary = false;
};
BOOST_DESCRIBE_STRUCT(InvitePreview, (),
                      (code, community_id, community_name, icon_url, members, channel_name, inviter_name, expires_at,
                       is_temporary))
/// kInviteInvalid, whatever is wrong with the code.
Outcome<InvitePreview> preview_invite(Tx& tx, std::string_view code, WallTime now);

struct Joined {
  Community community;
  Member member;
  json::Nullable<ChannelId> channel_id;
};
BOOST_DESCRIBE_STRUCT(Joined, (), (community, member, channel_id))
/// Makes the caller a member; of one who is, nothing changes and no use is counted. kInviteInvalid, kBanned,
/// kForbidden during a lockdown, kLimitReached: kMaxCommunitiesPerUser.
Outcome<Joined> accept_invite(Tx& tx, const Acting& acting, std::string_view code);

}  // namespace parley::product::community
