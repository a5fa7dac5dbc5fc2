#pragma once

#include <vector>

#include "product/chat/access.h"
#include "product/chat/conversations.h"
#include "product/chat/inputs.h"

namespace parley::product::chat {

// Each may be done again: nothing changes then, and nothing is told.

/// kInvalidRequest for what is no emoji, kLimitReached for a further kind.
Outcome<void> add_reaction(Tx& tx, const Acting& acting, const MessageId& message, const Emoji& emoji);
/// One's own, also in a conversation where one may no longer react.
Outcome<void> remove_reaction(Tx& tx, const Acting& acting, const MessageId& message, const Emoji& emoji);
/// Takes back up to `limit` reactions of one who may be anywhere no more; returns how many.
int64_t take_back_reactions(Tx& tx, const Acting& acting, int64_t limit);
struct Reactor {
  UserId user_id;
  WallTime created_at;
};
BOOST_DESCRIBE_STRUCT(Reactor, (), (user_id, created_at))
/// By user id.
Outcome<Listing<Reactor>> list_reactors(Tx& tx, const Acting& acting, const MessageId& message, const Emoji& emoji,
                                        const PagePlace& place);

/// kLimitReached.
Outcome<void> pin_message(Tx& tx, const Acting& acting, const MessageId& message);
Outcome<void> unpin_message(Tx& tx, const Acting& acting, const MessageId& message);
/// The last pinned first.
Outcome<std::vector<MessageView>> list_pins(Tx& tx, const Acting& acting, const ConversationId& conversation);

}  // namespace parley::product::chat
