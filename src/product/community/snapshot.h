#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "product/community/types.h"
#include "product/ports/store.h"

namespace parley::product::community {

struct ChannelSnapshot {
  Channel channel;
  std::vector<Override> overrides;  ///< Its own; sorted by role, then by user.
};
BOOST_DESCRIBE_STRUCT(ChannelSnapshot, (), (channel, overrides))

/// All of a community that its events change. By ids.
struct CommunitySnapshot {
  json::Nullable<Community> community;  ///< Null: there is none, or it is deleted.
  std::map<std::string, Role> roles;
  std::map<std::string, ChannelSnapshot> channels;
  std::map<std::string, Member> members;
  std::map<std::string, Ban> bans;
};
BOOST_DESCRIBE_STRUCT(CommunitySnapshot, (), (community, roles, channels, members, bans))

CommunitySnapshot load_snapshot(Tx& tx, const CommunityId& community);

enum class Applied : unsigned char {
  kChanged,    ///< The snapshot is now what it was after the event.
  kNothing,    ///< Events that change nothing here: invites, reports, access, requests to the voice module.
  kMalformed,  ///< No event of this module's.
};
/// What somebody who holds a snapshot does on an event of the community's: apply(events, before) == after. An event
/// that is told twice in a row changes nothing the second time.
Applied apply(CommunitySnapshot& snapshot, std::string_view type, std::string_view payload);

}  // namespace parley::product::community
