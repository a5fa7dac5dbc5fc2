// Reactions and pins.
#include "edge/chat/support.h"
#include "product/chat/reactions.h"

namespace parley::chat_api {
namespace {

using namespace product::chat;  // NOLINT(google-build-using-namespace): the operations that are offered here.

/// The emoji of the path; what is longer than any is none.
Outcome<Emoji> emoji_of(const api::Context& context) {
  constexpr size_t kMaxBytes = Emoji::kMax * 4;
  const std::string_view text = context.parameter("emoji");
  if (text.empty() || text.size() > kMaxBytes) return product::refuse_field("?emoji", "must be one emoji");
  return Emoji(std::string(text));
}

template <class F>
Outcome<NoContent> with_emoji(const Request<>& request, F operation) {
  const auto emoji = emoji_of(request);
  if (!emoji) return std::unexpected(emoji.error());
  return no_content(write(
      request, {}, [&](Tx& tx, const Acting& acting) { return operation(tx, acting, message_of(request), *emoji); }));
}

Outcome<NoContent> add(Request<>& request) { return with_emoji(request, add_reaction); }
Outcome<NoContent> remove(Request<>& request) { return with_emoji(request, remove_reaction); }

Outcome<Page<Reactor>> list(Request<NoBody, api::PageQuery>& request) {
  const auto emoji = emoji_of(request);
  if (!emoji) return std::unexpected(emoji.error());
  return page<Reactor>(request, request.query, "", [&](Tx& tx, const Acting& acting, const PagePlace& place) {
    return list_reactors(tx, acting, message_of(request), *emoji, place);
  });
}

Outcome<NoContent> pin(Request<>& request) {
  return no_content(
      write(request, {}, [&](Tx& tx, const Acting& acting) { return pin_message(tx, acting, message_of(request)); }));
}

Outcome<NoContent> unpin(Request<>& request) {
  return no_content(
      write(request, {}, [&](Tx& tx, const Acting& acting) { return unpin_message(tx, acting, message_of(request)); }));
}

Outcome<Page<MessageView>> pins(Request<>& request) {
  return whole<MessageView>(
      read(request, [&](Tx& tx, const Acting& acting) { return list_pins(tx, acting, conversation_of(request)); }));
}

}  // namespace

void add_reaction_routes(api::RouteTable& table) {
  table.add({.method = Method::kPut,
             .path = in_message("/reactions/{emoji}"),
             .id = "addReaction",
             .summary = "Reacts to a message with an emoji.",
             .tag = "messages",
             .problems = guarded({ProblemCode::kLimitReached})},
            add);
  table.add({.method = Method::kDelete,
             .path = in_message("/reactions/{emoji}"),
             .id = "removeReaction",
             .summary = "Takes one's reaction back.",
             .tag = "messages",
             .problems = guarded()},
            remove);
  table.add({.path = in_message("/reactions/{emoji}"),
             .id = "listReactions",
             .summary = "Who has reacted with an emoji.",
             .tag = "messages",
             .problems = guarded()},
            list);
  table.add({.method = Method::kPut,
             .path = in_message("/pin"),
             .id = "pinMessage",
             .summary = "Pins a message in its conversation.",
             .tag = "messages",
             .problems = guarded({ProblemCode::kLimitReached})},
            pin);
  table.add({.method = Method::kDelete,
             .path = in_message("/pin"),
             .id = "unpinMessage",
             .summary = "Unpins a message.",
             .tag = "messages",
             .problems = guarded()},
            unpin);
  table.add({.path = in_conversation("/pins"),
             .id = "listPins",
             .summary = "The pinned messages of a conversation, the last pinned first.",
             .tag = "messages",
             .problems = guarded()},
            pins);
}

}  // namespace parley::chat_api
