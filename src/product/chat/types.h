#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "json/types.h"
#include "product/files/types.h"
#include "product/model/ids.h"

// What a conversation is made of, as it stands in rows, events and answers alike. The numbers of enumerators are in the
// database: they never change.

namespace parley::product::chat {

/// Code points of a text, after NFC.
inline constexpr size_t kMaxText = 4000;
/// Of a group. Receipts of each person are shown up to kMaxReceipts.
inline constexpr int64_t kMaxGroupMembers = 500;
/// Groups that one user is in: a list that a client can show.
inline constexpr int64_t kMaxGroups = 1000;
/// Who is called by one message; more are not called, so that nobody floods with one.
inline constexpr size_t kMaxMentions = 50;
inline constexpr size_t kMaxFiles = 10;
/// Different emoji on one message.
inline constexpr int64_t kMaxReactionKinds = 20;
inline constexpr int64_t kMaxPins = 50;
inline constexpr int64_t kMaxDrafts = 500;
/// Above so many people receipts are counts only.
inline constexpr int64_t kMaxReceipts = 100;
/// Unread messages are counted up to here: a client shows "999+".
inline constexpr int64_t kMaxCounted = 1000;
/// Code points of the quoted text that is shown with a reply.
inline constexpr size_t kMaxSnippet = 120;

enum class ConversationKind : unsigned char { kDirect = 0, kGroup = 1, kChannel = 2, kThread = 3 };
BOOST_DESCRIBE_ENUM(ConversationKind, kDirect, kGroup, kChannel, kThread)

struct Conversation {
  ConversationId id;  ///< Of a channel: the channel's.
  ConversationKind kind = ConversationKind::kDirect;
  ConversationId root_id;                       ///< Whose people may come in: itself, or a thread's parent.
  json::Nullable<CommunityId> community_id;     ///< Of channels and their threads.
  json::Nullable<ChannelId> channel_id;         ///< The same.
  json::Nullable<MessageId> parent_message_id;  ///< Of a thread.
  json::Nullable<UserId> owner_id;              ///< Of a group.
  std::string name;                             ///< Of a group or thread; empty: none.
  int64_t first_seq = 1;                        ///< Earlier ones are gone: retention.
  int64_t last_seq = 0;                         ///< 0: nothing was said yet.
  int64_t change = 0;                           ///< Grows by one with everything that happens here but marks.
  int64_t version = 1;                          ///< Of name, owner and people.
  WallTime created_at;
  WallTime active_at;  ///< Of the last message, else created_at.
};
BOOST_DESCRIBE_STRUCT(Conversation, (),
                      (id, kind, root_id, community_id, channel_id, parent_message_id, owner_id, name, first_seq,
                       last_seq, change, version, created_at, active_at))

struct ConversationMember {
  UserId user_id;
  WallTime joined_at;
  json::Nullable<UserId> added_by;
};
BOOST_DESCRIBE_STRUCT(ConversationMember, (), (user_id, joined_at, added_by))

/// Whom a message calls beside those it names.
enum class MentionAll : unsigned char { kNone = 0, kHere = 1, kEveryone = 2 };
BOOST_DESCRIBE_ENUM(MentionAll, kNone, kHere, kEveryone)

using Body = json::Block<0, kMaxText>;

/// A row as it is stored.
struct MessageRow {
  MessageId id;
  ConversationId conversation_id;
  int64_t seq = 0;  ///< Dense within the conversation, from 1, never given twice.
  UserId sender_id;
  json::Nullable<std::string> client_id;
  Body text;  ///< NFC; empty when it is deleted.
  json::Nullable<MessageId> reply_to;
  MentionAll mentions_all = MentionAll::kNone;
  json::Nullable<ConversationId> thread_id;
  json::Nullable<WallTime> pinned_at;
  json::Nullable<UserId> pinned_by;
  int64_t version = 1;  ///< Grows with every edit and with the deletion.
  int64_t change = 0;   ///< Of the conversation, when this message (its reactions, its pin) last changed.
  WallTime created_at;
  json::Nullable<WallTime> edited_at;
  json::Nullable<WallTime> deleted_at;  ///< A tombstone.
  json::Nullable<UserId> deleted_by;
  bool is_deleted() const { return deleted_at.has_value(); }
};
BOOST_DESCRIBE_STRUCT(MessageRow, (),
                      (id, conversation_id, seq, sender_id, client_id, text, reply_to, mentions_all, thread_id,
                       pinned_at, pinned_by, version, change, created_at, edited_at, deleted_at, deleted_by))

struct Message : MessageRow {
  std::vector<UserId> mentions;              ///< Sorted; resolved by the server.
  std::vector<files::FileView> attachments;  ///< As they are now: one that is looked at changes the message again.
};
BOOST_DESCRIBE_STRUCT(Message, (MessageRow), (mentions, attachments))

/// What a reply shows of the message it answers.
struct ReplyView {
  MessageId id;
  int64_t seq = 0;
  UserId sender_id;
  Body snippet;  ///< The beginning of its text as it is now.
  bool is_deleted = false;
};
BOOST_DESCRIBE_STRUCT(ReplyView, (), (id, seq, sender_id, snippet, is_deleted))

struct ReactionView {
  std::string emoji;
  int64_t count = 0;
  bool is_mine = false;
};
BOOST_DESCRIBE_STRUCT(ReactionView, (), (emoji, count, is_mine))

/// A message with what stands beside it, for one reader.
struct MessageView : Message {
  json::Nullable<ReplyView> reply;  ///< Null too when what it answers is gone.
  std::vector<ReactionView> reactions;
};
BOOST_DESCRIBE_STRUCT(MessageView, (Message), (reply, reactions))

/// How far somebody is in a conversation; the three seqs only rise.
struct Marks {
  int64_t delivered_seq = 0;
  int64_t read_seq = 0;
  int64_t played_seq = 0;               ///< Voice messages listened to.
  json::Nullable<int64_t> unread_from;  ///< Marked unread from here on.
};
BOOST_DESCRIBE_STRUCT(Marks, (), (delivered_seq, read_seq, played_seq, unread_from))

}  // namespace parley::product::chat
