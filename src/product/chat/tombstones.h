#pragma once

#include <boost/describe.hpp>

#include "product/chat/access.h"

namespace parley::product::chat {

/// Bits of messages.features.
inline constexpr int64_t kHasLink = 1;
inline constexpr int64_t kHasFile = 2;
inline constexpr int64_t kHasImage = 4;

/// What the audit log keeps of a message that a moderator has deleted: not its text.
struct DeletedNote {
  ConversationId conversation_id;
  UserId sender_id;
  int64_t seq = 0;
};
BOOST_DESCRIBE_STRUCT(DeletedNote, (), (conversation_id, sender_id, seq))

/// Makes a tombstone of a message: its text, files, reactions, mentions, pin and earlier versions are gone. Under a
/// legal hold the text stays in message_versions, where nothing but the database shows it.
void bury(Tx& tx, const Acting& acting, Conversation& conversation, Message message);

/// Whether a legal hold is on the conversation, its root, its community or the server.
bool is_held(Tx& tx, const Conversation& conversation);

}  // namespace parley::product::chat
