// Invites.
#include "edge/community/support.h"
#include "product/community/invites.h"

namespace parley::community_api {
namespace {

using namespace product::community;  // NOLINT(google-build-using-namespace): the operations that are offered here.

Outcome<Invite> create(Request<NewInvite>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return write(request, request.body.reason,
               [&](Tx& tx, const Acting& acting) { return create_invite(tx, acting, id, request.body); });
}

Outcome<Page<Invite>> list(Request<NoBody, api::PageQuery>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return page<Invite>(request, request.query, {}, [&](Tx& tx, const Acting& acting, const PagePlace& place) {
    return list_invites(tx, acting, id, place);
  });
}

Outcome<NoContent> revoke(Request<NoBody, ReasonQuery>& request) {
  const auto id = request.id<CommunityId>("community_id");
  const auto invite = request.id<InviteId>("invite_id");
  return no_content(write(request, request.query.reason,
                          [&](Tx& tx, const Acting& acting) { return revoke_invite(tx, acting, id, invite); }));
}

Outcome<InvitePreview> preview(Request<>& request) {
  return read(request,
              [&](Tx& tx, const Acting& acting) { return preview_invite(tx, request.parameter("code"), acting.now); });
}

Outcome<Joined> accept(Request<>& request) {
  return write(request, {},
               [&](Tx& tx, const Acting& acting) { return accept_invite(tx, acting, request.parameter("code")); });
}

}  // namespace

void add_invite_routes(api::RouteTable& table) {
  table.add({.method = Method::kPost,
             .path = in_community("/invites"),
             .id = "createInvite",
             .summary = "Makes an invite.",
             .tag = "invites",
             .status = 201,
             .problems = guarded({ProblemCode::kLimitReached}),
             .secrecy = api::Secrecy::kSecret},
            create);
  table.add({.path = in_community("/invites"),
             .id = "listInvites",
             .summary = "The invites of a community that still work.",
             .tag = "invites",
             .problems = guarded(),
             .secrecy = api::Secrecy::kSecret},
            list);
  table.add({.method = Method::kDelete,
             .path = in_community("/invites/{invite_id}"),
             .id = "revokeInvite",
             .summary = "Makes an invite worthless.",
             .tag = "invites",
             .problems = guarded()},
            revoke);
  table.add({.path = "/api/v1/invites/{code}",
             .id = "previewInvite",
             .summary = "Where an invite leads, for those who have its code.",
             .tag = "invites",
             .access = api::Access::kAnyone,
             .problems = {ProblemCode::kInviteInvalid}},
            preview);
  table.add({.method = Method::kPost,
             .path = "/api/v1/invites/{code}/accept",
             .id = "acceptInvite",
             .summary = "Joins the community that an invite leads to.",
             .tag = "invites",
             .problems = {ProblemCode::kInviteInvalid, ProblemCode::kBanned, ProblemCode::kForbidden,
                          ProblemCode::kLimitReached}},
            accept);
}

}  // namespace parley::community_api
