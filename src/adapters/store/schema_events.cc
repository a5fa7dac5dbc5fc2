// What has happened, in the order in which all are told it (product/events/).
#include "adapters/store/schema.h"

namespace parley::store {
namespace {

constexpr std::string_view kStatements[] = {
    // Positions are given under the lock of event_log_state's one row, so they have no holes.
    R"(create table event_log (
         position {int} not null primary key,
         outbox_id {int} not null unique,
         type {text} not null,
         resource {text} not null,
         payload {json} not null,
         created_at {int} not null
       ) {strict})",
    "create index event_log_by_resource on event_log (resource, position)",
    R"(create table event_log_state (
         id {int} not null primary key,
         last {int} not null
       ) {strict})",
};

}  // namespace

constinit const Migration kEventSchema{"events", kStatements};

}  // namespace parley::store
