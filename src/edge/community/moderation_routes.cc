// What moderators do to members.
#include "edge/community/support.h"
#include "product/community/moderation.h"

namespace parley::community_api {
namespace {

using namespace product::community;  // NOLINT(google-build-using-namespace): the operations that are offered here.

struct NewPlace {
  ChannelId channel_id;
  std::optional<Reason> reason;
};
BOOST_DESCRIBE_STRUCT(NewPlace, (), (channel_id, reason))

/// The operation's usual arguments out of a path.
struct Whom {
  explicit Whom(const api::Context& context)
      : community(context.id<CommunityId>("community_id")), user(context.id<UserId>("user_id")) {}
  CommunityId community;
  UserId user;
};

template <Outcome<void> (*Operation)(Tx&, const Acting&, const CommunityId&, const UserId&)>
Outcome<NoContent> act_on(Request<NoBody, ReasonQuery>& request) {
  const Whom whom(request);
  return no_content(write(request, request.query.reason, [&](Tx& tx, const Acting& acting) {
    return Operation(tx, acting, whom.community, whom.user);
  }));
}

Outcome<Ban> ban(Request<NewBan>& request) {
  const Whom whom(request);
  return write(request, request.body.reason, [&](Tx& tx, const Acting& acting) {
    return ban_user(tx, acting, whom.community, whom.user, request.body);
  });
}

Outcome<Page<Ban>> bans(Request<NoBody, api::PageQuery>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return page<Ban>(request, request.query, {}, [&](Tx& tx, const Acting& acting, const PagePlace& place) {
    return list_bans(tx, acting, id, place);
  });
}

Outcome<Member> time_out_member(Request<NewTimeout>& request) {
  const Whom whom(request);
  return write(request, request.body.reason, [&](Tx& tx, const Acting& acting) {
    return time_out(tx, acting, whom.community, whom.user, TimeDelta::seconds(request.body.seconds));
  });
}

Outcome<Member> end_timeout_of(Request<NoBody, ReasonQuery>& request) {
  const Whom whom(request);
  return write(request, request.query.reason,
               [&](Tx& tx, const Acting& acting) { return end_timeout(tx, acting, whom.community, whom.user); });
}

Outcome<Member> voice(Request<VoiceRestriction>& request) {
  const Whom whom(request);
  return write(request, request.body.reason, [&](Tx& tx, const Acting& acting) {
    return restrict_voice(tx, acting, whom.community, whom.user, request.body);
  });
}

Outcome<NoContent> move(Request<NewPlace>& request) {
  const Whom whom(request);
  return no_content(write(request, request.body.reason, [&](Tx& tx, const Acting& acting) {
    return request_move(tx, acting, whom.community, whom.user, request.body.channel_id);
  }));
}

void add_ban_routes(api::RouteTable& table) {
  table.add({.path = in_community("/bans"),
             .id = "listBans",
             .summary = "Who is banned.",
             .tag = "moderation",
             .problems = guarded()},
            bans);
  table.add({.method = Method::kPut,
             .path = in_community("/bans/{user_id}"),
             .id = "banUser",
             .summary = "Bans a user, for good or for a time; he need not be a member.",
             .tag = "moderation",
             .problems = guarded({ProblemCode::kHierarchy})},
            ban);
  table.add({.method = Method::kDelete,
             .path = in_community("/bans/{user_id}"),
             .id = "unbanUser",
             .summary = "Ends a ban.",
             .tag = "moderation",
             .problems = guarded()},
            act_on<unban_user>);
}

}  // namespace

void add_moderation_routes(api::RouteTable& table) {
  const auto problems = guarded({ProblemCode::kHierarchy});
  add_ban_routes(table);
  table.add({.method = Method::kDelete,
             .path = in_community("/members/{user_id}"),
             .id = "kickMember",
             .summary = "Takes a lower member out of the community; he may come back.",
             .tag = "moderation",
             .problems = problems},
            act_on<kick_member>);
  table.add({.method = Method::kPut,
             .path = in_community("/members/{user_id}/timeout"),
             .id = "timeOutMember",
             .summary = "Leaves a member nothing but reading, for at most 28 days.",
             .tag = "moderation",
             .problems = problems},
            time_out_member);
  table.add({.method = Method::kDelete,
             .path = in_community("/members/{user_id}/timeout"),
             .id = "endTimeout",
             .summary = "Ends a timeout early.",
             .tag = "moderation",
             .problems = problems},
            end_timeout_of);
  table.add({.method = Method::kPatch,
             .path = in_community("/members/{user_id}/voice"),
             .id = "restrictVoice",
             .summary = "Mutes or deafens a member in all voice channels of the community.",
             .tag = "moderation",
             .problems = problems},
            voice);
  table.add({.method = Method::kPost,
             .path = in_community("/members/{user_id}/move"),
             .id = "moveMember",
             .summary = "Moves a member into another voice channel.",
             .tag = "moderation",
             .problems = problems},
            move);
  table.add({.method = Method::kPost,
             .path = in_community("/members/{user_id}/disconnect"),
             .id = "disconnectMember",
             .summary = "Ends a member's stay in a voice channel.",
             .tag = "moderation",
             .problems = problems},
            act_on<request_disconnect>);
}

}  // namespace parley::community_api
