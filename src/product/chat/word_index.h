#pragma once

#include <string>
#include <vector>

#include "product/chat/types.h"
#include "product/ports/store.h"

// The index of words: the one place where the two databases differ (adapters/store/schema_chat.cc).

namespace parley::product::chat {

/// After a message with words was stored or changed.
void enter_index(Tx& tx, const MessageId& message);
/// Before its words change or the message goes: the index is cleared by what stands in the row.
void leave_index(Tx& tx, const MessageId& message);
/// The same for all of a conversation up to `seq`.
void leave_index(Tx& tx, const ConversationId& conversation, int64_t up_to_seq);

/// A condition on `messages m`: its words begin with all of `words`, which are folded and not empty. Adds its
/// parameter to `arguments`.
std::string match_words(Tx& tx, const std::vector<std::string>& words, std::vector<SqlValue>& arguments);

}  // namespace parley::product::chat
