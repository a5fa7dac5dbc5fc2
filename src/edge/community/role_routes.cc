// Roles, and who has them.
#include "edge/community/support.h"
#include "product/community/roles.h"

namespace parley::community_api {
namespace {

using namespace product::community;  // NOLINT(google-build-using-namespace): the operations that are offered here.

Outcome<Page<Role>> list(Request<>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return whole<Role>(read(request, [&](Tx& tx, const Acting& acting) { return list_roles(tx, acting, id); }));
}

Outcome<Role> create(Request<NewRole>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return write(request, request.body.reason,
               [&](Tx& tx, const Acting& acting) { return create_role(tx, acting, id, request.body); });
}

Outcome<Role> update(Request<RoleChange>& request) {
  const auto id = request.id<CommunityId>("community_id");
  const auto role = request.id<RoleId>("role_id");
  return write(request, request.body.reason,
               [&](Tx& tx, const Acting& acting) { return update_role(tx, acting, id, role, request.body); });
}

Outcome<Page<Role>> reorder(Request<RoleOrder>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return whole<Role>(write(request, request.body.reason,
                           [&](Tx& tx, const Acting& acting) { return reorder_roles(tx, acting, id, request.body); }));
}

Outcome<NoContent> remove(Request<NoBody, ReasonQuery>& request) {
  const auto id = request.id<CommunityId>("community_id");
  const auto role = request.id<RoleId>("role_id");
  return no_content(write(request, request.query.reason,
                          [&](Tx& tx, const Acting& acting) { return delete_role(tx, acting, id, role); }));
}

Outcome<Member> assign(Request<NoBody, ReasonQuery>& request) {
  const auto id = request.id<CommunityId>("community_id");
  const auto user = request.id<UserId>("user_id");
  const auto role = request.id<RoleId>("role_id");
  return write(request, request.query.reason,
               [&](Tx& tx, const Acting& acting) { return assign_role(tx, acting, id, user, role); });
}

Outcome<Member> take(Request<NoBody, ReasonQuery>& request) {
  const auto id = request.id<CommunityId>("community_id");
  const auto user = request.id<UserId>("user_id");
  const auto role = request.id<RoleId>("role_id");
  return write(request, request.query.reason,
               [&](Tx& tx, const Acting& acting) { return remove_role(tx, acting, id, user, role); });
}

}  // namespace

void add_role_routes(api::RouteTable& table) {
  table.add({.path = in_community("/roles"),
             .id = "listRoles",
             .summary = "The roles of a community, the mightiest first.",
             .tag = "roles",
             .problems = {ProblemCode::kNotFound}},
            list);
  table.add({.method = Method::kPost,
             .path = in_community("/roles"),
             .id = "createRole",
             .summary = "Creates a role just above @everyone.",
             .tag = "roles",
             .status = 201,
             .problems = guarded({ProblemCode::kHierarchy, ProblemCode::kLimitReached})},
            create);
  table.add({.method = Method::kPut,
             .path = in_community("/roles/order"),
             .id = "reorderRoles",
             .summary = "Exchanges the places of roles, all in one step.",
             .tag = "roles",
             .problems = guarded({ProblemCode::kHierarchy, ProblemCode::kConflict})},
            reorder);
  table.add({.method = Method::kPatch,
             .path = in_community("/roles/{role_id}"),
             .id = "updateRole",
             .summary = "Changes a role that is below the caller.",
             .tag = "roles",
             .problems = guarded({ProblemCode::kHierarchy, ProblemCode::kConflict})},
            update);
  table.add({.method = Method::kDelete,
             .path = in_community("/roles/{role_id}"),
             .id = "deleteRole",
             .summary = "Deletes a role that is below the caller.",
             .tag = "roles",
             .problems = guarded({ProblemCode::kHierarchy, ProblemCode::kConflict})},
            remove);
  table.add({.method = Method::kPut,
             .path = in_community("/members/{user_id}/roles/{role_id}"),
             .id = "assignRole",
             .summary = "Gives a role to a member.",
             .tag = "roles",
             .problems = guarded({ProblemCode::kHierarchy})},
            assign);
  table.add({.method = Method::kDelete,
             .path = in_community("/members/{user_id}/roles/{role_id}"),
             .id = "removeRole",
             .summary = "Takes a role from a member.",
             .tag = "roles",
             .status = 200,
             .problems = guarded({ProblemCode::kHierarchy})},
            take);
}

}  // namespace parley::community_api
