#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <vector>

#include "product/chat/access.h"
#include "product/chat/inputs.h"

namespace parley::product::chat {

struct Sent {
  MessageView message;
  bool is_repeat = false;  ///< It was stored before; nothing was emitted.
};
/// The message that was sent before with this clientId, edited and deleted ones too; nullopt when there is none. So
/// that a repeat costs nothing, callers look here before they spend of a rate limit.
Outcome<std::optional<MessageView>> find_repeat(Tx& tx, const Acting& acting, const ConversationId& conversation,
                                                const ClientId& client_id);
/// kInvalidRequest, kForbidden, kTimedOut; kRateLimited by slow mode, with the time to wait.
Outcome<Sent> send_message(Tx& tx, const Acting& acting, const ConversationId& conversation, const NewMessage& wanted);
/// By the author while he may send. kConflict for another version. The same text again changes nothing.
Outcome<MessageView> edit_message(Tx& tx, const Acting& acting, const MessageId& message, const MessageEdit& edit);
/// One's own, or with Right::kModerate anybody's: that goes to the community's audit log with `acting.reason`. Text,
/// files, reactions and earlier versions are gone at once; the tombstone stays. Again is no mistake.
Outcome<void> delete_message(Tx& tx, const Acting& acting, const MessageId& message);

Outcome<MessageView> get_message(Tx& tx, const Acting& acting, const MessageId& message);

/// At most one of the three; none: the newest. `around` has that one in its middle.
struct HistoryPlace {
  std::optional<int64_t> before;
  std::optional<int64_t> after;
  std::optional<int64_t> around;
  int64_t limit = 50;  ///< 1 to 100.
};
/// Ascending by seq; tombstones are there.
struct History {
  std::vector<MessageView> items;
  json::Nullable<int64_t> next;  ///< To be asked for as `after`; null: these are the newest.
  json::Nullable<int64_t> prev;  ///< To be asked for as `before`; null: there are none before.
};
BOOST_DESCRIBE_STRUCT(History, (), (items, next, prev))
Outcome<History> read_history(Tx& tx, const Acting& acting, const ConversationId& conversation,
                              const HistoryPlace& place);

/// What has changed since a point that the caller knows.
struct Changes {
  std::vector<MessageView> items;  ///< New, edited, deleted, reacted to, pinned; in the order of their last change.
  int64_t change = 0;              ///< The point that is reached with these: ask again from here.
  bool has_more = false;
  int64_t first_seq = 1;  ///< What the caller holds from before is gone.
  int64_t last_seq = 0;
  int64_t version = 0;  ///< Another one than the caller's: ask for the conversation itself.
};
BOOST_DESCRIBE_STRUCT(Changes, (), (items, change, has_more, first_seq, last_seq, version))
Outcome<Changes> read_changes(Tx& tx, const Acting& acting, const ConversationId& conversation, int64_t since,
                              int64_t limit);

struct MessageVersion {
  int64_t version = 0;
  Body text;
  WallTime written_at;
};
BOOST_DESCRIBE_STRUCT(MessageVersion, (), (version, text, written_at))
/// The earlier texts, the first one first. For the author and those with Right::kModerate.
Outcome<std::vector<MessageVersion>> list_versions(Tx& tx, const Acting& acting, const MessageId& message);

/// Deletes what a banned user said in a community since then, at most `limit` messages; returns how many.
int64_t delete_recent(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& sender, WallTime since,
                      int64_t limit);

}  // namespace parley::product::chat
