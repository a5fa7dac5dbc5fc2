#include "product/chat/counts.h"

#include <string>

#include "product/ports/ids_in.h"

namespace parley::product::chat {
namespace {

/// The marks, or what stands for them; `seen` is what everything up to is no news.
constexpr std::string_view kWhere =
    "select n.id as id, n.delivered_seq as delivered_seq, n.read_seq as read_seq, n.played_seq as played_seq, "
    "n.unread_from as unread_from, "
    "case when n.unread_from is not null and n.unread_from <= n.read_seq then n.unread_from - 1 else n.read_seq end "
    "as seen from (select c.id as id, coalesce(k.delivered_seq, 0) as delivered_seq, "
    "coalesce(k.read_seq, case when c.kind = 3 then c.last_seq when c.kind = 2 then "
    "(select b.seq from messages b where b.conversation_id = c.id and b.created_at <= j.joined_at "
    "order by b.created_at desc, b.seq desc limit 1) end, 0) as read_seq, "
    "coalesce(k.played_seq, 0) as played_seq, k.unread_from as unread_from from conversations c "
    "left join conversation_marks k on k.conversation_id = c.id and k.user_id = $1 "
    "left join members j on j.community_id = c.community_id and j.user_id = $1 where c.id in ({ids})) n";

std::string counting() {
  std::string sql =
      "select r.id, r.delivered_seq, r.read_seq, r.played_seq, r.unread_from, "
      "(select count(*) from (select 1 from messages m where m.conversation_id = r.id and m.seq > r.seen "
      "and m.sender_id <> $1 and m.deleted_at is null limit $2) unread), "
      "(select count(*) from (select distinct x.seq from message_mentions x join messages m on m.id = x.message_id "
      "where x.conversation_id = r.id and x.user_id in ($1, '') and x.seq > r.seen and m.sender_id <> $1 limit $2) "
      "calls) from (";
  sql += kWhere;
  return sql + ") r";
}

}  // namespace

std::unordered_map<ConversationId, Counts> counts_of(Tx& tx, const UserId& user,
                                                     std::span<const ConversationId> conversations) {
  static const std::string sql = counting();
  std::unordered_map<ConversationId, Counts> out;
  for (Counts& row : all_in<Counts>(tx, sql, {to_sql(user), to_sql(kMaxCounted)}, conversations)) {
    if (row.delivered_seq < row.read_seq) row.delivered_seq = row.read_seq;
    const ConversationId id = row.conversation;
    out.emplace(id, std::move(row));
  }
  return out;
}

}  // namespace parley::product::chat
