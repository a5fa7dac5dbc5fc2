#pragma once

#include <string_view>
#include <vector>

#include "product/chat/access.h"

namespace parley::product::chat {

/// Whom a message calls: people who may read it, and who have not blocked the sender nor he them. More than
/// kMaxMentions are left out. A call of all counts only of those who may.
struct Mentions {
  std::vector<UserId> users;  ///< Sorted.
  MentionAll all = MentionAll::kNone;
};
Mentions resolve_mentions(Tx& tx, const Acting& acting, const Standing& standing, std::string_view text);
/// Puts them in the place of what was stored for the message.
void store_mentions(Tx& tx, const Message& message);

}  // namespace parley::product::chat
