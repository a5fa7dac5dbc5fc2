#include "product/chat/rows.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "product/chat/attachments.h"
#include "product/chat/events.h"
#include "product/chat/text.h"
#include "product/ports/ids_in.h"

namespace parley::product::chat {
namespace {

struct MentionOf {
  MessageId message;
  UserId user;
};
BOOST_DESCRIBE_STRUCT(MentionOf, (), (message, user))

struct ReactionsOf {
  MessageId message;
  std::string emoji;
  int64_t count = 0;
  bool is_mine = false;
};
BOOST_DESCRIBE_STRUCT(ReactionsOf, (), (message, emoji, count, is_mine))

struct Quoted {
  MessageId id;
  int64_t seq = 0;
  UserId sender_id;
  Body body;
  bool is_deleted = false;
};
BOOST_DESCRIBE_STRUCT(Quoted, (), (id, seq, sender_id, body, is_deleted))

struct Counted {
  int64_t number = 0;
  int64_t change = 0;
};
BOOST_DESCRIBE_STRUCT(Counted, (), (number, change))

std::vector<MessageId> ids_of(const std::vector<MessageRow>& rows) {
  std::vector<MessageId> out;
  for (const MessageRow& row : rows) out.push_back(row.id);
  return out;
}

std::unordered_map<MessageId, ReplyView> replies_to(Tx& tx, const std::vector<MessageView>& messages) {
  std::vector<MessageId> quoted;
  for (const MessageView& message : messages) {
    if (message.reply_to && !message.is_deleted()) quoted.push_back(*message.reply_to);
  }
  std::ranges::sort(quoted);
  quoted.erase(std::ranges::unique(quoted).begin(), quoted.end());
  std::unordered_map<MessageId, ReplyView> out;
  for (const Quoted& row : all_in<Quoted>(tx,
                                          "select id, seq, sender_id, body, case when deleted_at is null then 0 else 1 "
                                          "end from messages where id in ({ids})",
                                          {}, std::span<const MessageId>(quoted)))
    out[row.id] = {row.id, row.seq, row.sender_id, Body(beginning(row.body, kMaxSnippet)), row.is_deleted};
  return out;
}

}  // namespace

std::string select_messages(std::string_view rest) {
  std::string sql = "select ";
  sql += kMessageColumns;
  sql += kMessageTables;
  sql += rest;
  return sql;
}

std::string select_conversations(std::string_view rest) {
  std::string sql = "select ";
  sql += kConversationColumns;
  sql += " from conversations c ";
  sql += rest;
  return sql;
}

std::optional<Conversation> find_conversation(Tx& tx, const ConversationId& conversation) {
  return one<Conversation>(tx, select_conversations("where c.id = $1 and c.deleted_at is null"), conversation);
}

std::optional<Message> find_message(Tx& tx, const MessageId& message) {
  auto row = one<MessageRow>(tx, select_messages("where m.id = $1"), message);
  if (!row) return std::nullopt;
  return std::move(complete(tx, {std::move(*row)}).front());
}

std::vector<ConversationMember> members_of(Tx& tx, const ConversationId& conversation) {
  return all<ConversationMember>(
      tx, "select user_id, joined_at, added_by from conversation_members where conversation_id = $1 order by user_id",
      conversation);
}

std::vector<UserId> people_of(Tx& tx, const ConversationId& conversation) {
  return all<UserId>(tx, "select user_id from conversation_members where conversation_id = $1 order by user_id",
                     conversation);
}

std::vector<Message> complete(Tx& tx, std::vector<MessageRow> rows) {
  const std::vector<MessageId> ids = ids_of(rows);
  std::unordered_map<MessageId, std::vector<UserId>> mentions;
  for (MentionOf& row : all_in<MentionOf>(tx,
                                          "select message_id, user_id from message_mentions where message_id in "
                                          "({ids}) and user_id <> '' order by user_id",
                                          {}, std::span<const MessageId>(ids)))
    mentions[row.message].push_back(std::move(row.user));
  auto files = attachments_of(tx, ids);
  std::vector<Message> out;
  out.reserve(rows.size());
  for (MessageRow& row : rows) {
    Message& message = out.emplace_back();
    static_cast<MessageRow&>(message) = std::move(row);
    message.mentions = std::move(mentions[message.id]);
    message.attachments = std::move(files[message.id]);
  }
  return out;
}

std::vector<MessageView> to_views(Tx& tx, std::vector<MessageRow> rows, const UserId& reader) {
  if (rows.empty()) return {};
  const std::vector<MessageId> ids = ids_of(rows);
  std::unordered_map<MessageId, std::vector<ReactionView>> reactions;
  for (ReactionsOf& row : all_in<ReactionsOf>(
           tx,
           "select message_id, emoji, count(*), max(case when user_id = $1 then 1 else 0 end) from message_reactions "
           "where message_id in ({ids}) group by message_id, emoji order by min(created_at), emoji",
           {to_sql(reader)}, std::span<const MessageId>(ids)))
    reactions[row.message].push_back({std::move(row.emoji), row.count, row.is_mine});
  std::vector<MessageView> out;
  out.reserve(rows.size());
  for (Message& message : complete(tx, std::move(rows))) {
    MessageView& view = out.emplace_back();
    static_cast<Message&>(view) = std::move(message);
    view.reactions = std::move(reactions[view.id]);
  }
  const auto replies = replies_to(tx, out);
  for (MessageView& view : out) {
    const auto reply = view.reply_to ? replies.find(*view.reply_to) : replies.end();
    if (reply != replies.end()) view.reply = reply->second;
  }
  return out;
}

MessageView to_view(Tx& tx, const Message& message, const UserId& reader) {
  return std::move(to_views(tx, {message}, reader).front());
}

json::Nullable<ReplyView> reply_of(Tx& tx, const Message& message) {
  std::vector<MessageView> views(1);
  static_cast<Message&>(views.front()) = message;
  auto replies = replies_to(tx, views);
  if (replies.empty()) return {};
  return std::move(replies.begin()->second);
}

MessageTold told(Tx& tx, const Message& message, std::vector<UserId> new_mentions) {
  MessageTold out;
  static_cast<Message&>(out) = message;
  out.reply = reply_of(tx, message);
  out.new_mentions = std::move(new_mentions);
  return out;
}

void insert_conversation(Tx& tx, const Conversation& made, const std::vector<ConversationMember>& members,
                         const std::optional<std::string>& pair, WallTime now) {
  execute(tx,
          "insert into conversations (id, kind, root_id, community_id, channel_id, parent_message_id, pair, owner_id, "
          "name, created_at, active_at, changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)",
          made.id, made.kind, made.root_id, made.community_id, made.channel_id, made.parent_message_id, pair,
          made.owner_id, made.name, made.created_at, now);
  for (const ConversationMember& member : members)
    execute(tx,
            "insert into conversation_members (conversation_id, user_id, joined_at, added_by) values ($1, $2, $3, $4)",
            made.id, member.user_id, member.joined_at, member.added_by);
  ConversationMade payload;
  static_cast<Conversation&>(payload) = made;
  payload.members = members;
  tell(tx, "conversation.created", made.id, payload);
}

void make_stored(Tx& tx, Standing& standing, WallTime now) {
  if (standing.is_stored) return;
  insert_conversation(tx, standing.conversation, {}, std::nullopt, now);
  standing.is_stored = true;
}

void count_change(Tx& tx, Conversation& conversation, WallTime now) {
  conversation.change =
      one<int64_t>(tx, "update conversations set change = change + 1, changed_at = $2 where id = $1 returning change",
                   conversation.id, now)
          .value_or(0);
}

void count_message(Tx& tx, Conversation& conversation, WallTime now) {
  const auto counted = one<Counted>(tx,
                                    "update conversations set last_seq = last_seq + 1, change = change + 1, "
                                    "active_at = $2, changed_at = $2 where id = $1 returning last_seq, change",
                                    conversation.id, now)
                           .value_or(Counted());
  conversation.last_seq = counted.number;
  conversation.change = counted.change;
  conversation.active_at = now;
}

void count_version(Tx& tx, Conversation& conversation, WallTime now) {
  const auto counted = one<Counted>(tx,
                                    "update conversations set version = version + 1, change = change + 1, "
                                    "changed_at = $2 where id = $1 returning version, change",
                                    conversation.id, now)
                           .value_or(Counted());
  conversation.version = counted.number;
  conversation.change = counted.change;
}

}  // namespace parley::product::chat
