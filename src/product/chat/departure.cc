#include "product/chat/departure.h"

#include <limits>

#include "product/chat/conversations.h"
#include "product/chat/reactions.h"
#include "product/chat/rows.h"
#include "product/chat/tombstones.h"
#include "product/chat/word_index.h"
#include "product/ports/ids_in.h"

namespace parley::product::chat {
namespace {

constexpr int64_t kNewest = std::numeric_limits<int64_t>::max();

std::vector<MessageId> ids_of(const std::vector<ExportedMessage>& messages) {
  std::vector<MessageId> out;
  for (const ExportedMessage& message : messages) out.push_back(message.id);
  return out;
}

/// Leaves groups; true when none is left.
bool leave_groups(Tx& tx, const Acting& acting, int64_t limit) {
  const auto groups = all<ConversationId>(tx,
                                          "select c.id from conversation_members k join conversations c on "
                                          "c.id = k.conversation_id where k.user_id = $1 and c.kind = $2 and "
                                          "c.deleted_at is null order by c.id limit $3",
                                          acting.user, ConversationKind::kGroup, limit);
  for (const ConversationId& group : groups) (void)remove_person(tx, acting, group, acting.user);
  return std::ssize(groups) < limit;
}

bool blank_messages(Tx& tx, const Acting& acting, int64_t limit) {
  const auto ids =
      all<MessageId>(tx, "select id from messages where sender_id = $1 and deleted_at is null order by row limit $2",
                     acting.user, limit);
  for (const MessageId& id : ids) {
    auto message = find_message(tx, id);
    auto conversation = message ? find_conversation(tx, message->conversation_id) : std::nullopt;
    if (conversation) {
      bury(tx, acting, *conversation, std::move(*message));
    } else {
      // Of a group that is deleted already: there is nobody to be told.
      leave_index(tx, id);
      execute(tx, "update messages set body = '', words = '', deleted_at = $2 where id = $1", id, acting.now);
    }
  }
  return std::ssize(ids) < limit;
}

/// They stay as they are, but are not found any more.
bool hide_messages(Tx& tx, const Acting& acting, int64_t limit) {
  const auto ids = all<MessageId>(
      tx, "select id from messages where sender_id = $1 and words <> '' order by row limit $2", acting.user, limit);
  for (const MessageId& id : ids) {
    leave_index(tx, id);
    execute(tx, "update messages set words = '' where id = $1", id);
  }
  return std::ssize(ids) < limit;
}

}  // namespace

ChatExport export_chat(Tx& tx, const UserId& user, const std::optional<MessageId>& before) {
  ChatExport out;
  const int64_t below =
      before ? one<int64_t>(tx, "select row from messages where id = $1 and sender_id = $2", *before, user).value_or(0)
             : kNewest;
  out.messages = all<ExportedMessage>(tx,
                                      "select id, conversation_id, seq, body, created_at, edited_at from messages "
                                      "where sender_id = $1 and deleted_at is null and row < $2 order by row desc "
                                      "limit $3",
                                      user, below, kMaxExportedMessages + 1);
  if (std::ssize(out.messages) > kMaxExportedMessages) {
    out.messages.pop_back();
    out.next = out.messages.back().id;
  }
  const std::vector<MessageId> ids = ids_of(out.messages);
  out.attachments = all_in<ExportedAttachment>(
      tx, "select message_id, file_id from message_files where message_id in ({ids}) order by message_id, position", {},
      std::span<const MessageId>(ids));
  if (before) return out;
  out.conversations = all<ExportedConversation>(
      tx,
      "select c.id, c.kind, c.name, k.joined_at from conversation_members k join conversations c on "
      "c.id = k.conversation_id where k.user_id = $1 and c.deleted_at is null order by k.joined_at, c.id",
      user);
  out.reactions = all<ExportedReaction>(
      tx,
      "select message_id, emoji, created_at from message_reactions where user_id = $1 order by created_at desc, "
      "message_id limit $2",
      user, kMaxExportedMessages);
  out.drafts = all<Draft>(tx,
                          "select conversation_id, body, reply_to, updated_at from drafts where user_id = $1 "
                          "order by updated_at desc, conversation_id",
                          user);
  return out;
}

bool erase_from_chat(Tx& tx, const Acting& acting, OwnMessages own, int64_t limit) {
  for (const std::string_view table : {"drafts", "conversation_marks"})
    execute(tx, "delete from " + std::string(table) + " where user_id = $1", acting.user);
  if (!leave_groups(tx, acting, limit)) return false;
  if (take_back_reactions(tx, acting, limit) == limit) return false;
  return own == OwnMessages::kBlank ? blank_messages(tx, acting, limit) : hide_messages(tx, acting, limit);
}

}  // namespace parley::product::chat
