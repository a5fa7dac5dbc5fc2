// How far one is: marks, receipts, drafts.
#include "edge/chat/support.h"
#include "product/chat/marks.h"

namespace parley::chat_api {
namespace {

using namespace product::chat;  // NOLINT(google-build-using-namespace): the operations that are offered here.

struct ReceiptsQuery {
  std::optional<json::Number<1, kMaxSeq>> seq;
};
BOOST_DESCRIBE_STRUCT(ReceiptsQuery, (), (seq))

Outcome<Marks> raise(Request<MarksChange>& request) {
  return write(request, {},
               [&](Tx& tx, const Acting& acting) { return mark(tx, acting, conversation_of(request), request.body); });
}

Outcome<Marks> unread(Request<UnreadFrom>& request) {
  return write(request, {}, [&](Tx& tx, const Acting& acting) {
    return mark_unread(tx, acting, conversation_of(request), request.body.from_seq);
  });
}

Outcome<Receipts> receipts(Request<NoBody, ReceiptsQuery>& request) {
  const std::optional<int64_t> seq =
      request.query.seq ? std::optional<int64_t>(request.query.seq->value()) : std::nullopt;
  return read(request,
              [&](Tx& tx, const Acting& acting) { return read_receipts(tx, acting, conversation_of(request), seq); });
}

Outcome<Draft> put_draft(Request<DraftChange>& request) {
  return write(request, {}, [&](Tx& tx, const Acting& acting) {
    return set_draft(tx, acting, conversation_of(request), request.body);
  });
}

Outcome<NoContent> delete_draft(Request<>& request) {
  return no_content(write(
      request, {}, [&](Tx& tx, const Acting& acting) { return drop_draft(tx, acting, conversation_of(request)); }));
}

Outcome<Page<Draft>> drafts(Request<>& request) {
  return whole<Draft>(read(request, [](Tx& tx, const Acting& acting) { return list_drafts(tx, acting); }));
}

}  // namespace

void add_reading_routes(api::RouteTable& table) {
  table.add({.method = Method::kPut,
             .path = in_conversation("/marks"),
             .id = "markRead",
             .summary = "Says how far one has received, read and listened; marks only rise.",
             .tag = "conversations",
             .problems = {ProblemCode::kNotFound}},
            raise);
  table.add({.method = Method::kPut,
             .path = in_conversation("/unread"),
             .id = "markUnread",
             .summary = "Marks a conversation as unread from a message on, for oneself.",
             .tag = "conversations",
             .problems = {ProblemCode::kNotFound}},
            unread);
  table.add({.path = in_conversation("/receipts"),
             .id = "getReceipts",
             .summary = "How far the others are; among very many only how many.",
             .tag = "conversations",
             .problems = {ProblemCode::kNotFound}},
            receipts);
  table.add({.method = Method::kPut,
             .path = in_conversation("/draft"),
             .id = "putDraft",
             .summary = "Keeps what one has begun to write, for one's other devices.",
             .tag = "conversations",
             .problems = {ProblemCode::kNotFound, ProblemCode::kLimitReached}},
            put_draft);
  table.add({.method = Method::kDelete,
             .path = in_conversation("/draft"),
             .id = "deleteDraft",
             .summary = "Drops what one has begun to write.",
             .tag = "conversations",
             .problems = {ProblemCode::kNotFound}},
            delete_draft);
  table.add({.path = "/api/v1/drafts",
             .id = "listDrafts",
             .summary = "One's drafts, the last changed first.",
             .tag = "conversations"},
            drafts);
}

}  // namespace parley::chat_api
