#include "edge/webhooks/routes.h"
#include "product/webhooks/deliveries.h"

namespace parley::api::webhooks {
namespace {

namespace rules = product::webhooks;
using product::HookId;
using product::Outcome;
using product::ProblemCode;
using product::Tx;
using rules::Delivery;
using rules::DeliveryId;

struct DeliveryQuery : PageQuery {
  std::optional<rules::DeliveryState> state;
  std::optional<json::Text<1, 64>> type;
};
BOOST_DESCRIBE_STRUCT(DeliveryQuery, (PageQuery), (state, type))
struct ReplayBody {
  WallTime since;
};
BOOST_DESCRIBE_STRUCT(ReplayBody, (), (since))

Outcome<Page<Delivery>> list(Request<NoBody, DeliveryQuery>& request) {
  const auto endpoint = request.id<HookId>("endpoint_id");
  const DeliveryQuery& query = request.query;
  rules::DeliveryFilter filter{.state = query.state, .type = {}};
  if (query.type) filter.type = query.type->text();
  std::string listing = "webhook_deliveries:" + endpoint.text() + ":" + filter.type.value_or("") + ":";
  if (filter.state) listing += json::enum_name(*filter.state);
  const auto after = request.cursors.position(listing, query);
  if (!after) return std::unexpected(after.error());
  const rules::DeliveryPlace place{.after = *after, .limit = query.page_size() + 1};
  return request.store.read(request.deadline, [&](Tx& tx) -> Outcome<Page<Delivery>> {
    auto items = rules::list_deliveries(tx, viewer_of(request), endpoint, filter, place);
    if (!items) return std::unexpected(std::move(items.error()));
    Page<Delivery> page;
    page.items = std::move(*items);
    if (std::ssize(page.items) == place.limit) {
      page.items.pop_back();
      page.next = request.cursors.seal(listing, page.items.back().id.text());
    }
    return page;
  });
}

Outcome<rules::DeliveryDetails> get(Request<>& request) {
  return request.store.read(request.deadline, [&](Tx& tx) {
    return rules::get_delivery(tx, viewer_of(request), request.id<HookId>("endpoint_id"),
                               request.id<DeliveryId>("delivery_id"));
  });
}

/// Runs `work`, then has the sender look.
template <class F>
auto write_and_wake(const Context& request, const WebhookServices& services, F work) {
  auto done = request.store.write(request.deadline, work);
  services.wake();
  return done;
}

Outcome<Delivery> test(Request<>& request, const WebhookServices& services) {
  return write_and_wake(request, services, [&](Tx& tx) {
    return rules::send_test(tx, viewer_of(request), request.id<HookId>("endpoint_id"), request.now.wall, request.rng);
  });
}

Outcome<Delivery> replay(Request<>& request, const WebhookServices& services) {
  return write_and_wake(request, services, [&](Tx& tx) {
    return rules::replay_delivery(tx, viewer_of(request), request.id<HookId>("endpoint_id"),
                                  request.id<DeliveryId>("delivery_id"), request.now.wall);
  });
}

Outcome<rules::Replayed> replay_failed(Request<ReplayBody>& request, const WebhookServices& services) {
  return write_and_wake(request, services, [&](Tx& tx) {
    return rules::replay_failed(tx, viewer_of(request), request.id<HookId>("endpoint_id"), request.body.since,
                                request.now.wall);
  });
}

}  // namespace

void add_delivery_routes(RouteTable& table, const WebhookServices& services) {
  const std::string deliveries = std::string(kEndpoint) + "/deliveries";
  const std::string delivery = deliveries + "/{delivery_id}";
  table.add(webhook_route(Method::kGet, deliveries, "listWebhookDeliveries",
                          "What was, is or will be sent to an endpoint, the newest first."),
            list);
  table.add(webhook_route(Method::kGet, delivery, "getWebhookDelivery", "One delivery with its body and attempts."),
            get);
  const std::vector<ProblemCode> problems{ProblemCode::kNotFound, ProblemCode::kWebhookDisabled};
  RouteInfo info = webhook_route(Method::kPost, std::string(kEndpoint) + "/test", "testWebhookEndpoint",
                                 "Sends an event of type webhook.test.");
  info.status = 202;
  info.problems = problems;
  table.add(info, [services](Request<>& r) { return test(r, services); });
  info = webhook_route(Method::kPost, delivery + "/replay", "replayWebhookDelivery",
                       "Sends a delivery again, under the same id.");
  info.status = 202;
  info.problems = problems;
  table.add(info, [services](Request<>& r) { return replay(r, services); });
  info = webhook_route(Method::kPost, deliveries + "/replay-failed", "replayFailedWebhookDeliveries",
                       "Sends again, in order, what has failed since an instant; at most 1000 at once.");
  info.status = 202;
  info.problems = problems;
  table.add(info, [services](Request<ReplayBody>& r) { return replay_failed(r, services); });
}

void add_webhook_routes(RouteTable& table, const WebhookServices& services) {
  add_endpoint_routes(table, services);
  add_delivery_routes(table, services);
}

}  // namespace parley::api::webhooks
