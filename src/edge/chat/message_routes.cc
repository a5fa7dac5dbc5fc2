#include "edge/chat/support.h"
#include "product/chat/messages.h"

namespace parley::chat_api {
namespace {

using namespace product::chat;  // NOLINT(google-build-using-namespace): the operations that are offered here.

struct HistoryQuery {
  std::optional<json::Number<0, kMaxSeq>> before;
  std::optional<json::Number<0, kMaxSeq>> after;
  std::optional<json::Number<0, kMaxSeq>> around;
  std::optional<json::Number<1, api::kMaxPage>> limit;
};
BOOST_DESCRIBE_STRUCT(HistoryQuery, (), (before, after, around, limit))

struct ChangesQuery {
  std::optional<json::Number<0, kMaxSeq>> since;
  std::optional<json::Number<1, api::kMaxPage>> limit;
};
BOOST_DESCRIBE_STRUCT(ChangesQuery, (), (since, limit))

template <class Number>
std::optional<int64_t> value_of(const std::optional<Number>& number) {
  return number ? std::optional<int64_t>(number->value()) : std::nullopt;
}

api::Reply<MessageView> replied(MessageView message, int status) { return {std::move(message), status, {}}; }

/// What was sent before with the same clientId is answered before anything is spent.
Outcome<api::Reply<MessageView>> send(Request<NewMessage>& request) {
  const ConversationId id = conversation_of(request);
  if (request.body.client_id) {
    // A repeat costs nothing of what may be sent, but it is a read.
    if (const auto spent = request.spend(Bucket::kReads, ""); !spent) return std::unexpected(spent.error());
    auto before = read(
        request, [&](Tx& tx, const Acting& acting) { return find_repeat(tx, acting, id, *request.body.client_id); });
    if (!before) return std::unexpected(std::move(before.error()));
    if (*before) return replied(std::move(**before), 200);
  }
  if (const auto spent = request.spend(Bucket::kSends, id.text()); !spent) return std::unexpected(spent.error());
  auto sent =
      write(request, {}, [&](Tx& tx, const Acting& acting) { return send_message(tx, acting, id, request.body); });
  if (!sent) return std::unexpected(std::move(sent.error()));
  return replied(std::move(sent->message), sent->is_repeat ? 200 : 201);
}

Outcome<History> history(Request<NoBody, HistoryQuery>& request) {
  const HistoryPlace place{.before = value_of(request.query.before),
                           .after = value_of(request.query.after),
                           .around = value_of(request.query.around),
                           .limit = value_of(request.query.limit).value_or(api::kDefaultPage)};
  return read(request,
              [&](Tx& tx, const Acting& acting) { return read_history(tx, acting, conversation_of(request), place); });
}

Outcome<Changes> changes(Request<NoBody, ChangesQuery>& request) {
  const int64_t since = value_of(request.query.since).value_or(0);
  const int64_t limit = value_of(request.query.limit).value_or(api::kDefaultPage);
  return read(request, [&](Tx& tx, const Acting& acting) {
    return read_changes(tx, acting, conversation_of(request), since, limit);
  });
}

Outcome<MessageView> get(Request<>& request) {
  return read(request, [&](Tx& tx, const Acting& acting) { return get_message(tx, acting, message_of(request)); });
}

Outcome<MessageView> edit(Request<MessageEdit>& request) {
  return write(request, {}, [&](Tx& tx, const Acting& acting) {
    return edit_message(tx, acting, message_of(request), request.body);
  });
}

Outcome<NoContent> remove(Request<NoBody, ReasonQuery>& request) {
  return no_content(write(request, request.query.reason, [&](Tx& tx, const Acting& acting) {
    return delete_message(tx, acting, message_of(request));
  }));
}

Outcome<Page<MessageVersion>> versions(Request<>& request) {
  return whole<MessageVersion>(
      read(request, [&](Tx& tx, const Acting& acting) { return list_versions(tx, acting, message_of(request)); }));
}

void add_reading(api::RouteTable& table) {
  table.add({.path = in_conversation("/messages"),
             .id = "listMessages",
             .summary = "What was said, by seq: the newest, or before, after or around one.",
             .tag = "messages",
             .problems = guarded()},
            history);
  table.add({.path = in_conversation("/changes"),
             .id = "listChanges",
             .summary = "All messages that are new or have changed since a point that the caller knows, in order.",
             .tag = "messages",
             .problems = guarded()},
            changes);
  table.add(
      {.path = in_message(""), .id = "getMessage", .summary = "One message.", .tag = "messages", .problems = guarded()},
      get);
  table.add({.path = in_message("/versions"),
             .id = "listMessageVersions",
             .summary = "The earlier texts of an edited message, for its author and for moderators.",
             .tag = "messages",
             .problems = guarded()},
            versions);
}

}  // namespace

void add_message_routes(api::RouteTable& table) {
  table.add({.method = Method::kPost,
             .path = in_conversation("/messages"),
             .id = "sendMessage",
             .summary = "Stores a message; the same clientId again is answered with the stored one and costs nothing.",
             .tag = "messages",
             .bucket = Bucket::kNone,
             .status = 201,
             .other_status = {200},
             .problems = guarded({ProblemCode::kRateLimited, ProblemCode::kNotConfigured})},
            send);
  table.add({.method = Method::kPatch,
             .path = in_message(""),
             .id = "editMessage",
             .summary = "Changes the text of one's own message.",
             .tag = "messages",
             .problems = guarded({ProblemCode::kConflict})},
            edit);
  table.add({.method = Method::kDelete,
             .path = in_message(""),
             .id = "deleteMessage",
             .summary = "Deletes a message for all: one's own, or as a moderator anybody's.",
             .tag = "messages",
             .problems = guarded()},
            remove);
  add_reading(table);
}

}  // namespace parley::chat_api
