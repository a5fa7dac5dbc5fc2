#pragma once

#include <vector>

#include "product/chat/conversations.h"

namespace parley::product::chat {

/// Conversations as a list shows them to the caller; a few statements for all of them together.
std::vector<ConversationView> to_views(Tx& tx, const Acting& acting, std::vector<Standing> standings);
ConversationView to_view(Tx& tx, const Acting& acting, Standing standing);

/// What standing_in() says of many direct and group conversations that the user is in.
std::vector<Standing> standings_among(Tx& tx, const UserId& user, std::vector<Conversation> conversations);
/// Those that the user is a member of.
std::vector<CommunityId> communities_of(Tx& tx, const UserId& user);
/// What standing_in() says of the text channels of a community that he may view, in their order; without their threads.
std::vector<Standing> channel_standings(Tx& tx, const UserId& user, const CommunityId& community, WallTime now);

}  // namespace parley::product::chat
