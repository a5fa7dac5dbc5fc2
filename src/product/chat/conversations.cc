#include "product/chat/conversations.h"

#include <charconv>
#include <limits>

#include "product/chat/events.h"
#include "product/chat/participation.h"
#include "product/chat/rows.h"
#include "product/chat/text.h"
#include "product/chat/views.h"

namespace parley::product::chat {
namespace {

constexpr std::string_view kEnd = "\x7f";  ///< Sorts after every id.

/// "<moment>|<id>": where a page by activity begins.
struct ActivityPlace {
  int64_t active_at = std::numeric_limits<int64_t>::max();
  std::string id{kEnd};
};
ActivityPlace activity_place(const PagePlace& place) {
  const size_t bar = place.after.find('|');
  if (bar == std::string::npos) return {};
  ActivityPlace out;
  std::from_chars(place.after.data(), place.after.data() + bar, out.active_at);
  out.id = place.after.substr(bar + 1);
  return out;
}
std::string place_of(const Conversation& conversation) {
  return std::to_string(conversation.active_at.unix_us) + "|" + conversation.id.text();
}

Listing<ConversationView> to_page(Tx& tx, const Acting& acting, std::vector<Standing> standings,
                                  std::optional<std::string> next) {
  return {.items = to_views(tx, acting, std::move(standings)), .next = std::move(next)};
}

}  // namespace

Outcome<ConversationView> get_conversation(Tx& tx, const Acting& acting, const ConversationId& id) {
  auto standing = require(tx, acting, id, Right::kView);
  if (!standing) return std::unexpected(std::move(standing.error()));
  return to_view(tx, acting, std::move(*standing));
}

Outcome<Listing<ConversationView>> list_conversations(Tx& tx, const Acting& acting, const PagePlace& place) {
  const ActivityPlace from = activity_place(place);
  auto cut = community::cut(
      all<Conversation>(tx,
                        select_conversations("join conversation_members k on k.conversation_id = c.id "
                                             "where k.user_id = $1 and c.deleted_at is null and (c.active_at < $2 or "
                                             "(c.active_at = $2 and c.id < $3)) "
                                             "order by c.active_at desc, c.id desc limit $4"),
                        acting.user, from.active_at, from.id, place.limit + 1),
      place, place_of);
  return to_page(tx, acting, standings_among(tx, acting.user, std::move(cut.items)), std::move(cut.next));
}

Outcome<std::vector<ConversationView>> list_channel_conversations(Tx& tx, const Acting& acting,
                                                                  const CommunityId& community) {
  const auto member = community::require_member(tx, acting, community);
  if (!member) return std::unexpected(member.error());
  return to_views(tx, acting, channel_standings(tx, acting.user, community, acting.now));
}

Outcome<Listing<ConversationView>> list_threads(Tx& tx, const Acting& acting, const ConversationId& id,
                                                const PagePlace& place) {
  const auto root = require(tx, acting, id, Right::kHistory);
  if (!root) return std::unexpected(root.error());
  const ActivityPlace from = activity_place(place);
  auto cut = community::cut(
      all<Conversation>(tx,
                        select_conversations("where c.root_id = $1 and c.id <> $1 and c.deleted_at is null and "
                                             "(c.active_at < $2 or (c.active_at = $2 and c.id < $3)) "
                                             "order by c.active_at desc, c.id desc limit $4"),
                        id, from.active_at, from.id, place.limit + 1),
      place, place_of);
  std::vector<Standing> standings;
  for (Conversation& thread : cut.items) {
    Standing& standing = standings.emplace_back();
    standing.conversation = std::move(thread);
    standing.rights = root->rights;
    standing.people = root->people;
  }
  return to_page(tx, acting, std::move(standings), std::move(cut.next));
}

Outcome<ConversationView> open_thread(Tx& tx, const Acting& acting, const MessageId& id, const NewThread& wanted) {
  auto held = require_on(tx, acting, id, Right::kHistory);
  if (!held) return std::unexpected(std::move(held.error()));
  Message& message = held->message;
  Conversation& root = held->standing.conversation;
  if (message.thread_id) return get_conversation(tx, acting, *message.thread_id);
  if (!held->standing.has(Right::kThread)) return std::unexpected(refusal(held->standing, Right::kThread));
  if (root.kind == ConversationKind::kThread) return refuse(ProblemCode::kInvalidRequest, "a thread has no threads");
  const Conversation made{.id = make_id<ConversationId>(acting.now, acting.rng),
                          .kind = ConversationKind::kThread,
                          .root_id = root.id,
                          .community_id = root.community_id,
                          .channel_id = root.channel_id,
                          .parent_message_id = id,
                          .owner_id = {},
                          .name = to_nfc(wanted.name.value_or(ConversationName())),
                          .created_at = acting.now,
                          .active_at = acting.now};
  insert_conversation(tx, made, {}, std::nullopt, acting.now);
  count_change(tx, root, acting.now);
  message.thread_id = made.id;
  message.change = root.change;
  execute(tx, "update messages set change = $2 where id = $1", id, message.change);
  MessageTold payload;
  static_cast<Message&>(payload) = message;
  payload.reply = reply_of(tx, message);
  tell(tx, "message.updated", root.id, payload);
  take_part(tx, made, message.sender_id);
  take_part(tx, made, acting.user);
  return get_conversation(tx, acting, made.id);
}

}  // namespace parley::product::chat
