#pragma once

#include <span>
#include <unordered_map>

#include "product/chat/types.h"
#include "product/ports/store.h"

namespace parley::product::chat {

struct Counts {
  ConversationId conversation;
  int64_t delivered_seq = 0;
  int64_t read_seq = 0;
  int64_t played_seq = 0;
  json::Nullable<int64_t> unread_from;
  int64_t unread = 0;
  int64_t mentions = 0;
  Marks marks() const { return {delivered_seq, read_seq, played_seq, unread_from}; }
};
BOOST_DESCRIBE_STRUCT(Counts, (), (conversation, delivered_seq, read_seq, played_seq, unread_from, unread, mentions))

/// How far a user is in each of these, and what he has before him; one statement. Those that have no row are not there.
/// Who has never marked anything begins in a channel where it was when he joined, in a thread at its end.
std::unordered_map<ConversationId, Counts> counts_of(Tx& tx, const UserId& user,
                                                     std::span<const ConversationId> conversations);

}  // namespace parley::product::chat
