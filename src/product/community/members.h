#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "product/community/access.h"
#include "product/community/events.h"
#include "product/community/inputs.h"
#include "product/community/listing.h"

namespace parley::product::community {

/// A member with what his account shows of him.
struct MemberProfile : Member {
  std::string username;  ///< Empty: an account without one.
  std::string display_name;
  std::string avatar_url;
};
BOOST_DESCRIBE_STRUCT(MemberProfile, (Member), (username, display_name, avatar_url))

/// Those whose user name or nickname begins with `search`, as names are compared (product.md 3.5); all when it is
/// empty. In the order of their ids. For every member.
Outcome<Listing<MemberProfile>> list_members(Tx& tx, const Acting& acting, const CommunityId& community,
                                             std::string_view search, const PagePlace& place);
Outcome<MemberProfile> get_member(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user);
/// Everyone may change his own; that of a lower one needs kManageServer. Empty: none.
Outcome<Member> set_nickname(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& user,
                             const Nickname& nickname);
/// kConflict for the owner, who transfers or deletes it instead.
Outcome<void> leave_community(Tx& tx, const Acting& acting, const CommunityId& community);
/// Those of `others` who share a community with the user.
std::vector<UserId> fellows_among(Tx& tx, const UserId& user, std::span<const UserId> others);
/// Takes a user out of the communities where he is a temporary member: for whoever sees his last connection end.
void end_temporary_memberships(Tx& tx, const Acting& acting);

/// Takes an account that is being erased out of all communities. One that it owns goes to the mightiest of the others,
/// among equals to the one who joined first; without others it is deleted.
Outcome<void> leave_everything(Tx& tx, const Acting& acting);

/// Takes a member and all that names him out of a community, and tells it.
void remove_member(Tx& tx, const CommunityId& community, const UserId& user, LeaveCause cause);
/// Writes a member's row as `after`, with its audit row and its event.
void store_member(Tx& tx, const Acting& acting, const Member& before, const Member& after, std::string_view action);

}  // namespace parley::product::community
