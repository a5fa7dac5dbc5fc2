// Direct conversations and groups: who is in them.
#include "edge/chat/support.h"

namespace parley::chat_api {
namespace {

using namespace product::chat;  // NOLINT(google-build-using-namespace): the operations that are offered here.

Outcome<ConversationView> direct(Request<NewDirect>& request) {
  return write(request, {},
               [&](Tx& tx, const Acting& acting) { return open_direct(tx, acting, request.body.user_id); });
}

Outcome<ConversationView> create(Request<NewGroup>& request) {
  return write(request, {}, [&](Tx& tx, const Acting& acting) { return create_group(tx, acting, request.body); });
}

Outcome<ConversationView> change(Request<GroupChange>& request) {
  return write(request, {}, [&](Tx& tx, const Acting& acting) {
    return change_group(tx, acting, conversation_of(request), request.body);
  });
}

Outcome<NoContent> add(Request<>& request) {
  const auto user = request.id<UserId>("user_id");
  return no_content(write(request, {}, [&](Tx& tx, const Acting& acting) {
    return add_person(tx, acting, conversation_of(request), user);
  }));
}

Outcome<NoContent> remove(Request<>& request) {
  const auto user = request.id<UserId>("user_id");
  return no_content(write(request, {}, [&](Tx& tx, const Acting& acting) {
    return remove_person(tx, acting, conversation_of(request), user);
  }));
}

}  // namespace

void add_people_routes(api::RouteTable& table) {
  table.add({.method = Method::kPost,
             .path = "/api/v1/direct-conversations",
             .id = "openDirect",
             .summary = "The one conversation with another user: found or made.",
             .tag = "conversations",
             .problems = {ProblemCode::kNotFound, ProblemCode::kForbidden}},
            direct);
  table.add({.method = Method::kPost,
             .path = "/api/v1/group-conversations",
             .id = "createGroup",
             .summary = "Makes a group, which belongs to its maker.",
             .tag = "conversations",
             .status = 201,
             .problems = {ProblemCode::kNotFound, ProblemCode::kForbidden, ProblemCode::kLimitReached}},
            create);
  table.add({.method = Method::kPatch,
             .path = in_conversation(""),
             .id = "changeGroup",
             .summary = "Renames a group or gives it to another member.",
             .tag = "conversations",
             .problems = guarded({ProblemCode::kConflict})},
            change);
  table.add({.method = Method::kPut,
             .path = in_conversation("/people/{user_id}"),
             .id = "addToGroup",
             .summary = "Takes somebody into a group.",
             .tag = "conversations",
             .problems = guarded({ProblemCode::kLimitReached})},
            add);
  table.add({.method = Method::kDelete,
             .path = in_conversation("/people/{user_id}"),
             .id = "removeFromGroup",
             .summary = "Takes somebody out of a group; oneself: leaves it.",
             .tag = "conversations",
             .problems = guarded()},
            remove);
}

}  // namespace parley::chat_api
