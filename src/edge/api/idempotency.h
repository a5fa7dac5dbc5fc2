#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "edge/api/request.h"
#include "product/ports/store.h"

namespace parley::api {

/// How long the answer to an Idempotency-Key is kept.
inline constexpr TimeDelta kKeepAnswers = TimeDelta::seconds(86'400);
/// A request that has no answer after this was cut off with its process; a repeat runs anew. Above any deadline.
inline constexpr TimeDelta kAbandonedAfter = TimeDelta::seconds(60);
/// Characters of a key: visible ASCII.
inline constexpr size_t kMaxIdempotencyKey = 255;

/// One use of a key.
struct IdempotentUse {
  std::string scope;  ///< Who asks: a key means something only to its maker.
  std::string key;
  std::string body_hash;  ///< Of method, path, query and body.
};
/// kInvalidRequest when the key is not one.
product::Outcome<IdempotentUse> read_idempotency_key(const net::HttpRequest& request, std::string scope);

/// Makes a repeated request harmless (product.md 3.2). The answer is stored after the handler's own unit of work, so a
/// process that dies between the two makes a repeat run anew after kAbandonedAfter: at least once, then. What must hold
/// beyond that has an id of the client's own (`clientId`).
class Idempotency {
 public:
  explicit Idempotency(product::Store& store) : store_(store) {}

  /// nullopt: the caller has claimed the key, runs the request and ends with finish(). Otherwise the earlier answer.
  /// kIdempotencyKeyReused, kRequestInProgress, or the store's problem.
  product::Outcome<std::optional<Written>> begin(const IdempotentUse& use, Now now, Timestamp deadline);
  /// Keeps the answer for repeats; without one the key is free again.
  product::Outcome<void> finish(const IdempotentUse& use, const std::optional<Written>& answer, Now now,
                                Timestamp deadline);
  /// Forgets what is older than kKeepAnswers. For a timer: once an hour is enough.
  product::Outcome<void> sweep(WallTime now, Timestamp deadline);

 private:
  product::Store& store_;
};

}  // namespace parley::api
