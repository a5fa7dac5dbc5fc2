#pragma once

#include "product/chat/access.h"

// Marks as other operations need them.

namespace parley::product::chat {

/// Stores how far somebody is, and tells it.
void store_marks(Tx& tx, std::string_view type, const Conversation& conversation, const UserId& user,
                 const Marks& marks);
/// From now on he takes part in a thread, or is in a group: what was said before is nothing new to him.
void take_part(Tx& tx, const Conversation& conversation, const UserId& user);
/// kRateLimited while slow mode holds; else the moment is kept.
Outcome<void> spend_slow_mode(Tx& tx, const Acting& acting, const Standing& standing);

/// Whether he hides how far he has read (identity::Privacy::sends_read_receipts).
bool hides_receipts(Tx& tx, const UserId& user);
/// So many people may read there that receipts are only counted.
bool is_crowded(Tx& tx, const Conversation& conversation);

}  // namespace parley::product::chat
