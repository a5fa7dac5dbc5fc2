#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "json/types.h"
#include "product/model/ids.h"

// Webhooks: what happens here is posted to back ends elsewhere. An endpoint says where to and what; a delivery is one
// event on its way to one endpoint; an attempt is one POST of it.

namespace parley::product::webhooks {

using DeliveryId = Id<struct DeliveryTag>;

// Enumerators' numbers stand in the database.

/// Why an endpoint gets nothing.
enum class DisabledReason : unsigned char {
  kByOwner,
  kGone,         ///< It answered 410.
  kBacklogFull,  ///< kMaxWaiting deliveries waited.
};
BOOST_DESCRIBE_ENUM(DisabledReason, kByOwner, kGone, kBacklogFull)

enum class DeliveryState : unsigned char {
  kPending,    ///< To be sent, or to be sent again.
  kDelivered,  ///< Answered by a status of 2xx.
  kFailed,     ///< Given up after kRetryWindow, or refused by 410. May be replayed.
};
BOOST_DESCRIBE_ENUM(DeliveryState, kPending, kDelivered, kFailed)

/// Why an attempt brought no answer.
enum class AttemptError : unsigned char {
  kTimeout,            ///< No answer within kAttemptTimeout.
  kUnreachable,        ///< No such name, no connection, no trust in its certificate, or cut off.
  kAddressNotAllowed,  ///< The name leads into a private network.
  kAnswerTooLarge,
};
BOOST_DESCRIBE_ENUM(AttemptError, kTimeout, kUnreachable, kAddressNotAllowed, kAnswerTooLarge)

/// Of the whole server, and of one API key.
inline constexpr int64_t kMaxEndpoints = 100;
inline constexpr int64_t kMaxEndpointsOfKey = 20;
/// Deliveries that may wait for one endpoint; about 50 MB. Beyond it the endpoint is disabled: it has not kept up for
/// hours, and the rest of the server shares the disk with it.
inline constexpr int64_t kMaxWaiting = 100'000;
/// From the event (or the replay) to the last attempt.
inline constexpr TimeDelta kRetryWindow = TimeDelta::seconds(86'400);
/// From name look-up to the end of the answer.
inline constexpr TimeDelta kAttemptTimeout = TimeDelta::seconds(10);
/// How long a claimed delivery is left to whoever claimed it; then another may send it. Twice the longest attempt.
inline constexpr TimeDelta kLease = TimeDelta::seconds(20);
/// The newest attempts of a delivery that are kept; a whole window has about 36.
inline constexpr int64_t kMaxAttemptsKept = 50;
/// How long ended deliveries can be looked at and replayed.
inline constexpr TimeDelta kKeepDelivered = TimeDelta::seconds(7 * 86'400);
inline constexpr TimeDelta kKeepFailed = TimeDelta::seconds(30 * 86'400);

struct EndpointView {
  HookId id;
  json::Nullable<ApiKeyId> api_key_id;  ///< The key that it belongs to; null: the administrators.
  std::string url;
  std::string description;
  std::vector<std::string> event_types;  ///< Empty: all.
  bool is_enabled = true;
  json::Nullable<DisabledReason> disabled_reason;
  json::Nullable<WallTime> old_secret_until;  ///< Until then each delivery is signed with the old secret, too.
  WallTime created_at;
  WallTime updated_at;
};
BOOST_DESCRIBE_STRUCT(EndpointView, (),
                      (id, api_key_id, url, description, event_types, is_enabled, disabled_reason, old_secret_until,
                       created_at, updated_at))

struct Delivery {
  DeliveryId id;  ///< Header `webhook-id`.
  HookId endpoint_id;
  std::string type;
  std::string resource;
  DeliveryState state = {};
  int64_t attempts = 0;
  json::Nullable<WallTime> next_attempt_at;  ///< Null: ended, or waits for an earlier event of its resource.
  WallTime created_at;
  json::Nullable<WallTime> finished_at;
};
BOOST_DESCRIBE_STRUCT(Delivery, (),
                      (id, endpoint_id, type, resource, state, attempts, next_attempt_at, created_at, finished_at))

struct Attempt {
  int64_t number = 0;
  WallTime at;
  int64_t duration_ms = 0;
  json::Nullable<int64_t> status;  ///< HTTP; null without an answer.
  json::Nullable<AttemptError> error;
};
BOOST_DESCRIBE_STRUCT(Attempt, (), (number, at, duration_ms, status, error))

}  // namespace parley::product::webhooks
