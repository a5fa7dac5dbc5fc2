#pragma once

#include <expected>
#include <string>
#include <utility>

namespace parley {

/// Why an operation on outside input failed, for callers that need a class of failure and a text for the log or the
/// peer. Modules with finer causes use an enum of their own as E.
struct Error {
  enum class Code : unsigned char {
    kInvalidArgument,     ///< The input is malformed or out of limits.
    kUnauthenticated,     ///< No or wrong credentials.
    kPermissionDenied,    ///< Known caller, not allowed.
    kNotFound,            ///< The named thing does not exist.
    kAlreadyExists,       ///< The named thing exists already.
    kFailedPrecondition,  ///< Not possible in the present state.
    kResourceExhausted,   ///< A stated limit is reached.
    kUnavailable,         ///< A dependency failed; may work later.
    kUnimplemented,       ///< Deliberately not offered.
    kInternal,            ///< Our fault.
  };
  Code code = Code::kInternal;
  std::string message;
};

template <class T, class E = Error>
using Result = std::expected<T, E>;

inline std::unexpected<Error> fail(Error::Code code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace parley
