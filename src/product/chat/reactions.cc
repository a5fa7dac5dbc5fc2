#include "product/chat/reactions.h"

#include "product/chat/events.h"
#include "product/chat/rows.h"
#include "product/chat/text.h"

namespace parley::product::chat {
namespace {

struct OwnReaction {
  MessageId message;
  std::string emoji;
};
BOOST_DESCRIBE_STRUCT(OwnReaction, (), (message, emoji))

/// The message is another one now.
void touch(Tx& tx, const Acting& acting, Held& held) {
  count_change(tx, held.standing.conversation, acting.now);
  held.message.change = held.standing.conversation.change;
  execute(tx, "update messages set change = $2 where id = $1", held.message.id, held.message.change);
}

void tell_reaction(Tx& tx, std::string_view type, const Acting& acting, const Held& held, std::string emoji) {
  const Message& message = held.message;
  tell(tx, type, message.conversation_id,
       ReactionTold{message.conversation_id, message.id, message.seq, acting.user, std::move(emoji), message.change});
}

bool is_new_kind(Tx& tx, const MessageId& message, const std::string& emoji) {
  return !one<int64_t>(tx, "select 1 from message_reactions where message_id = $1 and emoji = $2 limit 1", message,
                       emoji);
}

Outcome<void> set_pin(Tx& tx, const Acting& acting, Held& held, std::optional<WallTime> pinned_at) {
  Message& message = held.message;
  touch(tx, acting, held);
  message.pinned_at = pinned_at;
  message.pinned_by = pinned_at ? json::Nullable<UserId>(acting.user) : json::Nullable<UserId>();
  execute(tx, "update messages set pinned_at = $2, pinned_by = $3 where id = $1", message.id, message.pinned_at,
          message.pinned_by);
  tell(tx, pinned_at ? "pin.added" : "pin.removed", message.conversation_id,
       PinTold{message.conversation_id, message.id, message.seq, acting.user, message.pinned_at, message.change});
  return {};
}

}  // namespace

Outcome<void> add_reaction(Tx& tx, const Acting& acting, const MessageId& id, const Emoji& wanted) {
  auto held = require_on(tx, acting, id, Right::kReact);
  if (!held) return std::unexpected(std::move(held.error()));
  const std::string emoji = to_nfc(wanted);
  if (!is_emoji(emoji)) return refuse_field("?emoji", "must be one emoji, or a name between colons");
  if (is_new_kind(tx, id, emoji)) {
    const int64_t kinds =
        one<int64_t>(tx, "select count(distinct emoji) from message_reactions where message_id = $1", id).value_or(0);
    if (kinds >= kMaxReactionKinds) return refuse(ProblemCode::kLimitReached, "kinds of reactions on one message");
  }
  const int64_t added = execute(tx,
                                "insert into message_reactions (message_id, emoji, user_id, created_at) "
                                "values ($1, $2, $3, $4) on conflict do nothing",
                                id, emoji, acting.user, acting.now);
  if (added == 0) return {};
  touch(tx, acting, *held);
  tell_reaction(tx, "reaction.added", acting, *held, emoji);
  return {};
}

Outcome<void> remove_reaction(Tx& tx, const Acting& acting, const MessageId& id, const Emoji& wanted) {
  auto held = require_on(tx, acting, id, Right::kView);
  if (!held) return std::unexpected(std::move(held.error()));
  const std::string emoji = to_nfc(wanted);
  if (execute(tx, "delete from message_reactions where message_id = $1 and emoji = $2 and user_id = $3", id, emoji,
              acting.user) == 0)
    return {};
  touch(tx, acting, *held);
  tell_reaction(tx, "reaction.removed", acting, *held, emoji);
  return {};
}

int64_t take_back_reactions(Tx& tx, const Acting& acting, int64_t limit) {
  const auto rows = all<OwnReaction>(
      tx, "select message_id, emoji from message_reactions where user_id = $1 order by message_id, emoji limit $2",
      acting.user, limit);
  for (const OwnReaction& row : rows) {
    execute(tx, "delete from message_reactions where message_id = $1 and emoji = $2 and user_id = $3", row.message,
            row.emoji, acting.user);
    auto message = find_message(tx, row.message);
    auto conversation = message ? find_conversation(tx, message->conversation_id) : std::nullopt;
    if (!conversation) continue;
    Held held;
    held.message = std::move(*message);
    held.standing.conversation = std::move(*conversation);
    touch(tx, acting, held);
    tell_reaction(tx, "reaction.removed", acting, held, row.emoji);
  }
  return std::ssize(rows);
}

Outcome<Listing<Reactor>> list_reactors(Tx& tx, const Acting& acting, const MessageId& id, const Emoji& emoji,
                                        const PagePlace& place) {
  const auto held = require_on(tx, acting, id, Right::kHistory);
  if (!held) return std::unexpected(held.error());
  auto rows = all<Reactor>(tx,
                           "select user_id, created_at from message_reactions where message_id = $1 and emoji = $2 "
                           "and user_id > $3 order by user_id limit $4",
                           id, to_nfc(emoji), place.after, place.limit + 1);
  return community::cut(std::move(rows), place, [](const Reactor& reactor) { return reactor.user_id.text(); });
}

Outcome<void> pin_message(Tx& tx, const Acting& acting, const MessageId& id) {
  auto held = require_on(tx, acting, id, Right::kPin);
  if (!held) return std::unexpected(std::move(held.error()));
  if (held->message.pinned_at) return {};
  const int64_t pins = one<int64_t>(tx,
                                    "select count(*) from messages where conversation_id = $1 and pinned_at is not "
                                    "null",
                                    held->message.conversation_id)
                           .value_or(0);
  if (pins >= kMaxPins) return refuse(ProblemCode::kLimitReached, "pins of one conversation");
  return set_pin(tx, acting, *held, acting.now);
}

Outcome<void> unpin_message(Tx& tx, const Acting& acting, const MessageId& id) {
  auto held = require_on(tx, acting, id, Right::kPin);
  if (!held) return std::unexpected(std::move(held.error()));
  if (!held->message.pinned_at) return {};
  return set_pin(tx, acting, *held, std::nullopt);
}

Outcome<std::vector<MessageView>> list_pins(Tx& tx, const Acting& acting, const ConversationId& id) {
  const auto standing = require(tx, acting, id, Right::kHistory);
  if (!standing) return std::unexpected(standing.error());
  return to_views(tx,
                  all<MessageRow>(tx,
                                  select_messages("where m.conversation_id = $1 and m.pinned_at is not null "
                                                  "order by m.pinned_at desc, m.seq desc"),
                                  id),
                  acting.user);
}

}  // namespace parley::product::chat
