#pragma once

#include <utility>

namespace parley {

/// A value that must not reach a log: secrets, message text, addresses, personal data. It has no formatter, and every
/// use of the value is a visible reveal().
template <class T>
class Redacted {
 public:
  Redacted() = default;
  explicit Redacted(T value) : value_(std::move(value)) {}
  const T& reveal() const { return value_; }
  bool operator==(const Redacted&) const = default;

 private:
  T value_{};
};

}  // namespace parley
