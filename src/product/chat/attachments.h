#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "product/chat/access.h"
#include "product/files/types.h"

// Files in messages: whose they are and what is in them is product/files' business.

namespace parley::product::chat {

/// Of many messages, each one's in their order.
std::unordered_map<MessageId, std::vector<files::FileView>> attachments_of(Tx& tx, std::span<const MessageId> messages);
/// What a search may ask for (Has), of these files.
int64_t features_of(std::span<const files::FileView> files);
/// Whether he may read a message that holds this file.
bool may_read_file(Tx& tx, const UserId& user, const FileId& file, WallTime now);
/// The file has become ready, or was refused: that changes every message that holds it.
void refresh_messages(Tx& tx, const FileId& file, WallTime now);

}  // namespace parley::product::chat
