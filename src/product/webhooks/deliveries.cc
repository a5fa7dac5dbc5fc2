#include "product/webhooks/deliveries.h"

#include <algorithm>
#include <set>

#include "json/writer.h"
#include "product/webhooks/event_types.h"

namespace parley::product::webhooks {
namespace {

/// What receivers get; `type`, `timestamp` and `data` as Standard Webhooks proposes.
struct EventBody {
  std::string type;
  WallTime timestamp;
  std::string resource;
  json::Raw data;
};
BOOST_DESCRIBE_STRUCT(EventBody, (), (type, timestamp, resource, data))

struct TestData {
  HookId endpoint_id;
};
BOOST_DESCRIBE_STRUCT(TestData, (), (endpoint_id))

struct ReceiverRow {
  HookId id;
  std::string event_types;
};
BOOST_DESCRIBE_STRUCT(ReceiverRow, (), (id, event_types))

struct Receiver {
  HookId id;
  std::vector<std::string> types;
  bool wants(std::string_view type) const { return types.empty() || std::ranges::find(types, type) != types.end(); }
};
std::vector<Receiver> receivers(Tx& tx) {
  std::vector<Receiver> out;
  for (ReceiverRow& row : all<ReceiverRow>(
           tx, "select e.id, e.event_types from webhook_endpoints e" + std::string(kActive) + "order by e.id"))
    out.push_back({std::move(row.id), split_types(row.event_types)});
  return out;
}

struct DeliveryRow {
  DeliveryId id;
  HookId endpoint_id;
  std::string type;
  std::string resource;
  DeliveryState state = {};
  int64_t attempts = 0;
  std::optional<WallTime> due_at;
  WallTime created_at;
  std::optional<WallTime> finished_at;
  std::string body;
};
BOOST_DESCRIBE_STRUCT(DeliveryRow, (),
                      (id, endpoint_id, type, resource, state, attempts, due_at, created_at, finished_at, body))
constexpr std::string_view kSelect =
    "select id, endpoint_id, type, resource, state, attempts, due_at, created_at, finished_at, body "
    "from webhook_deliveries ";

Delivery make_view(DeliveryRow row) {
  return {.id = std::move(row.id),
          .endpoint_id = std::move(row.endpoint_id),
          .type = std::move(row.type),
          .resource = std::move(row.resource),
          .state = row.state,
          .attempts = row.attempts,
          .next_attempt_at = row.due_at,
          .created_at = row.created_at,
          .finished_at = row.finished_at};
}

struct NewDelivery {
  DeliveryId id;
  HookId endpoint;
  std::optional<int64_t> outbox_id;
  std::string type;
  std::string resource;
  std::string body;
};

/// Due at once, unless an earlier one of its resource is pending.
int64_t insert(Tx& tx, const NewDelivery& made, WallTime now) {
  return execute(
      tx,
      "insert into webhook_deliveries (id, endpoint_id, outbox_id, seq, type, resource, body, due_at, give_up_at, "
      "created_at) values ($1, $2, $3, $4, $5, $6, $7, case when exists (select 1 from webhook_deliveries "
      "where endpoint_id = $2 and resource = $6 and state = 0) then null else cast($8 as bigint) end, $9, $8) "
      "on conflict do nothing",
      made.id, made.endpoint, made.outbox_id, made.outbox_id.value_or(0), made.type, made.resource, made.body, now,
      WallTime{now.unix_us + kRetryWindow.us()});
}

Outcome<void> check_enabled(Tx& tx, const Viewer& viewer, const HookId& id) {
  const auto endpoint = get_endpoint(tx, viewer, id);
  if (!endpoint) return std::unexpected(endpoint.error());
  if (!endpoint->is_enabled) return refuse(ProblemCode::kWebhookDisabled);
  return {};
}

Outcome<DeliveryRow> find(Tx& tx, const HookId& endpoint, const DeliveryId& id) {
  auto row = one<DeliveryRow>(tx, std::string(kSelect) + "where id = $1 and endpoint_id = $2", id, endpoint);
  if (!row) return refuse(ProblemCode::kNotFound);
  return std::move(*row);
}

}  // namespace

bool has_active_endpoint(Tx& tx) {
  return one<int64_t>(tx, "select 1 from webhook_endpoints e" + std::string(kActive) + "limit 1").has_value();
}

int64_t enqueue(Tx& tx, std::span<const OutboxRecord> events, WallTime now, Rng& rng) {
  const std::vector<Receiver> told = receivers(tx);
  int64_t made = 0;
  for (const OutboxRecord& event : events) {
    if (told.empty() || !is_event_type(event.type)) continue;
    const std::string body =
        json::to_json(EventBody{event.type, event.at, event.resource, json::Raw{.text = event.payload}});
    for (const Receiver& receiver : told) {
      if (!receiver.wants(event.type)) continue;
      made += insert(tx, {make_id<DeliveryId>(now, rng), receiver.id, event.id, event.type, event.resource, body}, now);
    }
  }
  return made;
}

Outcome<Delivery> send_test(Tx& tx, const Viewer& viewer, const HookId& endpoint, WallTime now, Rng& rng) {
  if (auto good = check_enabled(tx, viewer, endpoint); !good) return std::unexpected(std::move(good.error()));
  NewDelivery made{.id = make_id<DeliveryId>(now, rng),
                   .endpoint = endpoint,
                   .outbox_id = {},
                   .type = std::string(kTestType),
                   .resource = {},
                   .body = {}};
  made.resource = "webhook_test:" + made.id.text();
  made.body = json::to_json(
      EventBody{made.type, now, made.resource, json::Raw{.text = json::to_json(TestData{.endpoint_id = endpoint})}});
  insert(tx, made, now);
  auto row = find(tx, endpoint, made.id);
  if (!row) return std::unexpected(std::move(row.error()));
  return make_view(std::move(*row));
}

Outcome<std::vector<Delivery>> list_deliveries(Tx& tx, const Viewer& viewer, const HookId& endpoint,
                                               const DeliveryFilter& filter, const DeliveryPlace& place) {
  if (auto known = get_endpoint(tx, viewer, endpoint); !known) return std::unexpected(std::move(known.error()));
  // Past every UUID.
  const std::string before = place.after.empty() ? "~" : place.after;
  const int64_t state = filter.state ? static_cast<int64_t>(*filter.state) : -1;
  std::vector<Delivery> out;
  for (DeliveryRow& row :
       all<DeliveryRow>(tx,
                        std::string(kSelect) + "where endpoint_id = $1 and id < $2 and (state = $3 or $3 = -1) "
                                               "and (type = $4 or $4 = '') order by id desc limit $5",
                        endpoint, before, state, filter.type.value_or(""), place.limit))
    out.push_back(make_view(std::move(row)));
  return out;
}

Outcome<DeliveryDetails> get_delivery(Tx& tx, const Viewer& viewer, const HookId& endpoint, const DeliveryId& id) {
  if (auto known = get_endpoint(tx, viewer, endpoint); !known) return std::unexpected(std::move(known.error()));
  auto row = find(tx, endpoint, id);
  if (!row) return std::unexpected(std::move(row.error()));
  DeliveryDetails out;
  out.body = {.text = std::move(row->body)};
  static_cast<Delivery&>(out) = make_view(std::move(*row));
  out.last_attempts = all<Attempt>(
      tx,
      "select number, at, duration_ms, status, error from webhook_attempts where delivery_id = $1 order by number desc",
      id);
  return out;
}

Outcome<Delivery> replay_delivery(Tx& tx, const Viewer& viewer, const HookId& endpoint, const DeliveryId& id,
                                  WallTime now) {
  if (auto good = check_enabled(tx, viewer, endpoint); !good) return std::unexpected(std::move(good.error()));
  auto row = find(tx, endpoint, id);
  if (!row) return std::unexpected(std::move(row.error()));
  if (row->state == DeliveryState::kPending) {
    execute(tx, "update webhook_deliveries set due_at = $1 where id = $2 and due_at is not null and is_leased = 0", now,
            id);
  } else {
    execute(tx,
            "update webhook_deliveries set state = 0, due_at = null, finished_at = null, give_up_at = $1 where id = $2",
            WallTime{now.unix_us + kRetryWindow.us()}, id);
    promote(tx, endpoint, row->resource, now);
  }
  row = find(tx, endpoint, id);
  if (!row) return std::unexpected(std::move(row.error()));
  return make_view(std::move(*row));
}

Outcome<Replayed> replay_failed(Tx& tx, const Viewer& viewer, const HookId& endpoint, WallTime since, WallTime now) {
  if (auto good = check_enabled(tx, viewer, endpoint); !good) return std::unexpected(std::move(good.error()));
  auto failed = all<DeliveryRow>(tx,
                                 std::string(kSelect) +
                                     "where endpoint_id = $1 and state = 2 and created_at >= $2 "
                                     "order by created_at, seq, id limit $3",
                                 endpoint, since, kReplayAtOnce + 1);
  Replayed out{.replayed = 0, .is_complete = std::ssize(failed) <= kReplayAtOnce};
  if (!out.is_complete) failed.pop_back();
  std::set<std::string> resources;
  for (DeliveryRow& row : failed) {
    execute(tx,
            "update webhook_deliveries set state = 0, due_at = null, finished_at = null, give_up_at = $1 where id = $2",
            WallTime{now.unix_us + kRetryWindow.us()}, row.id);
    resources.insert(std::move(row.resource));
  }
  for (const std::string& resource : resources) promote(tx, endpoint, resource, now);
  out.replayed = std::ssize(failed);
  return out;
}

void promote(Tx& tx, const HookId& endpoint, std::string_view resource, WallTime now) {
  execute(tx,
          "update webhook_deliveries set due_at = $3 where id = (select id from webhook_deliveries "
          "where endpoint_id = $1 and resource = $2 and state = 0 order by seq, id limit 1) "
          "and not exists (select 1 from webhook_deliveries "
          "where endpoint_id = $1 and resource = $2 and state = 0 and due_at is not null)",
          endpoint, resource, now);
}

}  // namespace parley::product::webhooks
