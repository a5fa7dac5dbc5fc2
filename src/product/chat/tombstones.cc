#include "product/chat/tombstones.h"

#include "product/chat/events.h"
#include "product/chat/rows.h"
#include "product/chat/word_index.h"

namespace parley::product::chat {

bool is_held(Tx& tx, const Conversation& conversation) {
  const std::string community = conversation.community_id ? "community:" + conversation.community_id->text() : "";
  return one<int64_t>(tx, "select 1 from retention_rules where is_held = 1 and scope in ('server', $1, $2, $3) limit 1",
                      community, resource_of(conversation.id), resource_of(conversation.root_id))
      .has_value();
}

void bury(Tx& tx, const Acting& acting, Conversation& conversation, Message message) {
  if (is_held(tx, conversation)) {
    execute(tx, "insert into message_versions (message_id, version, body, written_at) values ($1, $2, $3, $4)",
            message.id, message.version, message.text, message.edited_at.value_or(message.created_at));
  } else {
    execute(tx, "delete from message_versions where message_id = $1", message.id);
  }
  for (const std::string_view table : {"message_mentions", "message_files", "message_reactions"})
    execute(tx, "delete from " + std::string(table) + " where message_id = $1", message.id);
  count_change(tx, conversation, acting.now);
  message.text = Body();
  message.reply_to = {};
  message.mentions_all = MentionAll::kNone;
  message.mentions.clear();
  message.attachments.clear();
  message.pinned_at = {};
  message.pinned_by = {};
  message.change = conversation.change;
  message.deleted_at = acting.now;
  message.deleted_by = acting.user;
  ++message.version;
  leave_index(tx, message.id);
  execute(tx,
          "update messages set body = '', words = '', features = 0, reply_to = null, mentions_all = 0, "
          "pinned_at = null, pinned_by = null, version = $2, change = $3, deleted_at = $4, deleted_by = $5 "
          "where id = $1",
          message.id, message.version, message.change, message.deleted_at, message.deleted_by);
  tell(tx, "message.deleted", message.conversation_id, message);
}

}  // namespace parley::product::chat
