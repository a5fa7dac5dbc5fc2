#include "product/chat/participation.h"

#include "product/chat/events.h"
#include "product/chat/marks.h"
#include "product/chat/rows.h"
#include "product/identity/profile.h"

namespace parley::product::chat {
namespace {

MarksTold told(const Conversation& conversation, const UserId& user, const Marks& marks) {
  MarksTold out;
  static_cast<Marks&>(out) = marks;
  out.conversation_id = conversation.id;
  out.user_id = user;
  return out;
}

}  // namespace

bool hides_receipts(Tx& tx, const UserId& user) { return !identity::privacy_of(tx, user).sends_read_receipts; }

bool is_crowded(Tx& tx, const Conversation& conversation) {
  if (conversation.community_id) {
    return one<int64_t>(tx, "select count(*) from (select 1 from members where community_id = $1 limit $2) counted",
                        *conversation.community_id, kMaxReceipts + 1)
               .value_or(0) > kMaxReceipts;
  }
  return one<int64_t>(tx,
                      "select count(*) from (select 1 from conversation_members where conversation_id = $1 limit $2) "
                      "counted",
                      conversation.root_id, kMaxReceipts + 1)
             .value_or(0) > kMaxReceipts;
}

void store_marks(Tx& tx, std::string_view type, const Conversation& conversation, const UserId& user,
                 const Marks& marks) {
  execute(tx,
          "insert into conversation_marks (conversation_id, user_id, delivered_seq, read_seq, played_seq, unread_from) "
          "values ($1, $2, $3, $4, $5, $6) on conflict (conversation_id, user_id) do update set "
          "delivered_seq = excluded.delivered_seq, read_seq = excluded.read_seq, played_seq = excluded.played_seq, "
          "unread_from = excluded.unread_from",
          conversation.id, user, marks.delivered_seq, marks.read_seq, marks.played_seq, marks.unread_from);
  const MarksTold payload = told(conversation, user, marks);
  const bool is_private = type == "unread.marked" || hides_receipts(tx, user) || is_crowded(tx, conversation);
  if (is_private) {
    tell_user(tx, type, user, payload);
  } else {
    tell(tx, type, conversation.id, payload);
  }
}

void take_part(Tx& tx, const Conversation& conversation, const UserId& user) {
  if (one<int64_t>(tx, "select 1 from conversation_marks where conversation_id = $1 and user_id = $2", conversation.id,
                   user))
    return;
  store_marks(tx, "receipt.read", conversation, user,
              {.delivered_seq = conversation.last_seq, .read_seq = conversation.last_seq, .unread_from = {}});
}

Outcome<void> spend_slow_mode(Tx& tx, const Acting& acting, const Standing& standing) {
  if (standing.slow_mode_seconds == 0) return {};
  const ConversationId& id = standing.conversation.id;
  const auto rows = all<std::optional<WallTime>>(
      tx, "select last_sent_at from conversation_marks where conversation_id = $1 and user_id = $2", id, acting.user);
  const TimeDelta pause = TimeDelta::seconds(standing.slow_mode_seconds);
  if (!rows.empty() && rows.front()) {
    const TimeDelta passed = TimeDelta::micros(acting.now.unix_us - rows.front()->unix_us);
    if (passed < pause) {
      return std::unexpected(Problem{.code = ProblemCode::kRateLimited,
                                     .detail = "slow mode of this channel",
                                     .errors = {},
                                     .retry_after = pause - passed});
    }
  }
  if (rows.empty())
    store_marks(tx, "receipt.read", standing.conversation, acting.user,
                marks_of(tx, acting.user, standing.conversation));
  execute(tx, "update conversation_marks set last_sent_at = $3 where conversation_id = $1 and user_id = $2", id,
          acting.user, acting.now);
  return {};
}

}  // namespace parley::product::chat
