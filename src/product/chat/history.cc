// Reading what was said, and what has changed.
#include <algorithm>

#include "product/chat/messages.h"
#include "product/chat/rows.h"

namespace parley::product::chat {
namespace {

/// At most `limit` from `seq` (without it) in one direction, ascending.
std::vector<MessageRow> rows_before(Tx& tx, const Conversation& conversation, int64_t seq, int64_t limit) {
  auto rows =
      all<MessageRow>(tx, select_messages("where m.conversation_id = $1 and m.seq < $2 order by m.seq desc limit $3"),
                      conversation.id, seq, limit);
  std::ranges::reverse(rows);
  return rows;
}

std::vector<MessageRow> rows_after(Tx& tx, const Conversation& conversation, int64_t seq, int64_t limit) {
  return all<MessageRow>(tx, select_messages("where m.conversation_id = $1 and m.seq > $2 order by m.seq limit $3"),
                         conversation.id, seq, limit);
}

std::vector<MessageRow> rows_at(Tx& tx, const Conversation& conversation, const HistoryPlace& place) {
  if (place.after) return rows_after(tx, conversation, *place.after, place.limit);
  if (place.before) return rows_before(tx, conversation, *place.before, place.limit);
  if (!place.around) return rows_before(tx, conversation, conversation.last_seq + 1, place.limit);
  std::vector<MessageRow> rows = rows_before(tx, conversation, *place.around, place.limit / 2);
  auto rest = rows_after(tx, conversation, *place.around - 1, place.limit - std::ssize(rows));
  std::move(rest.begin(), rest.end(), std::back_inserter(rows));
  return rows;
}

}  // namespace

Outcome<MessageView> get_message(Tx& tx, const Acting& acting, const MessageId& id) {
  auto row = one<MessageRow>(tx, select_messages("where m.id = $1"), id);
  if (!row) return refuse(ProblemCode::kNotFound);
  const auto standing = require(tx, acting, row->conversation_id, Right::kHistory);
  if (!standing) return std::unexpected(standing.error());
  return std::move(to_views(tx, {std::move(*row)}, acting.user).front());
}

Outcome<History> read_history(Tx& tx, const Acting& acting, const ConversationId& id, const HistoryPlace& place) {
  const auto standing = require(tx, acting, id, Right::kHistory);
  if (!standing) return std::unexpected(standing.error());
  if ((place.before ? 1 : 0) + (place.after ? 1 : 0) + (place.around ? 1 : 0) > 1)
    return refuse(ProblemCode::kInvalidRequest, "only one of before, after and around");
  const Conversation& conversation = standing->conversation;
  History out;
  out.items = to_views(tx, rows_at(tx, conversation, place), acting.user);
  if (out.items.empty()) {
    // Beyond an end: the way back is from there.
    if (place.before && conversation.last_seq >= *place.before && *place.before > 0) out.next = *place.before - 1;
    if (place.after && *place.after >= conversation.first_seq && conversation.last_seq > 0) out.prev = *place.after + 1;
    return out;
  }
  if (out.items.back().seq < conversation.last_seq) out.next = out.items.back().seq;
  if (out.items.front().seq > conversation.first_seq) out.prev = out.items.front().seq;
  return out;
}

Outcome<Changes> read_changes(Tx& tx, const Acting& acting, const ConversationId& id, int64_t since, int64_t limit) {
  const auto standing = require(tx, acting, id, Right::kHistory);
  if (!standing) return std::unexpected(standing.error());
  const Conversation& conversation = standing->conversation;
  auto rows =
      all<MessageRow>(tx, select_messages("where m.conversation_id = $1 and m.change > $2 order by m.change limit $3"),
                      id, since, limit + 1);
  Changes out{.items = {},
              .change = conversation.change,
              .has_more = std::ssize(rows) > limit,
              .first_seq = conversation.first_seq,
              .last_seq = conversation.last_seq,
              .version = conversation.version};
  if (out.has_more) {
    rows.resize(static_cast<size_t>(limit));
    out.change = rows.back().change;
  }
  out.items = to_views(tx, std::move(rows), acting.user);
  return out;
}

Outcome<std::vector<MessageVersion>> list_versions(Tx& tx, const Acting& acting, const MessageId& id) {
  auto held = require_on(tx, acting, id, Right::kHistory);
  if (!held) return std::unexpected(std::move(held.error()));
  if (held->message.sender_id != acting.user && !held->standing.has(Right::kModerate))
    return std::unexpected(refusal(held->standing, Right::kModerate));
  return all<MessageVersion>(
      tx, "select version, body, written_at from message_versions where message_id = $1 order by version", id);
}

}  // namespace parley::product::chat
