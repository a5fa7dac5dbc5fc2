#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "product/ports/store.h"
#include "product/webhooks/signature.h"
#include "product/webhooks/types.h"

// The sender's side of deliveries. It claims what is due for the time of a lease, posts it, and says what became of it;
// of a sender that dies, another takes over when the lease ends, and the receiver may get the same delivery twice.

namespace parley::product::webhooks {

/// An endpoint that is sent to, and when its next delivery is due (or its lease ends); absent: none is.
struct EndpointDue {
  HookId id;
  std::optional<WallTime> due_at;
};
BOOST_DESCRIBE_STRUCT(EndpointDue, (), (id, due_at))
std::vector<EndpointDue> endpoints_due(Tx& tx);

/// One POST to be made, of `body` exactly.
struct Claimed {
  DeliveryId id;
  HookId endpoint;
  std::string url;
  Secrets secrets;
  std::string body;
  WallTime lease;  ///< Its end.
};
/// Up to `limit` deliveries of one endpoint that are due, the longest due first, each of another resource.
std::vector<Claimed> claim(Tx& tx, const HookId& endpoint, int64_t limit, WallTime now);

/// What became of a claimed delivery.
struct AttemptResult {
  DeliveryId id;
  WallTime lease;
  WallTime at;  ///< When it began.
  TimeDelta duration;
  std::optional<int> status;
  std::optional<AttemptError> error;
};
enum class Fate : unsigned char {
  kDelivered,
  kRetried,
  kFailed,
  kObsolete,  ///< The endpoint is deleted, or another has taken over meanwhile.
};
/// Writes the attempt down and decides: 2xx has delivered it, 410 disables the endpoint, anything else is tried again
/// (see schedule.h).
Fate finish(Tx& tx, const AttemptResult& result, WallTime now, Rng& rng);
/// Gives back what was claimed and not finished, to be sent at once by whoever comes next.
void release(Tx& tx, const DeliveryId& id, WallTime lease, WallTime now);

/// For a timer: disables endpoints for which more than `max_waiting` deliveries wait, and gives up what nobody is sent
/// any more (endpoints that are disabled, keys that are revoked) when its window ends.
struct Tended {
  int64_t waiting = 0;   ///< Deliveries pending now.
  int64_t failed = 0;    ///< Given up.
  int64_t disabled = 0;  ///< Endpoints.
};
Tended tend(Tx& tx, WallTime now, int64_t max_waiting = kMaxWaiting);

/// Rows removed by one sweep(): the writer is needed by others, too.
inline constexpr int64_t kSweptAtOnce = 1000;
/// Forgets old secrets whose grace is over, and deliveries that ended long ago. For a timer, until it returns less than
/// kSweptAtOnce.
int64_t sweep(Tx& tx, WallTime now);

}  // namespace parley::product::webhooks
