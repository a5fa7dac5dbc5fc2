// Webhooks to other people's back ends (product/webhooks/): where to, and what has been or is to be delivered.
#include "adapters/store/schema.h"

namespace parley::store {
namespace {

constexpr std::string_view kStatements[] = {
    // event_types: separated by commas; empty: all.
    R"(create table webhook_endpoints (
         id {text} not null primary key,
         api_key_id {text} references api_keys (id),
         url {text} not null,
         description {text} not null,
         event_types {text} not null,
         secret {text} not null,
         old_secret {text},
         old_secret_until {int},
         is_enabled {bool} not null,
         disabled_reason {int},
         created_at {int} not null,
         updated_at {int} not null
       ) {strict})",
    "create index webhook_endpoints_by_key on webhook_endpoints (api_key_id)",
    // due_at is null for what has ended and for what waits for an earlier one of its resource; of what is being sent it
    // is the end of the lease. outbox_id is null for test events.
    R"(create table webhook_deliveries (
         id {text} not null primary key,
         endpoint_id {text} not null references webhook_endpoints (id) on delete cascade,
         outbox_id {int},
         seq {int} not null,
         type {text} not null,
         resource {text} not null,
         body {text} not null,
         state {int} not null default 0,
         attempts {int} not null default 0,
         due_at {int},
         is_leased {bool} not null default 0,
         give_up_at {int} not null,
         created_at {int} not null,
         finished_at {int},
         unique (endpoint_id, outbox_id)
       ) {strict})",
    "create index webhook_deliveries_listed on webhook_deliveries (endpoint_id, id)",
    "create index webhook_deliveries_due on webhook_deliveries (endpoint_id, due_at) where due_at is not null",
    "create index webhook_deliveries_waiting on webhook_deliveries (endpoint_id, resource, seq) where state = 0",
    "create index webhook_deliveries_failed on webhook_deliveries (endpoint_id, created_at) where state = 2",
    "create index webhook_deliveries_finished on webhook_deliveries (finished_at) where finished_at is not null",
    R"(create table webhook_attempts (
         delivery_id {text} not null references webhook_deliveries (id) on delete cascade,
         number {int} not null,
         at {int} not null,
         duration_ms {int} not null,
         status {int},
         error {int},
         primary key (delivery_id, number)
       ) {strict})",
};

}  // namespace

constinit const Migration kWebhookSchema{"webhooks", kStatements};

}  // namespace parley::store
