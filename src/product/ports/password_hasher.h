#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "product/model/problem.h"

namespace parley::product {

/// Hashes passwords: slow and large on purpose, so it is done outside of any transaction, and only so many at a time.
/// Thread-safe; blocks. Every function's problem: kOverloaded when there is no place before `deadline`.
class PasswordHasher {
 public:
  virtual ~PasswordHasher() = default;
  /// A text that holds algorithm, parameters, salt and hash.
  virtual Outcome<std::string> hash(std::string_view password, Timestamp deadline) = 0;
  /// Whether `hash` was made of `password`. An empty or unknown `hash` costs the same work and is never right, so that
  /// nobody learns from the time whether an account exists.
  virtual Outcome<bool> verify(std::string_view password, std::string_view hash, Timestamp deadline) = 0;
  /// Whether `hash` was made with other parameters than those of today.
  virtual bool is_outdated(std::string_view hash) const = 0;
};

}  // namespace parley::product
