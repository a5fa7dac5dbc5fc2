#pragma once

#include <boost/describe.hpp>
#include <string>
#include <vector>

#include "product/chat/conversations.h"

namespace parley::product::chat {

/// One conversation of the caller's: enough to see whether what a client holds is all there is. Whoever has the
/// messages up to `last_seq` and has followed the changes up to `change` has missed nothing; else read_changes() from
/// his own point gives exactly the rest.
struct SyncItem {
  ConversationId conversation_id;
  ConversationKind kind = ConversationKind::kDirect;
  int64_t first_seq = 1;
  int64_t last_seq = 0;
  int64_t change = 0;
  int64_t version = 1;
  int64_t delivered_seq = 0;
  int64_t read_seq = 0;
  json::Nullable<int64_t> unread_from;
  int64_t unread = 0;
  int64_t mentions = 0;
  bool changed = true;  ///< Something may have happened since `since`.
};
BOOST_DESCRIBE_STRUCT(SyncItem, (),
                      (conversation_id, kind, first_seq, last_seq, change, version, delivered_seq, read_seq,
                       unread_from, unread, mentions, changed))

/// Clocks of instances differ, and a unit of work takes its time: what is as old as this still counts as new.
inline constexpr TimeDelta kSyncSlack = TimeDelta::seconds(300);

/// All conversations that the caller may read now, by id: direct and group ones, channels, threads he takes part in.
/// What is not named here is his no more. `since`: the moment of the last sync; without it everything has changed.
Outcome<Listing<SyncItem>> sync(Tx& tx, const Acting& acting, std::optional<WallTime> since, const PagePlace& place);

}  // namespace parley::product::chat
