#pragma once

#include <boost/describe.hpp>
#include <vector>

#include "product/chat/access.h"
#include "product/chat/inputs.h"

namespace parley::product::chat {

/// How far somebody is who has never marked anything: of a channel, where it was when he joined.
Marks marks_of(Tx& tx, const UserId& user, const Conversation& conversation);

/// Takes the higher of what is and what is asked, never more than there is; `unread_from` ends when its message is
/// read again. Reading is also delivery.
Outcome<Marks> mark(Tx& tx, const Acting& acting, const ConversationId& conversation, const MarksChange& change);
Outcome<Marks> mark_unread(Tx& tx, const Acting& acting, const ConversationId& conversation, int64_t from_seq);

struct Receipt {
  UserId user_id;
  int64_t delivered_seq = 0;
  int64_t read_seq = 0;
  int64_t played_seq = 0;
};
BOOST_DESCRIBE_STRUCT(Receipt, (), (user_id, delivered_seq, read_seq, played_seq))
/// How far the others are, as of one message. Who hides his receipts is not among them, and sees none.
struct Receipts {
  bool is_hidden = false;   ///< The caller hides his own.
  bool is_counted = false;  ///< More than kMaxReceipts people: no list.
  std::vector<Receipt> items;
  int64_t delivered = 0;  ///< Others who have the message.
  int64_t read = 0;
  int64_t played = 0;
};
BOOST_DESCRIBE_STRUCT(Receipts, (), (is_hidden, is_counted, items, delivered, read, played))
Outcome<Receipts> read_receipts(Tx& tx, const Acting& acting, const ConversationId& conversation,
                                std::optional<int64_t> seq);

struct Draft {
  ConversationId conversation_id;
  Body text;
  json::Nullable<MessageId> reply_to;
  WallTime updated_at;
};
BOOST_DESCRIBE_STRUCT(Draft, (), (conversation_id, text, reply_to, updated_at))
/// kLimitReached.
Outcome<Draft> set_draft(Tx& tx, const Acting& acting, const ConversationId& conversation, const DraftChange& change);
Outcome<void> drop_draft(Tx& tx, const Acting& acting, const ConversationId& conversation);
/// The last changed first; those of conversations that he may no longer see are not told.
Outcome<std::vector<Draft>> list_drafts(Tx& tx, const Acting& acting);

}  // namespace parley::product::chat
