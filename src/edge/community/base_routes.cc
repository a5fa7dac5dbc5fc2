// Communities themselves.
#include "edge/community/support.h"
#include "product/community/communities.h"

namespace parley::community_api {
namespace {

using namespace product::community;  // NOLINT(google-build-using-namespace): the operations that are offered here.

struct NewOwner {
  UserId user_id;
  std::optional<Reason> reason;
};
BOOST_DESCRIBE_STRUCT(NewOwner, (), (user_id, reason))

Outcome<Community> create(Request<NewCommunity>& request) {
  return write(request, {}, [&](Tx& tx, const Acting& acting) { return create_community(tx, acting, request.body); });
}

Outcome<Page<Community>> list(Request<>& request) {
  return whole<Community>(read(request, [&](Tx& tx, const Acting& acting) -> Outcome<std::vector<Community>> {
    return list_communities(tx, acting.user);
  }));
}

Outcome<CommunityView> get(Request<>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return read(request, [&](Tx& tx, const Acting& acting) { return get_community(tx, acting, id); });
}

Outcome<Community> update(Request<CommunityChange>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return write(request, request.body.reason,
               [&](Tx& tx, const Acting& acting) { return update_community(tx, acting, id, request.body); });
}

Outcome<NoContent> remove(Request<NoBody, ReasonQuery>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return no_content(write(request, request.query.reason,
                          [&](Tx& tx, const Acting& acting) { return delete_community(tx, acting, id); }));
}

Outcome<Community> transfer(Request<NewOwner>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return write(request, request.body.reason,
               [&](Tx& tx, const Acting& acting) { return transfer_community(tx, acting, id, request.body.user_id); });
}

Outcome<Community> lock_down(Request<Lockdown>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return write(request, request.body.reason,
               [&](Tx& tx, const Acting& acting) { return set_lockdown(tx, acting, id, request.body.is_locked_down); });
}

}  // namespace

void add_base_routes(api::RouteTable& table) {
  table.add({.method = Method::kPost,
             .path = "/api/v1/communities",
             .id = "createCommunity",
             .summary = "Creates a community, owned by the caller.",
             .tag = "communities",
             .status = 201,
             .problems = {ProblemCode::kLimitReached}},
            create);
  table.add({.path = "/api/v1/communities",
             .id = "listCommunities",
             .summary = "The communities that the caller is a member of.",
             .tag = "communities"},
            list);
  table.add({.path = kCommunity,
             .id = "getCommunity",
             .summary = "One community, with what the caller may do in it.",
             .tag = "communities",
             .problems = {ProblemCode::kNotFound}},
            get);
  table.add({.method = Method::kPatch,
             .path = kCommunity,
             .id = "updateCommunity",
             .summary = "Changes a community's name, icon or language.",
             .tag = "communities",
             .problems = guarded({ProblemCode::kConflict})},
            update);
  table.add({.method = Method::kDelete,
             .path = kCommunity,
             .id = "deleteCommunity",
             .summary = "Deletes a community; only its owner may.",
             .tag = "communities",
             .problems = guarded()},
            remove);
  table.add({.method = Method::kPost,
             .path = in_community("/transfer"),
             .id = "transferCommunity",
             .summary = "Makes another member the owner; only the owner may.",
             .tag = "communities",
             .problems = guarded()},
            transfer);
  table.add({.method = Method::kPut,
             .path = in_community("/lockdown"),
             .id = "lockCommunity",
             .summary = "Begins or ends a lockdown: nobody joins, only those who manage channels write or speak.",
             .tag = "moderation",
             .problems = guarded()},
            lock_down);
}

}  // namespace parley::community_api
