// Lists of conversations, and what has happened in them.
#include "edge/chat/support.h"
#include "product/chat/search.h"
#include "product/chat/sync.h"

namespace parley::chat_api {
namespace {

using namespace product::chat;  // NOLINT(google-build-using-namespace): the operations that are offered here.

struct SyncQuery : api::PageQuery {
  std::optional<WallTime> since;
};
BOOST_DESCRIBE_STRUCT(SyncQuery, (api::PageQuery), (since))

struct SyncAnswer : Page<SyncItem> {
  WallTime since;  ///< For the next sync, once the last page is read.
};
BOOST_DESCRIBE_STRUCT(SyncAnswer, (Page<SyncItem>), (since))

struct SearchQuery : SearchFilter {
  std::optional<json::Text<1, 1024>> cursor;
  std::optional<json::Number<1, api::kMaxPage>> limit;
};
BOOST_DESCRIBE_STRUCT(SearchQuery, (SearchFilter), (cursor, limit))

Outcome<Page<ConversationView>> list(Request<NoBody, api::PageQuery>& request) {
  return page<ConversationView>(request, request.query, "", [](Tx& tx, const Acting& acting, const PagePlace& place) {
    return list_conversations(tx, acting, place);
  });
}

Outcome<ConversationView> get(Request<>& request) {
  return read(request,
              [&](Tx& tx, const Acting& acting) { return get_conversation(tx, acting, conversation_of(request)); });
}

Outcome<Page<ConversationView>> list_channels(Request<>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return whole<ConversationView>(
      read(request, [&](Tx& tx, const Acting& acting) { return list_channel_conversations(tx, acting, id); }));
}

Outcome<Page<ConversationView>> threads(Request<NoBody, api::PageQuery>& request) {
  return page<ConversationView>(request, request.query, "", [&](Tx& tx, const Acting& acting, const PagePlace& place) {
    return list_threads(tx, acting, conversation_of(request), place);
  });
}

Outcome<ConversationView> thread(Request<NewThread>& request) {
  return write(request, {}, [&](Tx& tx, const Acting& acting) {
    return open_thread(tx, acting, message_of(request), request.body);
  });
}

Outcome<SyncAnswer> synchronise(Request<NoBody, SyncQuery>& request) {
  auto found = page<SyncItem>(request, request.query, "", [&](Tx& tx, const Acting& acting, const PagePlace& place) {
    return sync(tx, acting, request.query.since, place);
  });
  if (!found) return std::unexpected(std::move(found.error()));
  SyncAnswer out;
  static_cast<Page<SyncItem>&>(out) = std::move(*found);
  out.since = request.now.wall;
  return out;
}

Outcome<Page<MessageView>> search(Request<NoBody, SearchQuery>& request) {
  const std::string filter = json::to_json(static_cast<const SearchFilter&>(request.query));
  return page<MessageView>(request, {.cursor = request.query.cursor, .limit = request.query.limit}, filter,
                           [&](Tx& tx, const Acting& acting, const PagePlace& place) {
                             return search_messages(tx, acting, request.query, place);
                           });
}

}  // namespace

void add_conversation_routes(api::RouteTable& table) {
  table.add({.path = "/api/v1/conversations",
             .id = "listConversations",
             .summary = "One's direct and group conversations, the last active first.",
             .tag = "conversations"},
            list);
  table.add({.path = in_conversation(""),
             .id = "getConversation",
             .summary = "One conversation; a text channel's has the channel's id.",
             .tag = "conversations",
             .problems = {ProblemCode::kNotFound}},
            get);
  table.add({.path = "/api/v1/communities/{community_id}/conversations",
             .id = "listChannelConversations",
             .summary = "The conversations of a community's text channels that one may view.",
             .tag = "conversations",
             .problems = {ProblemCode::kNotFound}},
            list_channels);
  table.add({.path = in_conversation("/threads"),
             .id = "listThreads",
             .summary = "The threads of a conversation, the last active first.",
             .tag = "conversations",
             .problems = guarded()},
            threads);
  table.add({.method = Method::kPut,
             .path = in_message("/thread"),
             .id = "openThread",
             .summary = "The thread of a message: found or begun.",
             .tag = "conversations",
             .problems = guarded()},
            thread);
  table.add(
      {.path = "/api/v1/sync",
       .id = "sync",
       .summary = "How far each of one's conversations is: what a client needs to see whether it missed anything.",
       .tag = "conversations"},
      synchronise);
  table.add({.path = "/api/v1/search/messages",
             .id = "searchMessages",
             .summary = "Messages that one may read now; those with the words as typed come first.",
             .tag = "messages",
             .problems = guarded()},
            search);
}

}  // namespace parley::chat_api
