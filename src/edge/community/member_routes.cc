// Members.
#include "edge/community/support.h"
#include "product/community/members.h"

namespace parley::community_api {
namespace {

using namespace product::community;  // NOLINT(google-build-using-namespace): the operations that are offered here.

struct MemberQuery : api::PageQuery {
  std::optional<json::Text<1, 100>> search;  ///< How the user name or nickname begins.
};
BOOST_DESCRIBE_STRUCT(MemberQuery, (api::PageQuery), (search))

struct MemberChange {
  Nickname nickname;  ///< Empty: none.
  std::optional<Reason> reason;
};
BOOST_DESCRIBE_STRUCT(MemberChange, (), (nickname, reason))

Outcome<Page<MemberProfile>> list(Request<NoBody, MemberQuery>& request) {
  const auto id = request.id<CommunityId>("community_id");
  const std::string search = request.query.search ? request.query.search->text() : std::string();
  return page<MemberProfile>(request, request.query, search, [&](Tx& tx, const Acting& acting, const PagePlace& place) {
    return list_members(tx, acting, id, search, place);
  });
}

Outcome<MemberProfile> get(Request<>& request) {
  const auto id = request.id<CommunityId>("community_id");
  const auto user = request.id<UserId>("user_id");
  return read(request, [&](Tx& tx, const Acting& acting) { return get_member(tx, acting, id, user); });
}

Outcome<Member> update(Request<MemberChange>& request) {
  const auto id = request.id<CommunityId>("community_id");
  const auto user = request.id<UserId>("user_id");
  return write(request, request.body.reason,
               [&](Tx& tx, const Acting& acting) { return set_nickname(tx, acting, id, user, request.body.nickname); });
}

Outcome<NoContent> leave(Request<>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return no_content(write(request, {}, [&](Tx& tx, const Acting& acting) { return leave_community(tx, acting, id); }));
}

}  // namespace

void add_member_routes(api::RouteTable& table) {
  table.add({.path = in_community("/members"),
             .id = "listMembers",
             .summary = "The members of a community, or those whose name begins so.",
             .tag = "members",
             .problems = {ProblemCode::kNotFound}},
            list);
  table.add({.path = in_community("/members/{user_id}"),
             .id = "getMember",
             .summary = "One member.",
             .tag = "members",
             .problems = {ProblemCode::kNotFound}},
            get);
  table.add({.method = Method::kPatch,
             .path = in_community("/members/{user_id}"),
             .id = "updateMember",
             .summary = "Changes the caller's own nickname, or that of a lower member.",
             .tag = "members",
             .problems = guarded({ProblemCode::kHierarchy})},
            update);
  table.add({.method = Method::kDelete,
             .path = in_community("/membership"),
             .id = "leaveCommunity",
             .summary = "Leaves a community.",
             .tag = "members",
             .problems = {ProblemCode::kNotFound, ProblemCode::kConflict}},
            leave);
}

}  // namespace parley::community_api
