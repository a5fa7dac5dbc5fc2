#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "product/ports/store.h"
#include "product/webhooks/endpoints.h"
#include "product/webhooks/types.h"

// Deliveries as their owner sees them, and how they come to be. How they are sent: dispatch.h.
//
// Of the pending deliveries of one endpoint and one resource, one has a time at which it is due, the earliest; the
// others wait without one until it has ended. So what is sent is in order, and finding what is due costs nothing for
// what waits.

namespace parley::product::webhooks {

/// An event as the outbox numbered it: events of one resource have numbers in their order.
struct OutboxRecord {
  int64_t id = 0;
  std::string type;
  std::string resource;
  std::string payload;  ///< JSON.
  WallTime at;
};
/// Makes a delivery of each event for each endpoint that wants it; of one that was enqueued before, none. In the order
/// of their numbers. Returns how many were made.
int64_t enqueue(Tx& tx, std::span<const OutboxRecord> events, WallTime now, Rng& rng);
/// Whether anybody is to be told anything.
bool has_active_endpoint(Tx& tx);

/// An event "webhook.test", which no other waits for. kNotFound, kWebhookDisabled.
Outcome<Delivery> send_test(Tx& tx, const Viewer& viewer, const HookId& endpoint, WallTime now, Rng& rng);

struct DeliveryFilter {
  std::optional<DeliveryState> state;
  std::optional<std::string> type;
};
/// The newest first, those before `after` (a delivery's id; empty: from the newest). kNotFound.
struct DeliveryPlace {
  std::string after;
  int64_t limit = 50;
};
Outcome<std::vector<Delivery>> list_deliveries(Tx& tx, const Viewer& viewer, const HookId& endpoint,
                                               const DeliveryFilter& filter, const DeliveryPlace& place);

struct DeliveryDetails : Delivery {
  json::Raw body;                      ///< What is posted.
  std::vector<Attempt> last_attempts;  ///< The newest first, at most kMaxAttemptsKept.
};
BOOST_DESCRIBE_STRUCT(DeliveryDetails, (Delivery), (body, last_attempts))
Outcome<DeliveryDetails> get_delivery(Tx& tx, const Viewer& viewer, const HookId& endpoint, const DeliveryId& id);

/// Sends it again, under the same id, with a retry window of its own; one that is pending is tried at once (unless it
/// waits for an earlier one, or is being sent now). kNotFound, kWebhookDisabled.
Outcome<Delivery> replay_delivery(Tx& tx, const Viewer& viewer, const HookId& endpoint, const DeliveryId& id,
                                  WallTime now);

/// At most so many are replayed in one unit of work.
inline constexpr int64_t kReplayAtOnce = 1000;
struct Replayed {
  int64_t replayed = 0;
  bool is_complete = true;  ///< False: there are more; ask again.
};
BOOST_DESCRIBE_STRUCT(Replayed, (), (replayed, is_complete))
/// Sends again, in order, what has failed of the events since `since`. kNotFound, kWebhookDisabled.
Outcome<Replayed> replay_failed(Tx& tx, const Viewer& viewer, const HookId& endpoint, WallTime since, WallTime now);

/// Makes the earliest pending delivery of a resource due, if none is.
void promote(Tx& tx, const HookId& endpoint, std::string_view resource, WallTime now);

}  // namespace parley::product::webhooks
