#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace parley::product {

/// Why a request was not done. Clients act on the code's name, which never changes; people read the title. The names,
/// statuses and titles are a table in problem.cc.
enum class ProblemCode : unsigned char {
  // What is wrong with the request itself.
  kInvalidRequest,  ///< Some field is malformed, missing or unknown: see Problem::errors.
  kMalformedJson,
  kUnsupportedMediaType,
  kBodyTooLarge,
  kMethodNotAllowed,
  kNotFound,              ///< Also what the caller may not even know of.
  kIdempotencyKeyReused,  ///< The same key with another body.
  kRequestInProgress,     ///< The same key, still running.
  kRateLimited,
  kOriginNotAllowed,
  // Who asks.
  kUnauthenticated,  ///< No credentials.
  kTokenExpired,
  kTokenInvalid,
  kSessionRevoked,
  kForbidden,         ///< Known, but not allowed: Problem::detail names the missing right.
  kWrongCredentials,  ///< Login: says neither which of the two nor whether there is such an account.
  kSecondFactorRequired,
  kWrongSecondFactor,
  kEmailNotVerified,
  kAccountDisabled,
  // What stands in the way.
  kConflict,  ///< The thing has changed meanwhile.
  kUsernameTaken,
  kEmailTaken,
  kPasswordTooWeak,
  kLimitReached,   ///< Problem::detail names the limit.
  kInviteInvalid,  ///< Unknown, expired, used up or revoked: not told apart.
  kBanned,
  kTimedOut,
  kHierarchy,  ///< The target's highest role is not below the caller's.
  kWebhookDisabled,
  kQuotaExceeded,     ///< Problem::detail names whose.
  kFileNotReady,      ///< It is still looked at.
  kFileInfected,      ///< A scanner has found something in it.
  kLinkInvalid,       ///< Altered or expired.
  kChecksumMismatch,  ///< What came is not what was announced (tus 1.0, 460).
  kTusVersion,        ///< Another version of tus than 1.0.0.
  kMediaUnreadable,   ///< A damaged or hostile file, or one of a kind that is not taken there.
  kMediaTooLarge,     ///< Too many pixels, or too long.
  // The server's own.
  kDatabaseUnavailable,
  kDeadlineExceeded,
  kOverloaded,
  kLivekitNotConfigured,
  kRoomBackendUnavailable,
  kStorageUnavailable,  ///< Of files.
  kStorageFull,
  kNotConfigured,  ///< An optional part that this server runs without.
  kInternal,
};

/// One row of the table of problems.
struct ProblemInfo {
  ProblemCode code;
  std::string_view name;  ///< "username_taken": stable.
  int status;             ///< HTTP.
  std::string_view en;
  std::string_view tr;
  std::string_view az;
};
const ProblemInfo& info(ProblemCode code);

/// What is wrong with one field.
struct FieldError {
  std::string pointer;  ///< JSON pointer (RFC 6901) into the body, or "?name" for a query parameter.
  std::string message;  ///< English: for the developer.
};

/// RFC 9457, before it is written for a client.
struct Problem {
  ProblemCode code = ProblemCode::kInternal;
  std::string detail;  ///< English, for the developer; no secrets, no other people's data. May be empty.
  std::vector<FieldError> errors;
  TimeDelta retry_after;  ///< 0: unknown.
};

template <class T>
using Outcome = std::expected<T, Problem>;

inline std::unexpected<Problem> refuse(ProblemCode code, std::string detail = {}) {
  return std::unexpected(Problem{.code = code, .detail = std::move(detail)});
}

/// kInvalidRequest because of one field; `pointer` and `message` as in FieldError.
inline std::unexpected<Problem> refuse_field(std::string pointer, std::string message) {
  Problem problem{.code = ProblemCode::kInvalidRequest};
  problem.errors.push_back({std::move(pointer), std::move(message)});
  return std::unexpected(std::move(problem));
}

}  // namespace parley::product
