#include "adapters/store/failure.h"

namespace parley::store {
namespace {

/// When to ask again after the database was away: it reconnects within a second of the server's return.
constexpr TimeDelta kRetryAfter = TimeDelta::seconds(1);

}  // namespace

product::Problem to_problem(const Failure& failure) {
  using product::ProblemCode;
  switch (failure.cause) {
    case Cause::kConstraint:
      return {.code = ProblemCode::kConflict, .detail = failure.text};
    case Cause::kContention:
    case Cause::kOverloaded:
      return {.code = ProblemCode::kOverloaded, .detail = failure.text, .retry_after = kRetryAfter};
    case Cause::kLost:
    case Cause::kOutcomeUnknown:
    case Cause::kResources:
      return {.code = ProblemCode::kDatabaseUnavailable, .detail = failure.text, .retry_after = kRetryAfter};
    case Cause::kDeadline:
      return {.code = ProblemCode::kDeadlineExceeded, .detail = failure.text};
    case Cause::kRefused:
      return {.code = ProblemCode::kInvalidRequest, .detail = failure.text};
    case Cause::kStatement:
      break;
  }
  return {.code = ProblemCode::kInternal, .detail = failure.text};
}

}  // namespace parley::store
