#pragma once

#include <boost/describe.hpp>
#include <string>
#include <vector>

#include "product/chat/access.h"
#include "product/chat/conversations.h"
#include "product/chat/marks.h"

// What conversations keep about one user, for him to take along, and what becomes of it when he leaves (product.md
// 3.12).

namespace parley::product::chat {

/// Messages that one export holds; `next` of it leads on.
inline constexpr int64_t kMaxExportedMessages = 10'000;

struct ExportedMessage {
  MessageId id;
  ConversationId conversation_id;
  int64_t seq = 0;
  Body text;
  WallTime created_at;
  std::optional<WallTime> edited_at;
};
BOOST_DESCRIBE_STRUCT(ExportedMessage, (), (id, conversation_id, seq, text, created_at, edited_at))
struct ExportedAttachment {
  MessageId message_id;
  FileId file_id;
};
BOOST_DESCRIBE_STRUCT(ExportedAttachment, (), (message_id, file_id))
struct ExportedConversation {
  ConversationId id;
  ConversationKind kind = ConversationKind::kDirect;
  std::string name;
  WallTime joined_at;
};
BOOST_DESCRIBE_STRUCT(ExportedConversation, (), (id, kind, name, joined_at))
struct ExportedReaction {
  MessageId message_id;
  std::string emoji;
  WallTime created_at;
};
BOOST_DESCRIBE_STRUCT(ExportedReaction, (), (message_id, emoji, created_at))

struct ChatExport {
  std::vector<ExportedConversation> conversations;
  std::vector<ExportedMessage> messages;  ///< His own that are not deleted, the newest first.
  std::vector<ExportedAttachment> attachments;
  std::vector<ExportedReaction> reactions;
  std::vector<Draft> drafts;
  std::optional<MessageId> next;  ///< There are older ones: ask again with this as `before`.
};
BOOST_DESCRIBE_STRUCT(ChatExport, (), (conversations, messages, attachments, reactions, drafts, next))
ChatExport export_chat(Tx& tx, const UserId& user, const std::optional<MessageId>& before = {});

/// What becomes of the messages of one who is erased. Either way nothing of them is found by search.
enum class OwnMessages : unsigned char { kKeep, kBlank };
/// Takes him out of groups and drops drafts, marks and reactions; blanks or keeps his messages. At most `limit` things
/// in one unit; true when all is done. Legal hold keeps the text of what is blanked where only the database has it.
bool erase_from_chat(Tx& tx, const Acting& acting, OwnMessages own, int64_t limit);

}  // namespace parley::product::chat
