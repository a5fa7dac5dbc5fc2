#pragma once

#include <string>

#include "base/result.h"
#include "product/model/problem.h"
#include "product/ports/store.h"

namespace parley::store {

/// Why a statement or a unit of work failed: what both databases' codes come down to.
enum class Cause : unsigned char {
  kConstraint,      ///< Unique, primary or foreign key.
  kContention,      ///< Serialisation failure or deadlock: may be repeated from the beginning.
  kLost,            ///< The connection broke, and nothing has been committed.
  kOutcomeUnknown,  ///< The connection broke during the commit. Never repeated.
  kDeadline,
  kResources,   ///< Disk full, I/O error, out of connections or memory.
  kOverloaded,  ///< Our own queue is full.
  kRefused,     ///< A value that no database may hold: NUL, broken UTF-8.
  kStatement,   ///< The statement itself is wrong: our mistake.
};

struct Failure {
  Cause cause = Cause::kStatement;
  std::string text;  ///< Without values: it goes to logs and to clients.
};

template <class T>
using Attempt = Result<T, Failure>;

inline std::unexpected<Failure> failed(Cause cause, std::string text) {
  return std::unexpected(Failure{cause, std::move(text)});
}

product::Problem to_problem(const Failure& failure);

}  // namespace parley::store
