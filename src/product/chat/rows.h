#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "product/chat/access.h"
#include "product/chat/types.h"

// Reading and writing of what stands in the tables, without a question of rights.

namespace parley::product::chat {

struct MessageTold;

/// Columns in the order of the structs' fields: of `conversations c`, of `messages m` with its thread `t`.
inline constexpr std::string_view kConversationColumns =
    "c.id, c.kind, c.root_id, c.community_id, c.channel_id, c.parent_message_id, c.owner_id, c.name, c.first_seq, "
    "c.last_seq, c.change, c.version, c.created_at, c.active_at";
inline constexpr std::string_view kMessageColumns =
    "m.id, m.conversation_id, m.seq, m.sender_id, m.client_id, m.body, m.reply_to, m.mentions_all, t.id, m.pinned_at, "
    "m.pinned_by, m.version, m.change, m.created_at, m.edited_at, m.deleted_at, m.deleted_by";
inline constexpr std::string_view kMessageTables =
    " from messages m left join conversations t on t.parent_message_id = m.id ";

/// "select <columns of messages> <tables> <rest>".
std::string select_messages(std::string_view rest);
std::string select_conversations(std::string_view rest);

/// Not the deleted.
std::optional<Conversation> find_conversation(Tx& tx, const ConversationId& conversation);
std::optional<Message> find_message(Tx& tx, const MessageId& message);
std::vector<ConversationMember> members_of(Tx& tx, const ConversationId& conversation);
/// Sorted.
std::vector<UserId> people_of(Tx& tx, const ConversationId& conversation);

/// Rows with what else belongs to a message, in their order; one statement for each kind of thing.
std::vector<Message> complete(Tx& tx, std::vector<MessageRow> rows);
/// For one reader, with replies and reactions.
std::vector<MessageView> to_views(Tx& tx, std::vector<MessageRow> rows, const UserId& reader);
MessageView to_view(Tx& tx, const Message& message, const UserId& reader);
json::Nullable<ReplyView> reply_of(Tx& tx, const Message& message);
/// What all are told of a new or changed message.
MessageTold told(Tx& tx, const Message& message, std::vector<UserId> new_mentions);

/// Sees to it that the conversation has a row: a channel's gets it with the first thing that happens.
void make_stored(Tx& tx, Standing& standing, WallTime now);
/// The next change, and for a new message the next seq. Whoever has asked holds the conversation's row until the unit
/// of work ends, so that both stay dense.
void count_change(Tx& tx, Conversation& conversation, WallTime now);
void count_message(Tx& tx, Conversation& conversation, WallTime now);
/// A change of name, owner or people.
void count_version(Tx& tx, Conversation& conversation, WallTime now);

/// Stores and tells it. Of a direct one, `pair` is its people's; whoever is first has made it.
void insert_conversation(Tx& tx, const Conversation& conversation, const std::vector<ConversationMember>& members,
                         const std::optional<std::string>& pair, WallTime now);

}  // namespace parley::product::chat
