#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "product/chat/types.h"
#include "product/ports/store.h"

namespace parley::product::chat {

struct MessageSnapshot {
  Message message;
  std::map<std::string, std::vector<UserId>> reactions;  ///< By emoji; sorted.
};
BOOST_DESCRIBE_STRUCT(MessageSnapshot, (), (message, reactions))

/// All of a conversation that its events change. By ids; messages by seq in twenty digits, so that they sort.
struct ConversationSnapshot {
  json::Nullable<Conversation> conversation;  ///< Null: there is none, or it is deleted.
  std::map<std::string, ConversationMember> members;
  std::map<std::string, MessageSnapshot> messages;
  std::map<std::string, Marks> marks;
};
BOOST_DESCRIBE_STRUCT(ConversationSnapshot, (), (conversation, members, messages, marks))

ConversationSnapshot load_snapshot(Tx& tx, const ConversationId& conversation);

enum class Applied : unsigned char {
  kChanged,    ///< The snapshot is now what it was after the event.
  kNothing,    ///< Of another conversation, told before, or what changes nothing here: drafts.
  kGap,        ///< Something in between was not told: read_changes() has it. Nothing was changed.
  kMalformed,  ///< No event of this module's.
};
/// What somebody who holds a snapshot does on an event: apply(events, before) == after. An event that is told again
/// changes nothing.
Applied apply(ConversationSnapshot& snapshot, std::string_view type, std::string_view payload);

}  // namespace parley::product::chat
