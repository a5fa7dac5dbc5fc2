// Sending, editing and deleting.
#include "product/chat/messages.h"

#include <algorithm>

#include "product/chat/attachments.h"
#include "product/chat/events.h"
#include "product/chat/mentions.h"
#include "product/chat/participation.h"
#include "product/chat/rows.h"
#include "product/chat/text.h"
#include "product/chat/tombstones.h"
#include "product/chat/word_index.h"
#include "product/community/audit.h"
#include "product/community/checks.h"
#include "product/files/processing.h"

namespace parley::product::chat {
namespace {

/// NFC and within the limit, which it may have left on the way.
Outcome<Body> normal_text(std::string_view text) {
  std::string out = to_nfc(text);
  if (count_code_points(out) > kMaxText) return refuse_field("/text", "must have at most 4000 characters");
  return Body(std::move(out));
}

/// A voice message is one sound and nothing beside it (product.md 3.6).
Outcome<void> check_voice(const Body& text, const std::vector<files::FileView>& files) {
  if (std::ranges::none_of(files, &files::FileView::is_voice)) return {};
  if (files.size() > 1) return refuse_field("/attachments", "a voice message is one file");
  if (!is_blank(text)) return refuse_field("/text", "a voice message has none");
  return {};
}

/// All that is decided before anything is written.
struct Draftable {
  Body text;
  std::vector<files::FileView> files;
  int64_t features = 0;
};
Outcome<Draftable> check_content(Tx& tx, const Acting& acting, const Standing& standing, const NewMessage& wanted) {
  auto text = normal_text(wanted.text.value_or(Body()));
  if (!text) return std::unexpected(text.error());
  Draftable out{.text = std::move(*text), .files = {}};
  if (wanted.attachments && !wanted.attachments->empty()) {
    if (!standing.has(Right::kAttach)) return std::unexpected(refusal(standing, Right::kAttach));
    auto taken = files::take_for_message(tx, acting.user, *wanted.attachments, acting.now);
    if (!taken) return std::unexpected(std::move(taken.error()));
    out.files = std::move(*taken);
    if (auto good = check_voice(out.text, out.files); !good) return std::unexpected(std::move(good.error()));
  }
  if (is_blank(out.text) && out.files.empty()) return refuse_field("/text", "is blank, and nothing is attached");
  out.features = (has_link(out.text) ? kHasLink : 0) | features_of(out.files);
  return out;
}

Outcome<void> check_reply(Tx& tx, const Conversation& conversation, const std::optional<MessageId>& reply_to) {
  if (!reply_to) return {};
  if (one<int64_t>(tx, "select 1 from messages where id = $1 and conversation_id = $2", *reply_to, conversation.id))
    return {};
  return refuse_field("/replyTo", "is no message of this conversation");
}

void insert_message(Tx& tx, const Message& made, int64_t features) {
  execute(tx,
          "insert into messages (id, conversation_id, seq, sender_id, client_id, body, words, features, reply_to, "
          "mentions_all, change, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
          made.id, made.conversation_id, made.seq, made.sender_id, made.client_id, made.text, searchable(made.text),
          features, made.reply_to, made.mentions_all, made.change, made.created_at);
  enter_index(tx, made.id);
  for (size_t i = 0; i < made.attachments.size(); ++i)
    execute(tx, "insert into message_files (message_id, position, file_id) values ($1, $2, $3)", made.id, i,
            made.attachments[i].id);
  store_mentions(tx, made);
}

/// The message that is there with this clientId.
std::optional<MessageView> stored_before(Tx& tx, const UserId& sender, const ConversationId& conversation,
                                         const ClientId& client_id) {
  auto rows =
      all<MessageRow>(tx, select_messages("where m.conversation_id = $1 and m.sender_id = $2 and m.client_id = $3"),
                      conversation, sender, client_id);
  if (rows.empty()) return std::nullopt;
  return std::move(to_views(tx, std::move(rows), sender).front());
}

/// A message of one's own that may still be edited.
Outcome<Held> require_own(Tx& tx, const Acting& acting, const MessageId& message) {
  auto held = require_on(tx, acting, message, Right::kView);
  if (!held) return held;
  if (held->message.sender_id != acting.user) return refuse(ProblemCode::kForbidden, "only its author may edit it");
  if (!held->standing.has(Right::kSend)) return std::unexpected(refusal(held->standing, Right::kSend));
  return held;
}

}  // namespace

Outcome<std::optional<MessageView>> find_repeat(Tx& tx, const Acting& acting, const ConversationId& conversation,
                                                const ClientId& client_id) {
  auto stored = stored_before(tx, acting.user, conversation, client_id);
  if (stored && !standing_in(tx, acting.user, conversation, acting.now)) return refuse(ProblemCode::kNotFound);
  return stored;
}

Outcome<Sent> send_message(Tx& tx, const Acting& acting, const ConversationId& id, const NewMessage& wanted) {
  if (wanted.client_id) {
    auto repeat = find_repeat(tx, acting, id, *wanted.client_id);
    if (!repeat) return std::unexpected(std::move(repeat.error()));
    if (*repeat) return Sent{.message = std::move(**repeat), .is_repeat = true};
  }
  auto standing = require(tx, acting, id, Right::kSend);
  if (!standing) return std::unexpected(std::move(standing.error()));
  auto content = check_content(tx, acting, *standing, wanted);
  if (!content) return std::unexpected(std::move(content.error()));
  if (const auto good = check_reply(tx, standing->conversation, wanted.reply_to); !good)
    return std::unexpected(good.error());
  make_stored(tx, *standing, acting.now);
  if (const auto good = spend_slow_mode(tx, acting, *standing); !good) return std::unexpected(good.error());
  Mentions mentions = resolve_mentions(tx, acting, *standing, content->text);
  count_message(tx, standing->conversation, acting.now);
  Message made;
  made.id = make_id<MessageId>(acting.now, acting.rng);
  made.conversation_id = id;
  made.seq = standing->conversation.last_seq;
  made.sender_id = acting.user;
  if (wanted.client_id) made.client_id = wanted.client_id->text();
  made.text = std::move(content->text);
  made.reply_to = wanted.reply_to;
  made.mentions_all = mentions.all;
  made.change = standing->conversation.change;
  made.created_at = acting.now;
  made.mentions = std::move(mentions.users);
  made.attachments = std::move(content->files);
  insert_message(tx, made, content->features);
  const MessageTold payload = told(tx, made, made.mentions);
  tell(tx, "message.created", id, payload);
  if (standing->conversation.kind == ConversationKind::kThread) take_part(tx, standing->conversation, acting.user);
  Sent sent;
  static_cast<Message&>(sent.message) = made;
  sent.message.reply = payload.reply;
  return sent;
}

Outcome<MessageView> edit_message(Tx& tx, const Acting& acting, const MessageId& id, const MessageEdit& edit) {
  auto held = require_own(tx, acting, id);
  if (!held) return std::unexpected(std::move(held.error()));
  Message& message = held->message;
  if (const auto seen = community::check_version(edit.version, message.version); !seen)
    return std::unexpected(seen.error());
  auto text = normal_text(edit.text);
  if (!text) return std::unexpected(text.error());
  if (is_blank(*text) && message.attachments.empty()) return refuse_field("/text", "is blank, and nothing is attached");
  if (*text == message.text) return to_view(tx, message, acting.user);
  execute(tx, "insert into message_versions (message_id, version, body, written_at) values ($1, $2, $3, $4)", id,
          message.version, message.text, message.edited_at.value_or(message.created_at));
  const std::vector<UserId> called_before = std::move(message.mentions);
  Mentions mentions = resolve_mentions(tx, acting, held->standing, *text);
  count_change(tx, held->standing.conversation, acting.now);
  message.text = std::move(*text);
  message.mentions = std::move(mentions.users);
  message.mentions_all = mentions.all;
  message.change = held->standing.conversation.change;
  message.edited_at = acting.now;
  ++message.version;
  leave_index(tx, id);
  execute(tx,
          "update messages set body = $2, words = $3, features = features - (features & $4) + $5, mentions_all = $6, "
          "version = $7, change = $8, edited_at = $9 where id = $1",
          id, message.text, searchable(message.text), kHasLink, has_link(message.text) ? kHasLink : 0,
          message.mentions_all, message.version, message.change, message.edited_at);
  enter_index(tx, id);
  store_mentions(tx, message);
  std::vector<UserId> new_mentions;
  std::ranges::set_difference(message.mentions, called_before, std::back_inserter(new_mentions));
  tell(tx, "message.updated", message.conversation_id, told(tx, message, std::move(new_mentions)));
  return to_view(tx, message, acting.user);
}

Outcome<void> delete_message(Tx& tx, const Acting& acting, const MessageId& id) {
  auto message = find_message(tx, id);
  if (!message) return refuse(ProblemCode::kNotFound);
  const bool is_own = message->sender_id == acting.user;
  auto standing = require(tx, acting, message->conversation_id, is_own ? Right::kView : Right::kModerate);
  if (!standing) return std::unexpected(std::move(standing.error()));
  if (message->is_deleted()) return {};
  if (!is_own && standing->conversation.community_id) {
    const DeletedNote note{message->conversation_id, message->sender_id, message->seq};
    community::record(tx, acting, *standing->conversation.community_id,
                      {"message.delete", id.text(), json::to_json(note), std::nullopt});
  }
  bury(tx, acting, standing->conversation, std::move(*message));
  return {};
}

int64_t delete_recent(Tx& tx, const Acting& acting, const CommunityId& community, const UserId& sender, WallTime since,
                      int64_t limit) {
  const auto rows =
      all<MessageId>(tx,
                     "select m.id from messages m join conversations c on c.id = m.conversation_id "
                     "where m.sender_id = $1 and c.community_id = $2 and m.created_at >= $3 and m.deleted_at is null "
                     "order by m.row limit $4",
                     sender, community, since, limit);
  for (const MessageId& id : rows) {
    auto message = find_message(tx, id);
    auto conversation = message ? find_conversation(tx, message->conversation_id) : std::nullopt;
    if (conversation) bury(tx, acting, *conversation, std::move(*message));
  }
  return std::ssize(rows);
}

}  // namespace parley::product::chat
