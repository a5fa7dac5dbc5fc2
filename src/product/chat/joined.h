#pragma once

#include <boost/describe.hpp>
#include <span>
#include <vector>

#include "product/model/ids.h"
#include "product/ports/store.h"

// Where people are beside the channels that they may view, without a question of rights.

namespace parley::product::chat {

struct Joined {
  ConversationId id;
  ConversationId root_id;  ///< Of a thread: whose people may come in; else itself.
};
BOOST_DESCRIBE_STRUCT(Joined, (), (id, root_id))

/// The direct and group conversations that a user is in, and the threads that he takes part in.
std::vector<Joined> joined_by(Tx& tx, const UserId& user);
/// All threads of a community's channels.
std::vector<Joined> threads_in(Tx& tx, const CommunityId& community);
/// The threads of one conversation.
std::vector<Joined> threads_of(Tx& tx, const ConversationId& root);

/// Those of `others` who are in a direct or group conversation with the user.
std::vector<UserId> partners_among(Tx& tx, const UserId& user, std::span<const UserId> others);

}  // namespace parley::product::chat
