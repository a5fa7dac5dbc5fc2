#include "product/webhooks/dispatch.h"

#include "product/webhooks/deliveries.h"
#include "product/webhooks/endpoints.h"
#include "product/webhooks/schedule.h"

namespace parley::product::webhooks {
namespace {

constexpr int kStatusGone = 410;  // RFC 9110 section 15.5.11; Standard Webhooks: "disable the endpoint".

struct DueRow {
  DeliveryId id;
  WallTime due_at;
  std::string body;
};
BOOST_DESCRIBE_STRUCT(DueRow, (), (id, due_at, body))

struct TargetRow {
  std::string url;
  std::string secret;
  std::optional<std::string> old_secret;
  std::optional<WallTime> old_secret_until;
};
BOOST_DESCRIBE_STRUCT(TargetRow, (), (url, secret, old_secret, old_secret_until))

struct PendingRow {
  HookId endpoint_id;
  std::string resource;
  DeliveryState state = {};
  int64_t attempts = 0;
  std::optional<WallTime> due_at;
  WallTime give_up_at;
};
BOOST_DESCRIBE_STRUCT(PendingRow, (), (endpoint_id, resource, state, attempts, due_at, give_up_at))

void write_attempt(Tx& tx, const AttemptResult& result, int64_t number) {
  execute(tx,
          "insert into webhook_attempts (delivery_id, number, at, duration_ms, status, error) "
          "values ($1, $2, $3, $4, $5, $6)",
          result.id, number, result.at, result.duration.ms(), result.status, result.error);
  execute(tx, "delete from webhook_attempts where delivery_id = $1 and number <= $2", result.id,
          number - kMaxAttemptsKept);
}

struct Waiting {
  HookId endpoint;
  int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(Waiting, (), (endpoint, count))

/// What was pending for an endpoint that is not sent to, and whose window is over. What was enqueued before its
/// disabling ends within a day, so each delivery is looked at once.
int64_t give_up_late(Tx& tx, const HookId& endpoint, WallTime now) {
  const int64_t late = execute(tx,
                               "update webhook_deliveries set state = 2, due_at = null, is_leased = 0, "
                               "finished_at = $1 where endpoint_id = $2 and state = 0 and give_up_at <= $1",
                               now, endpoint);
  if (late == 0) return 0;
  for (const auto& resource : all<std::string>(
           tx, "select distinct resource from webhook_deliveries where endpoint_id = $1 and state = 0", endpoint))
    promote(tx, endpoint, resource, now);
  return late;
}

}  // namespace

std::vector<EndpointDue> endpoints_due(Tx& tx) {
  return all<EndpointDue>(tx,
                          "select e.id, (select min(d.due_at) from webhook_deliveries d "
                          "where d.endpoint_id = e.id and d.due_at is not null) from webhook_endpoints e" +
                              std::string(kActive) + "order by e.id");
}

std::vector<Claimed> claim(Tx& tx, const HookId& endpoint, int64_t limit, WallTime now) {
  const auto target =
      one<TargetRow>(tx,
                     "select e.url, e.secret, e.old_secret, e.old_secret_until from webhook_endpoints e" +
                         std::string(kActive) + "and e.id = $1",
                     endpoint);
  if (!target) return {};
  Secrets secrets{.current = Redacted(target->secret), .old = {}};
  if (target->old_secret && target->old_secret_until && now < *target->old_secret_until)
    secrets.old = Redacted(*target->old_secret);
  const WallTime lease{now.unix_us + kLease.us()};
  std::vector<Claimed> out;
  for (DueRow& row : all<DueRow>(tx,
                                 "select id, due_at, body from webhook_deliveries "
                                 "where endpoint_id = $1 and due_at is not null and due_at <= $2 "
                                 "order by due_at, seq, id limit $3",
                                 endpoint, now, limit)) {
    const int64_t taken =
        execute(tx, "update webhook_deliveries set due_at = $1, is_leased = 1 where id = $2 and due_at = $3", lease,
                row.id, row.due_at);
    if (taken == 1) out.push_back({std::move(row.id), endpoint, target->url, secrets, std::move(row.body), lease});
  }
  return out;
}

Fate finish(Tx& tx, const AttemptResult& result, WallTime now, Rng& rng) {
  const auto row = one<PendingRow>(
      tx, "select endpoint_id, resource, state, attempts, due_at, give_up_at from webhook_deliveries where id = $1",
      result.id);
  if (!row || row->state != DeliveryState::kPending) return Fate::kObsolete;
  const bool is_delivered = result.status && *result.status >= 200 && *result.status < 300;
  // A success holds, whoever has the lease now; of failures only those count that are our own.
  if (!is_delivered && row->due_at != result.lease) return Fate::kObsolete;
  const int64_t number = row->attempts + 1;
  write_attempt(tx, result, number);
  const bool is_gone = result.status == kStatusGone;
  const auto next = is_delivered || is_gone ? std::nullopt : next_attempt(number, now, row->give_up_at, rng);
  if (next) {
    execute(tx, "update webhook_deliveries set attempts = $1, due_at = $2, is_leased = 0 where id = $3", number, *next,
            result.id);
    return Fate::kRetried;
  }
  execute(tx,
          "update webhook_deliveries set state = $1, attempts = $2, due_at = null, is_leased = 0, finished_at = $3 "
          "where id = $4",
          is_delivered ? DeliveryState::kDelivered : DeliveryState::kFailed, number, now, result.id);
  promote(tx, row->endpoint_id, row->resource, now);
  if (is_gone) disable_endpoint(tx, row->endpoint_id, DisabledReason::kGone, now);
  return is_delivered ? Fate::kDelivered : Fate::kFailed;
}

void release(Tx& tx, const DeliveryId& id, WallTime lease, WallTime now) {
  execute(tx,
          "update webhook_deliveries set due_at = $1, is_leased = 0 where id = $2 and due_at = $3 and is_leased = 1",
          now, id, lease);
}

Tended tend(Tx& tx, WallTime now, int64_t max_waiting) {
  Tended out;
  for (const Waiting& waiting :
       all<Waiting>(tx, "select endpoint_id, count(*) from webhook_deliveries where state = 0 group by endpoint_id")) {
    out.waiting += waiting.count;
    if (waiting.count <= max_waiting) continue;
    ++out.disabled;
    disable_endpoint(tx, waiting.endpoint, DisabledReason::kBacklogFull, now);
  }
  for (const auto& endpoint : all<HookId>(tx,
                                          "select e.id from webhook_endpoints e left join api_keys k "
                                          "on k.id = e.api_key_id where e.is_enabled = 0 or k.revoked_at is not null"))
    out.failed += give_up_late(tx, endpoint, now);
  out.waiting -= out.failed;
  return out;
}

int64_t sweep(Tx& tx, WallTime now) {
  execute(tx,
          "update webhook_endpoints set old_secret = null, old_secret_until = null "
          "where old_secret_until is not null and old_secret_until <= $1",
          now);
  int64_t swept = 0;
  for (const auto& [state, kept] :
       {std::pair(DeliveryState::kDelivered, kKeepDelivered), std::pair(DeliveryState::kFailed, kKeepFailed)}) {
    swept += execute(tx,
                     "delete from webhook_deliveries where id in (select id from webhook_deliveries "
                     "where finished_at is not null and finished_at < $1 and state = $2 limit $3)",
                     WallTime{now.unix_us - kept.us()}, state, kSweptAtOnce - swept);
  }
  return swept;
}

}  // namespace parley::product::webhooks
