#include "product/chat/attachments.h"

#include <algorithm>

#include "product/chat/events.h"
#include "product/chat/rows.h"
#include "product/chat/tombstones.h"
#include "product/files/rows.h"
#include "product/ports/ids_in.h"

namespace parley::product::chat {
namespace {

struct FileOf {
  MessageId message;
  FileId file;
};
BOOST_DESCRIBE_STRUCT(FileOf, (), (message, file))

}  // namespace

std::unordered_map<MessageId, std::vector<files::FileView>> attachments_of(Tx& tx,
                                                                           std::span<const MessageId> messages) {
  const auto rows = all_in<FileOf>(
      tx, "select message_id, file_id from message_files where message_id in ({ids}) order by position", {}, messages);
  if (rows.empty()) return {};
  std::vector<FileId> ids;
  for (const FileOf& row : rows) ids.push_back(row.file);
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  std::unordered_map<FileId, files::FileView> views;
  for (files::FileView& view : files::views_of(tx, ids)) views[view.id] = std::move(view);
  std::unordered_map<MessageId, std::vector<files::FileView>> out;
  for (const FileOf& row : rows) {
    if (const auto view = views.find(row.file); view != views.end()) out[row.message].push_back(view->second);
  }
  return out;
}

int64_t features_of(std::span<const files::FileView> files) {
  int64_t features = files.empty() ? 0 : kHasFile;
  for (const files::FileView& file : files) features |= file.kind == MediaKind::kImage ? kHasImage : 0;
  return features;
}

bool may_read_file(Tx& tx, const UserId& user, const FileId& file, WallTime now) {
  const auto where = all<ConversationId>(tx,
                                         "select distinct m.conversation_id from message_files f join messages m on "
                                         "m.id = f.message_id where f.file_id = $1",
                                         file);
  return std::ranges::any_of(where, [&](const ConversationId& conversation) {
    const auto standing = standing_in(tx, user, conversation, now);
    return standing && standing->has(Right::kHistory);
  });
}

void refresh_messages(Tx& tx, const FileId& file, WallTime now) {
  for (const MessageId& id : all<MessageId>(tx, "select message_id from message_files where file_id = $1", file)) {
    auto message = find_message(tx, id);
    auto conversation = message ? find_conversation(tx, message->conversation_id) : std::nullopt;
    if (!conversation) continue;
    count_change(tx, *conversation, now);
    message->change = conversation->change;
    execute(tx, "update messages set change = $2, features = features - (features & $3) + $4 where id = $1", id,
            message->change, kHasFile | kHasImage, features_of(message->attachments));
    tell(tx, "message.updated", message->conversation_id, told(tx, *message, {}));
  }
}

}  // namespace parley::product::chat
