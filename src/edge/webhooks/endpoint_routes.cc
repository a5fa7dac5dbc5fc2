#include "edge/webhooks/routes.h"
#include "product/webhooks/event_types.h"

namespace parley::api::webhooks {
namespace {

namespace rules = product::webhooks;
using product::HookId;
using product::Outcome;
using product::ProblemCode;
using product::Tx;

constexpr int64_t kDefaultGrace = 86'400;
constexpr int64_t kMaxGrace = 7 * 86'400;

using Url = json::Text<1, 2048>;
using Description = json::Text<0, 200>;
using Types = json::List<json::Text<1, 64>, 100>;

struct NewEndpointBody {
  Url url;
  std::optional<Description> description;
  std::optional<Types> event_types;  ///< Absent or empty: all.
};
BOOST_DESCRIBE_STRUCT(NewEndpointBody, (), (url, description, event_types))
struct EndpointPatch {
  std::optional<Url> url;
  std::optional<Description> description;
  std::optional<Types> event_types;
  std::optional<bool> is_enabled;
};
BOOST_DESCRIBE_STRUCT(EndpointPatch, (), (url, description, event_types, is_enabled))
struct RotateBody {
  std::optional<json::Number<0, kMaxGrace>> grace_seconds;
};
BOOST_DESCRIBE_STRUCT(RotateBody, (), (grace_seconds))

struct EndpointWithSecretView : rules::EndpointView {
  Redacted<std::string> secret;  ///< Shown once.
};
BOOST_DESCRIBE_STRUCT(EndpointWithSecretView, (rules::EndpointView), (secret))
struct EndpointList {
  std::vector<rules::EndpointView> items;
};
BOOST_DESCRIBE_STRUCT(EndpointList, (), (items))
struct EventTypeList {
  std::vector<std::string> items;
};
BOOST_DESCRIBE_STRUCT(EventTypeList, (), (items))

std::vector<std::string> texts(const Types& types) {
  std::vector<std::string> out;
  for (const auto& type : types) out.push_back(type.text());
  return out;
}

Outcome<EndpointWithSecretView> with_secret(Outcome<rules::EndpointWithSecret> made) {
  if (!made) return std::unexpected(std::move(made.error()));
  EndpointWithSecretView view;
  static_cast<rules::EndpointView&>(view) = std::move(made->view);
  view.secret = std::move(made->secret);
  return view;
}

Outcome<EndpointWithSecretView> create(Request<NewEndpointBody>& request, rules::UrlPolicy policy) {
  const rules::NewEndpoint wanted{
      .url = request.body.url.text(),
      .description = request.body.description ? request.body.description->text() : std::string(),
      .event_types = texts(request.body.event_types.value_or(Types()))};
  return with_secret(request.store.write(request.deadline, [&](Tx& tx) {
    return rules::create_endpoint(tx, viewer_of(request), wanted, policy, request.now.wall, request.rng);
  }));
}

Outcome<EndpointList> list(Request<>& request) {
  return request.store.read(request.deadline, [&](Tx& tx) -> Outcome<EndpointList> {
    return EndpointList{rules::list_endpoints(tx, viewer_of(request))};
  });
}

Outcome<rules::EndpointView> get(Request<>& request) {
  return request.store.read(request.deadline, [&](Tx& tx) {
    return rules::get_endpoint(tx, viewer_of(request), request.id<HookId>("endpoint_id"));
  });
}

Outcome<rules::EndpointView> update(Request<EndpointPatch>& request, const WebhookServices& services) {
  const EndpointPatch& body = request.body;
  rules::EndpointChange change{.url = {}, .description = {}, .event_types = {}, .is_enabled = body.is_enabled};
  if (body.url) change.url = body.url->text();
  if (body.description) change.description = body.description->text();
  if (body.event_types) change.event_types = texts(*body.event_types);
  auto updated = request.store.write(request.deadline, [&](Tx& tx) {
    return rules::update_endpoint(tx, viewer_of(request), request.id<HookId>("endpoint_id"), change, services.policy,
                                  request.now.wall);
  });
  services.wake();
  return updated;
}

Outcome<NoContent> remove(Request<>& request) {
  const auto done = request.store.write(request.deadline, [&](Tx& tx) {
    return rules::delete_endpoint(tx, viewer_of(request), request.id<HookId>("endpoint_id"));
  });
  if (!done) return std::unexpected(done.error());
  return NoContent{};
}

Outcome<EndpointWithSecretView> rotate(Request<RotateBody>& request) {
  const auto& given = request.body.grace_seconds;
  const TimeDelta grace = TimeDelta::seconds(given ? given->value() : kDefaultGrace);
  return with_secret(request.store.write(request.deadline, [&](Tx& tx) {
    return rules::rotate_secret(tx, viewer_of(request), request.id<HookId>("endpoint_id"), grace, request.now.wall,
                                request.rng);
  }));
}

Outcome<EventTypeList> list_types(Request<>& /*request*/) {
  const auto types = rules::event_types();
  return EventTypeList{{types.begin(), types.end()}};
}

}  // namespace

void add_endpoint_routes(RouteTable& table, const WebhookServices& services) {
  RouteInfo info = webhook_route(Method::kPost, kEndpoints, "createWebhookEndpoint",
                                 "Makes an endpoint that events are posted to; its signing secret is shown only here.");
  info.status = 201;
  info.problems = {ProblemCode::kLimitReached};
  info.secrecy = Secrecy::kSecret;
  table.add(info, [policy = services.policy](Request<NewEndpointBody>& r) { return create(r, policy); });
  table.add(webhook_route(Method::kGet, kEndpoints, "listWebhookEndpoints",
                          "The endpoints of this API key; for an administrator, all."),
            list);
  table.add(webhook_route(Method::kGet, kEndpoint, "getWebhookEndpoint", "One endpoint."), get);
  table.add(webhook_route(Method::kPatch, kEndpoint, "updateWebhookEndpoint",
                          "Changes an endpoint; an enabled one is sent what still waits for it."),
            [services](Request<EndpointPatch>& r) { return update(r, services); });
  table.add(webhook_route(Method::kDelete, kEndpoint, "deleteWebhookEndpoint",
                          "Removes an endpoint with all that waits for it."),
            remove);
  info = webhook_route(Method::kPost, std::string(kEndpoint) + "/rotate-secret", "rotateWebhookSecret",
                       "Makes a new signing secret; for a day, unless said otherwise, both sign.");
  info.secrecy = Secrecy::kSecret;
  table.add(info, rotate);
  table.add(webhook_route(Method::kGet, "/api/v1/webhooks/event-types", "listWebhookEventTypes",
                          "The types of events that endpoints are sent."),
            list_types);
}

}  // namespace parley::api::webhooks
