#pragma once

#include <compare>
#include <cstddef>
#include <functional>

namespace parley {

/// An integer that identifies one kind of thing and converts to nothing else. `Tag` is an empty struct.
template <class Tag, class Int>
class StrongId {
 public:
  using value_type = Int;
  constexpr StrongId() = default;
  explicit constexpr StrongId(Int value) : value_(value) {}
  constexpr Int value() const { return value_; }
  constexpr auto operator<=>(const StrongId&) const = default;

 private:
  Int value_{};
};

}  // namespace parley

template <class Tag, class Int>
struct std::hash<parley::StrongId<Tag, Int>> {
  size_t operator()(parley::StrongId<Tag, Int> id) const noexcept { return std::hash<Int>{}(id.value()); }
};
