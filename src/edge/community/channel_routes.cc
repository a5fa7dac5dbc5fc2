// Channels and categories.
#include "edge/community/support.h"
#include "product/community/channels.h"

namespace parley::community_api {
namespace {

using namespace product::community;  // NOLINT(google-build-using-namespace): the operations that are offered here.

struct ExplainQuery {
  std::optional<UserId> user;  ///< Absent: the caller.
  json::Text<1, 64> permission;
};
BOOST_DESCRIBE_STRUCT(ExplainQuery, (), (user, permission))

struct ExplainStep {
  std::string what;
  bool is_allowed = false;
};
BOOST_DESCRIBE_STRUCT(ExplainStep, (), (what, is_allowed))

struct ExplainAnswer {
  bool is_allowed = false;
  bool is_member = false;
  json::Mask permissions;
  std::vector<ExplainStep> steps;
};
BOOST_DESCRIBE_STRUCT(ExplainAnswer, (), (is_allowed, is_member, permissions, steps))

Outcome<Channel> create(Request<NewChannel>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return write(request, request.body.reason,
               [&](Tx& tx, const Acting& acting) { return create_channel(tx, acting, id, request.body); });
}

Outcome<Page<ChannelView>> list(Request<>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return whole<ChannelView>(read(request, [&](Tx& tx, const Acting& acting) { return list_channels(tx, acting, id); }));
}

Outcome<Page<ChannelView>> reorder(Request<ChannelOrder>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return whole<ChannelView>(write(request, request.body.reason, [&](Tx& tx, const Acting& acting) {
    return reorder_channels(tx, acting, id, request.body);
  }));
}

Outcome<ChannelView> get(Request<>& request) {
  const auto id = request.id<ChannelId>("channel_id");
  return read(request, [&](Tx& tx, const Acting& acting) { return get_channel(tx, acting, id); });
}

Outcome<Channel> update(Request<ChannelChange>& request) {
  const auto id = request.id<ChannelId>("channel_id");
  return write(request, request.body.reason,
               [&](Tx& tx, const Acting& acting) { return update_channel(tx, acting, id, request.body); });
}

Outcome<NoContent> remove(Request<NoBody, ReasonQuery>& request) {
  const auto id = request.id<ChannelId>("channel_id");
  return no_content(write(request, request.query.reason,
                          [&](Tx& tx, const Acting& acting) { return delete_channel(tx, acting, id); }));
}

Outcome<Channel> lock_down(Request<Lockdown>& request) {
  const auto id = request.id<ChannelId>("channel_id");
  return write(request, request.body.reason,
               [&](Tx& tx, const Acting& acting) { return lock_channel(tx, acting, id, request.body.is_locked_down); });
}

Outcome<ExplainAnswer> explain(Request<NoBody, ExplainQuery>& request) {
  const auto id = request.id<ChannelId>("channel_id");
  const auto permission = product::access::parse_permission(request.query.permission);
  if (!permission) return product::refuse(ProblemCode::kInvalidRequest, "there is no such permission");
  const UserId user = request.query.user.value_or(request.caller.user);
  auto why = read(request, [&](Tx& tx, const Acting& a) { return explain_access(tx, a, id, user, *permission); });
  if (!why) return std::unexpected(std::move(why.error()));
  ExplainAnswer answer{why->is_allowed, why->is_member, why->permissions, {}};
  for (auto& step : why->steps) answer.steps.push_back({std::move(step.what), step.is_allowed});
  return answer;
}

}  // namespace

void add_channel_routes(api::RouteTable& table) {
  table.add({.method = Method::kPost,
             .path = in_community("/channels"),
             .id = "createChannel",
             .summary = "Creates a text channel, a voice channel or a category.",
             .tag = "channels",
             .status = 201,
             .problems = guarded({ProblemCode::kLimitReached})},
            create);
  table.add({.path = in_community("/channels"),
             .id = "listChannels",
             .summary = "The channels that the caller may view, in their order, with what he may do there.",
             .tag = "channels",
             .problems = {ProblemCode::kNotFound}},
            list);
  table.add({.method = Method::kPut,
             .path = in_community("/channels/order"),
             .id = "reorderChannels",
             .summary = "Moves channels within the order and between categories, all in one step.",
             .tag = "channels",
             .problems = guarded({ProblemCode::kConflict})},
            reorder);
  table.add({.path = kChannel,
             .id = "getChannel",
             .summary = "One channel, with what the caller may do there.",
             .tag = "channels",
             .problems = {ProblemCode::kNotFound}},
            get);
  table.add({.method = Method::kPatch,
             .path = kChannel,
             .id = "updateChannel",
             .summary = "Changes a channel: name, topic, slow mode, user limit, bitrate.",
             .tag = "channels",
             .problems = guarded({ProblemCode::kConflict})},
            update);
  table.add({.method = Method::kDelete,
             .path = kChannel,
             .id = "deleteChannel",
             .summary = "Deletes a channel; those of a category stay.",
             .tag = "channels",
             .problems = guarded()},
            remove);
  table.add({.method = Method::kPut,
             .path = in_channel("/lockdown"),
             .id = "lockChannel",
             .summary = "Begins or ends a lockdown of a channel, or of all in a category.",
             .tag = "moderation",
             .problems = guarded()},
            lock_down);
  table.add({.path = in_channel("/permissions/explain"),
             .id = "explainPermission",
             .summary = "Why somebody may or may not do something in a channel.",
             .tag = "permissions",
             .problems = guarded()},
            explain);
}

}  // namespace parley::community_api
