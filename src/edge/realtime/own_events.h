#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "edge/api/problem_json.h"
#include "json/types.h"
#include "product/chat/sync.h"
#include "product/model/ids.h"

// What a socket is told by the gateway itself, beside the events of the log: about its own connection.

namespace parley::realtime {

/// `ready`: the first thing that a socket is told.
struct Ready {
  product::UserId user_id;
  std::string event_id;  ///< Where the log stands: `lastEventId` of one who is told nothing else.
  WallTime server_time;
  bool recovered = false;
  json::Nullable<WallTime> expires_at;  ///< Of the token; null: never.
  std::vector<product::chat::SyncItem> conversations;
  bool has_more = false;  ///< There are more: GET /sync.
};
BOOST_DESCRIBE_STRUCT(Ready, (), (user_id, event_id, server_time, recovered, expires_at, conversations, has_more))

/// `resumed`: everything that was missed since `lastEventId` has been told.
struct Resumed {
  int64_t count = 0;
  std::string event_id;
};
BOOST_DESCRIBE_STRUCT(Resumed, (), (count, event_id))

/// `resync`: it cannot be told; GET /sync says what has changed.
struct Resync {
  std::string reason;  ///< unknown_event, too_long_ago, too_many_events, events_forgotten.
};
BOOST_DESCRIBE_STRUCT(Resync, (), (reason))

/// `auth:expiring`: the token ends soon; `auth:refresh` goes on.
struct Expiring {
  WallTime expires_at;
};
BOOST_DESCRIBE_STRUCT(Expiring, (), (expires_at))

/// `problem` and `rateLimited`: what became of an event that asked for no answer.
struct EventProblem {
  std::string event;
  api::ProblemBody error;
};
BOOST_DESCRIBE_STRUCT(EventProblem, (), (event, error))

/// An acknowledgement that says no.
struct Refused {
  bool ok = false;
  api::ProblemBody error;
};
BOOST_DESCRIBE_STRUCT(Refused, (), (ok, error))

/// CONNECT_ERROR's `data` (product.md 3.3).
struct ConnectRefused {
  api::ProblemBody error;
  std::string code;
  bool retry = false;  ///< Whether it may go better without a change on the client's side.
  std::optional<int64_t> after_ms;
};
BOOST_DESCRIBE_STRUCT(ConnectRefused, (), (error, code, retry, after_ms))

}  // namespace parley::realtime
