// What channels change for roles and members.
#include "edge/community/support.h"
#include "product/community/overrides.h"

namespace parley::community_api {
namespace {

using namespace product::community;  // NOLINT(google-build-using-namespace): the operations that are offered here.

OverrideTarget role_of(const api::Context& context) { return context.id<RoleId>("role_id"); }
OverrideTarget user_of(const api::Context& context) { return context.id<UserId>("user_id"); }

Outcome<Page<Override>> list(Request<>& request) {
  const auto id = request.id<ChannelId>("channel_id");
  return whole<Override>(read(request, [&](Tx& tx, const Acting& acting) { return list_overrides(tx, acting, id); }));
}

template <OverrideTarget (*Target)(const api::Context&)>
Outcome<Page<Override>> set(Request<OverrideChange>& request) {
  const auto id = request.id<ChannelId>("channel_id");
  return whole<Override>(write(request, request.body.reason, [&](Tx& tx, const Acting& acting) {
    return set_override(tx, acting, id, Target(request), request.body);
  }));
}

template <OverrideTarget (*Target)(const api::Context&)>
Outcome<NoContent> remove(Request<NoBody, ReasonQuery>& request) {
  const auto id = request.id<ChannelId>("channel_id");
  return no_content(write(request, request.query.reason, [&](Tx& tx, const Acting& acting) {
    return remove_override(tx, acting, id, Target(request));
  }));
}

Outcome<Channel> sync(Request<NoBody, ReasonQuery>& request) {
  const auto id = request.id<ChannelId>("channel_id");
  return write(request, request.query.reason,
               [&](Tx& tx, const Acting& acting) { return sync_channel(tx, acting, id); });
}

}  // namespace

void add_override_routes(api::RouteTable& table) {
  table.add({.path = in_channel("/overrides"),
             .id = "listOverrides",
             .summary = "What holds in a channel for roles and members: its own, or its category's.",
             .tag = "permissions",
             .problems = {ProblemCode::kNotFound}},
            list);
  table.add({.method = Method::kPut,
             .path = in_channel("/overrides/roles/{role_id}"),
             .id = "setRoleOverride",
             .summary = "Denies and allows permissions to a role in a channel.",
             .tag = "permissions",
             .problems = guarded({ProblemCode::kHierarchy, ProblemCode::kLimitReached})},
            set<role_of>);
  table.add({.method = Method::kDelete,
             .path = in_channel("/overrides/roles/{role_id}"),
             .id = "removeRoleOverride",
             .summary = "Lets a role have in a channel what it has elsewhere.",
             .tag = "permissions",
             .problems = guarded({ProblemCode::kHierarchy})},
            remove<role_of>);
  table.add({.method = Method::kPut,
             .path = in_channel("/overrides/members/{user_id}"),
             .id = "setMemberOverride",
             .summary = "Denies and allows permissions to a member in a channel.",
             .tag = "permissions",
             .problems = guarded({ProblemCode::kHierarchy, ProblemCode::kLimitReached})},
            set<user_of>);
  table.add({.method = Method::kDelete,
             .path = in_channel("/overrides/members/{user_id}"),
             .id = "removeMemberOverride",
             .summary = "Lets a member have in a channel what his roles give.",
             .tag = "permissions",
             .problems = guarded({ProblemCode::kHierarchy})},
            remove<user_of>);
  table.add({.method = Method::kPost,
             .path = in_channel("/sync"),
             .id = "syncChannel",
             .summary = "Lets the category's overrides hold in a channel again.",
             .tag = "permissions",
             .problems = guarded({ProblemCode::kHierarchy, ProblemCode::kConflict})},
            sync);
}

}  // namespace parley::community_api
