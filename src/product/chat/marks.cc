#include "product/chat/marks.h"

#include <algorithm>

#include "product/chat/counts.h"
#include "product/chat/events.h"
#include "product/chat/participation.h"
#include "product/chat/rows.h"
#include "product/chat/text.h"
#include "product/ports/ids_in.h"

namespace parley::product::chat {
namespace {

struct ReceiptRow : Receipt {
  bool is_blocked = false;
};
BOOST_DESCRIBE_STRUCT(ReceiptRow, (Receipt), (is_blocked))

struct Sums {
  int64_t delivered = 0;
  int64_t read = 0;
  int64_t played = 0;
};
BOOST_DESCRIBE_STRUCT(Sums, (), (delivered, read, played))

/// Of others who show theirs.
constexpr std::string_view kShown =
    " from conversation_marks k join users u on u.id = k.user_id where k.conversation_id = $1 and k.user_id <> $2 "
    "and cast(u.privacy as text) not like '%\"sendsReadReceipts\":false%'";

void list_receipts(Tx& tx, const Acting& acting, const Conversation& conversation, Receipts& out) {
  std::string sql =
      "select k.user_id, k.delivered_seq, k.read_seq, k.played_seq, case when exists (select 1 from blocks b where "
      "(b.user_id = $2 and b.blocked_id = k.user_id) or (b.user_id = k.user_id and b.blocked_id = $2)) then 1 else 0 "
      "end";
  sql += kShown;
  auto rows = all<ReceiptRow>(tx, sql + " order by k.user_id", conversation.id, acting.user);
  std::erase_if(rows, [](const ReceiptRow& row) { return row.is_blocked; });
  std::vector<UserId> users;
  for (const ReceiptRow& row : rows) users.push_back(row.user_id);
  const std::vector<UserId> readers = readers_among(tx, conversation, users, acting.now);
  for (ReceiptRow& row : rows) {
    if (std::ranges::find(readers, row.user_id) != readers.end()) out.items.push_back(std::move(row));
  }
}

void count_receipts(Tx& tx, const Acting& acting, const Conversation& conversation, int64_t seq, Receipts& out) {
  std::string sql =
      "select coalesce(sum(case when k.delivered_seq >= $3 then 1 else 0 end), 0), "
      "coalesce(sum(case when k.read_seq >= $3 then 1 else 0 end), 0), "
      "coalesce(sum(case when k.played_seq >= $3 then 1 else 0 end), 0)";
  sql += kShown;
  const Sums sums = one<Sums>(tx, sql, conversation.id, acting.user, seq).value_or(Sums());
  out.delivered = sums.delivered;
  out.read = sums.read;
  out.played = sums.played;
}

DraftTold told(const Draft& draft, const UserId& user) {
  return {draft.conversation_id, user, draft.text, draft.reply_to, draft.updated_at};
}

}  // namespace

Marks marks_of(Tx& tx, const UserId& user, const Conversation& conversation) {
  const auto counts = counts_of(tx, user, std::span(&conversation.id, 1));
  const auto own = counts.find(conversation.id);
  return own == counts.end() ? Marks() : own->second.marks();
}

Outcome<Marks> mark(Tx& tx, const Acting& acting, const ConversationId& id, const MarksChange& change) {
  auto standing = require(tx, acting, id, Right::kView);
  if (!standing) return std::unexpected(std::move(standing.error()));
  const Conversation& conversation = standing->conversation;
  const Marks before = marks_of(tx, acting.user, conversation);
  Marks after = before;
  const auto raise = [&](int64_t& mark, const std::optional<Seq>& to) {
    if (to) mark = std::max(mark, std::min(to->value(), conversation.last_seq));
  };
  raise(after.delivered_seq, change.delivered_seq);
  raise(after.read_seq, change.read_seq);
  raise(after.played_seq, change.played_seq);
  after.delivered_seq = std::max(after.delivered_seq, after.read_seq);
  if (after.unread_from && change.read_seq && change.read_seq->value() >= *after.unread_from) after.unread_from = {};
  const bool has_read =
      after.read_seq != before.read_seq || after.unread_from.has_value() != before.unread_from.has_value();
  if (!has_read && after.delivered_seq == before.delivered_seq && after.played_seq == before.played_seq) return after;
  store_marks(tx,
              has_read                                ? "receipt.read"
              : after.played_seq != before.played_seq ? "receipt.played"
                                                      : "receipt.delivered",
              conversation, acting.user, after);
  return after;
}

Outcome<Marks> mark_unread(Tx& tx, const Acting& acting, const ConversationId& id, int64_t from_seq) {
  auto standing = require(tx, acting, id, Right::kView);
  if (!standing) return std::unexpected(std::move(standing.error()));
  if (from_seq > standing->conversation.last_seq) return refuse_field("/fromSeq", "is after the last message");
  Marks marks = marks_of(tx, acting.user, standing->conversation);
  if (marks.unread_from && *marks.unread_from == from_seq) return marks;
  marks.unread_from = from_seq;
  store_marks(tx, "unread.marked", standing->conversation, acting.user, marks);
  return marks;
}

Outcome<Receipts> read_receipts(Tx& tx, const Acting& acting, const ConversationId& id, std::optional<int64_t> seq) {
  auto standing = require(tx, acting, id, Right::kView);
  if (!standing) return std::unexpected(std::move(standing.error()));
  const Conversation& conversation = standing->conversation;
  const int64_t about = seq.value_or(conversation.last_seq);
  Receipts out;
  if (hides_receipts(tx, acting.user)) {
    out.is_hidden = true;
    return out;
  }
  out.is_counted = is_crowded(tx, conversation);
  if (out.is_counted) {
    count_receipts(tx, acting, conversation, about, out);
    return out;
  }
  list_receipts(tx, acting, conversation, out);
  for (const Receipt& receipt : out.items) {
    out.delivered += receipt.delivered_seq >= about ? 1 : 0;
    out.read += receipt.read_seq >= about ? 1 : 0;
    out.played += receipt.played_seq >= about ? 1 : 0;
  }
  return out;
}

Outcome<Draft> set_draft(Tx& tx, const Acting& acting, const ConversationId& id, const DraftChange& change) {
  if (change.text.text().empty() && !change.reply_to) {
    if (const auto done = drop_draft(tx, acting, id); !done) return std::unexpected(done.error());
    return Draft{.conversation_id = id, .text = {}, .reply_to = {}, .updated_at = acting.now};
  }
  auto standing = require(tx, acting, id, Right::kView);
  if (!standing) return std::unexpected(std::move(standing.error()));
  const int64_t others =
      one<int64_t>(tx, "select count(*) from drafts where user_id = $1 and conversation_id <> $2", acting.user, id)
          .value_or(0);
  if (others >= kMaxDrafts) return refuse(ProblemCode::kLimitReached, "drafts");
  make_stored(tx, *standing, acting.now);
  Draft draft{id, change.text, change.reply_to, acting.now};
  execute(tx,
          "insert into drafts (user_id, conversation_id, body, reply_to, updated_at) values ($1, $2, $3, $4, $5) "
          "on conflict (user_id, conversation_id) do update set body = excluded.body, reply_to = excluded.reply_to, "
          "updated_at = excluded.updated_at",
          acting.user, id, draft.text, draft.reply_to, draft.updated_at);
  tell_user(tx, "draft.changed", acting.user, told(draft, acting.user));
  return draft;
}

Outcome<void> drop_draft(Tx& tx, const Acting& acting, const ConversationId& id) {
  const auto standing = require(tx, acting, id, Right::kView);
  if (!standing) return std::unexpected(standing.error());
  if (execute(tx, "delete from drafts where user_id = $1 and conversation_id = $2", acting.user, id) == 0) return {};
  tell_user(tx, "draft.changed", acting.user,
            told({.conversation_id = id, .text = {}, .reply_to = {}, .updated_at = acting.now}, acting.user));
  return {};
}

Outcome<std::vector<Draft>> list_drafts(Tx& tx, const Acting& acting) {
  auto drafts = all<Draft>(tx,
                           "select conversation_id, body, reply_to, updated_at from drafts where user_id = $1 "
                           "order by updated_at desc, conversation_id",
                           acting.user);
  std::erase_if(drafts, [&](const Draft& draft) {
    return !standing_in(tx, acting.user, draft.conversation_id, acting.now).has_value();
  });
  return drafts;
}

}  // namespace parley::product::chat
