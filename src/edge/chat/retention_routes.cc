// How long messages are kept.
#include "edge/chat/support.h"
#include "product/chat/retention.h"

namespace parley::chat_api {
namespace {

using namespace product::chat;  // NOLINT(google-build-using-namespace): the operations that are offered here.

struct Hold {
  bool is_held = false;
};
BOOST_DESCRIBE_STRUCT(Hold, (), (is_held))

Outcome<Retention> get(Request<>& request) {
  return read(request,
              [&](Tx& tx, const Acting& acting) { return get_retention(tx, acting, conversation_of(request)); });
}

Outcome<Retention> set(Request<RetentionChange>& request) {
  return write(request, {}, [&](Tx& tx, const Acting& acting) {
    return set_retention(tx, acting, conversation_of(request), request.body);
  });
}

Outcome<Page<RetentionReport>> reports(Request<NoBody, api::PageQuery>& request) {
  return page<RetentionReport>(request, request.query, "", [&](Tx& tx, const Acting& acting, const PagePlace& place) {
    return list_retention_reports(tx, acting, conversation_of(request), place);
  });
}

Outcome<Retention> get_of_community(Request<>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return read(request, [&](Tx& tx, const Acting& acting) { return get_retention(tx, acting, id); });
}

Outcome<Retention> set_of_community(Request<RetentionChange>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return write(request, {}, [&](Tx& tx, const Acting& acting) { return set_retention(tx, acting, id, request.body); });
}

Outcome<Retention> get_of_server(Request<>& request) {
  return read(request, [](Tx& tx, const Acting& /*acting*/) -> Outcome<Retention> { return get_server_retention(tx); });
}

Outcome<Retention> set_of_server(Request<RetentionChange>& request) {
  return write(request, {}, [&](Tx& tx, const Acting& acting) -> Outcome<Retention> {
    return set_server_retention(tx, acting, request.body);
  });
}

Outcome<NoContent> hold_conversation(Request<Hold>& request) {
  return no_content(write(request, {}, [&](Tx& tx, const Acting& acting) {
    return set_hold(tx, acting, conversation_of(request), request.body.is_held);
  }));
}

Outcome<NoContent> hold_community(Request<Hold>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return no_content(
      write(request, {}, [&](Tx& tx, const Acting& acting) { return set_hold(tx, acting, id, request.body.is_held); }));
}

void add_admin_routes(api::RouteTable& table) {
  table.add({.path = "/api/v1/admin/retention",
             .id = "getServerRetention",
             .summary = "How long this server keeps messages.",
             .tag = "retention",
             .access = api::Access::kAdmin},
            get_of_server);
  table.add({.method = Method::kPut,
             .path = "/api/v1/admin/retention",
             .id = "setServerRetention",
             .summary = "Says how long this server keeps messages; the shortest rule wins.",
             .tag = "retention",
             .access = api::Access::kAdmin},
            set_of_server);
  table.add({.method = Method::kPut,
             .path = "/api/v1/admin/conversations/{conversation_id}/legal-hold",
             .id = "setConversationHold",
             .summary = "Begins or ends a legal hold on a conversation: nothing of it is deleted meanwhile.",
             .tag = "retention",
             .access = api::Access::kAdmin,
             .problems = {ProblemCode::kNotFound}},
            hold_conversation);
  table.add({.method = Method::kPut,
             .path = "/api/v1/admin/communities/{community_id}/legal-hold",
             .id = "setCommunityHold",
             .summary = "Begins or ends a legal hold on all conversations of a community.",
             .tag = "retention",
             .access = api::Access::kAdmin,
             .problems = {ProblemCode::kNotFound}},
            hold_community);
}

}  // namespace

void add_retention_routes(api::RouteTable& table) {
  table.add({.path = in_conversation("/retention"),
             .id = "getRetention",
             .summary = "How long messages of a conversation are kept.",
             .tag = "retention",
             .problems = guarded()},
            get);
  table.add({.method = Method::kPut,
             .path = in_conversation("/retention"),
             .id = "setRetention",
             .summary = "Says how long messages of a conversation are kept; the shortest rule wins.",
             .tag = "retention",
             .problems = guarded()},
            set);
  table.add({.path = in_conversation("/retention/reports"),
             .id = "listRetentionReports",
             .summary = "What was deleted because its time was over, the newest first.",
             .tag = "retention",
             .problems = guarded()},
            reports);
  table.add({.path = "/api/v1/communities/{community_id}/retention",
             .id = "getCommunityRetention",
             .summary = "How long messages of a community are kept.",
             .tag = "retention",
             .problems = guarded()},
            get_of_community);
  table.add({.method = Method::kPut,
             .path = "/api/v1/communities/{community_id}/retention",
             .id = "setCommunityRetention",
             .summary = "Says how long messages of a community are kept; the shortest rule wins.",
             .tag = "retention",
             .problems = guarded()},
            set_of_community);
  add_admin_routes(table);
}

}  // namespace parley::chat_api
