#pragma once

#include <boost/describe.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "json/writer.h"
#include "product/chat/types.h"
#include "product/ports/store.h"

// What the outbox is told; see snapshot.h for what each does to a conversation. Those of the first list have the
// resource "conversation:<id>" and carry `change`, each one higher than the one before: who sees a gap has missed
// something, and read_changes() has it.
//
//   conversation.created                         ConversationMade: with its people
//   conversation.updated                         Conversation; what is before its firstSeq is gone
//   conversation.deleted                         ConversationGone
//   conversation.member_added                    MemberAdded
//   conversation.member_removed                  MemberRemoved
//   message.created                              MessageTold
//   message.updated                              MessageTold: edited, or a thread begun; who is newly mentioned
//   message.deleted                              Message, the tombstone
//   reaction.added, reaction.removed             ReactionTold
//   pin.added, pin.removed                       PinTold
//
// Marks are not counted: taking the higher one is always right. Of one who hides his receipts, and where there are more
// than kMaxReceipts people, they are told on "user:<id>" alone.
//
//   receipt.delivered, receipt.read, receipt.played   MarksTold
//
// On "user:<id>":
//
//   unread.marked                                MarksTold
//   draft.changed                                DraftTold

namespace parley::product::chat {

struct ConversationMade : Conversation {
  std::vector<ConversationMember> members;  ///< Of a direct or group one; sorted.
};
BOOST_DESCRIBE_STRUCT(ConversationMade, (Conversation), (members))

struct ConversationGone {
  ConversationId conversation_id;
  int64_t change = 0;
};
BOOST_DESCRIBE_STRUCT(ConversationGone, (), (conversation_id, change))

struct MemberAdded : ConversationMember {
  ConversationId conversation_id;
  int64_t version = 0;
  int64_t change = 0;
};
BOOST_DESCRIBE_STRUCT(MemberAdded, (ConversationMember), (conversation_id, version, change))

struct MemberRemoved {
  ConversationId conversation_id;
  UserId user_id;
  UserId actor_id;
  int64_t version = 0;
  int64_t change = 0;
};
BOOST_DESCRIBE_STRUCT(MemberRemoved, (), (conversation_id, user_id, actor_id, version, change))

struct MessageTold : Message {
  json::Nullable<ReplyView> reply;
  std::vector<UserId> new_mentions;  ///< Who is to be notified by this.
};
BOOST_DESCRIBE_STRUCT(MessageTold, (Message), (reply, new_mentions))

struct ReactionTold {
  ConversationId conversation_id;
  MessageId message_id;
  int64_t seq = 0;
  UserId user_id;
  std::string emoji;
  int64_t change = 0;
};
BOOST_DESCRIBE_STRUCT(ReactionTold, (), (conversation_id, message_id, seq, user_id, emoji, change))

struct PinTold {
  ConversationId conversation_id;
  MessageId message_id;
  int64_t seq = 0;
  UserId user_id;  ///< Who did it.
  json::Nullable<WallTime> pinned_at;
  int64_t change = 0;
};
BOOST_DESCRIBE_STRUCT(PinTold, (), (conversation_id, message_id, seq, user_id, pinned_at, change))

struct MarksTold : Marks {
  ConversationId conversation_id;
  UserId user_id;
};
BOOST_DESCRIBE_STRUCT(MarksTold, (Marks), (conversation_id, user_id))

struct DraftTold {
  ConversationId conversation_id;
  UserId user_id;
  Body text;  ///< Empty, and no reply: it is gone.
  json::Nullable<MessageId> reply_to;
  WallTime updated_at;
};
BOOST_DESCRIBE_STRUCT(DraftTold, (), (conversation_id, user_id, text, reply_to, updated_at))

inline std::string resource_of(const ConversationId& conversation) { return "conversation:" + conversation.text(); }
inline std::string resource_of(const UserId& user) { return "user:" + user.text(); }

template <class Payload>
void tell(Tx& tx, std::string_view type, const ConversationId& conversation, const Payload& payload) {
  tx.emit({std::string(type), resource_of(conversation), json::to_json(payload)});
}
template <class Payload>
void tell_user(Tx& tx, std::string_view type, const UserId& user, const Payload& payload) {
  tx.emit({std::string(type), resource_of(user), json::to_json(payload)});
}

}  // namespace parley::product::chat
