#pragma once

#include <boost/describe.hpp>
#include <optional>

#include "json/types.h"
#include "product/chat/types.h"
#include "product/community/inputs.h"

// What callers ask for, with the limits of every field. Whoever parses one has checked them.

namespace parley::product::chat {

using community::Reason;
using community::SeenVersion;

/// Made by the client; the same again is the same message.
using ClientId = json::Text<1, 64>;
using ConversationName = json::Text<0, 100>;
using Emoji = json::Text<1, 34>;
inline constexpr int64_t kMaxSeq = 9'007'199'254'740'991;
using Seq = json::Number<0, kMaxSeq>;

struct NewDirect {
  UserId user_id;
};
BOOST_DESCRIBE_STRUCT(NewDirect, (), (user_id))

struct NewGroup {
  ConversationName name;
  json::List<UserId, kMaxGroupMembers> user_ids;  ///< Beside the one who makes it.
};
BOOST_DESCRIBE_STRUCT(NewGroup, (), (name, user_ids))

struct GroupChange {
  std::optional<ConversationName> name;
  std::optional<UserId> owner_id;
  SeenVersion version;
};
BOOST_DESCRIBE_STRUCT(GroupChange, (), (name, owner_id, version))

struct NewThread {
  std::optional<ConversationName> name;
};
BOOST_DESCRIBE_STRUCT(NewThread, (), (name))

struct NewMessage {
  std::optional<Body> text;
  std::optional<ClientId> client_id;
  std::optional<MessageId> reply_to;
  std::optional<json::List<FileId, kMaxFiles>> attachments;
};
BOOST_DESCRIBE_STRUCT(NewMessage, (), (text, client_id, reply_to, attachments))

struct MessageEdit {
  Body text;
  SeenVersion version;
};
BOOST_DESCRIBE_STRUCT(MessageEdit, (), (text, version))

/// Each only rises; what is absent stays.
struct MarksChange {
  std::optional<Seq> delivered_seq;
  std::optional<Seq> read_seq;
  std::optional<Seq> played_seq;
};
BOOST_DESCRIBE_STRUCT(MarksChange, (), (delivered_seq, read_seq, played_seq))

struct UnreadFrom {
  json::Number<1, kMaxSeq> from_seq;
};
BOOST_DESCRIBE_STRUCT(UnreadFrom, (), (from_seq))

struct DraftChange {
  Body text;  ///< Empty and no reply: there is none.
  std::optional<MessageId> reply_to;
};
BOOST_DESCRIBE_STRUCT(DraftChange, (), (text, reply_to))

}  // namespace parley::product::chat
