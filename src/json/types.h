#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the fields of described structs are made of, beside bool, integers, double, std::string, described enums,
// WallTime, ids and other described structs. Names on the wire are camelCase, of enumerators snake_case without the k.
//
//   struct NewChannel {
//     json::Text<1, 100> name;
//     ChannelKind kind = {};                              // BOOST_DESCRIBE_ENUM(ChannelKind, kText, kVoice)
//     std::optional<json::Text<0, 1024>> topic;           // May be absent; null is refused.
//   };
//   BOOST_DESCRIBE_STRUCT(NewChannel, (), (name, kind, topic))

namespace parley::json {

/// Which control characters a text may hold; NUL and unpaired surrogates never.
enum class TextKind : unsigned char {
  kLine,   ///< None.
  kBlock,  ///< Line feed, carriage return and tab.
};

/// A plain std::string of a request is a line of at most so many code points.
inline constexpr size_t kMaxPlainText = 4096;
/// Ids and other values with text() and a constructor from it.
inline constexpr size_t kMaxIdText = 128;
/// A plain std::vector of a request.
inline constexpr size_t kMaxPlainItems = 1000;

/// A text of `Min` to `Max` Unicode code points. The limits hold for what was parsed; a text from elsewhere is taken as
/// it is.
template <size_t Min, size_t Max, TextKind Kind = TextKind::kLine>
class Text {
 public:
  static constexpr size_t kMin = Min;
  static constexpr size_t kMax = Max;
  static constexpr TextKind kKind = Kind;

  Text() = default;
  explicit Text(std::string text) : text_(std::move(text)) {}
  const std::string& text() const { return text_; }
  operator std::string_view() const { return text_; }  // NOLINT(google-explicit-constructor): it is one.
  auto operator<=>(const Text&) const = default;

 private:
  std::string text_;
};

/// Several lines.
template <size_t Min, size_t Max>
using Block = Text<Min, Max, TextKind::kBlock>;

/// An integer from `Min` to `Max`, both within what JavaScript holds exactly (2^53).
template <int64_t Min, int64_t Max>
class Number {
 public:
  static constexpr int64_t kMin = Min;
  static constexpr int64_t kMax = Max;

  constexpr Number() = default;
  constexpr explicit Number(int64_t value) : value_(value) {}
  constexpr int64_t value() const { return value_; }
  constexpr operator int64_t() const { return value_; }  // NOLINT(google-explicit-constructor): it is one.
  constexpr auto operator<=>(const Number&) const = default;

 private:
  int64_t value_ = Min > 0 ? Min : 0;
};

/// 64 bits, as a decimal string on the wire because JavaScript's numbers end at 2^53: permissions.
struct Mask {
  uint64_t bits = 0;
  auto operator<=>(const Mask&) const = default;
};

/// At most `Max` items, at least `Min`.
template <class T, size_t Max, size_t Min = 0>
class List : public std::vector<T> {
 public:
  static constexpr size_t kMax = Max;
  static constexpr size_t kMin = Min;
  using std::vector<T>::vector;
};

/// An object with free keys (lines of 1 to 128 code points), at most `Max` of them.
template <class T, size_t Max>
class Map : public std::map<std::string, T> {
 public:
  static constexpr size_t kMax = Max;
  using std::map<std::string, T>::map;
};

/// A field of a change: absent (leave as it is), null (clear) or a value. Where clearing makes no sense, use
/// std::optional.
template <class T>
class Patch {
 public:
  using value_type = T;
  Patch() = default;
  explicit Patch(T value) : is_present_(true), value_(std::move(value)) {}
  static Patch null() {
    Patch patch;
    patch.is_present_ = true;
    return patch;
  }

  bool is_absent() const { return !is_present_; }
  bool is_null() const { return is_present_ && !value_; }
  bool has_value() const { return value_.has_value(); }
  const T& value() const { return *value_; }
  /// The new value of something that is `old` now.
  std::optional<T> apply_to(std::optional<T> old) const { return is_present_ ? value_ : std::move(old); }
  bool operator==(const Patch&) const = default;

 private:
  bool is_present_ = false;
  std::optional<T> value_;
};

/// Always there, perhaps null.
template <class T>
struct Nullable : std::optional<T> {
  using std::optional<T>::optional;
  Nullable(std::optional<T> value) : std::optional<T>(std::move(value)) {}  // NOLINT(google-explicit-constructor)
};

/// Any JSON value, as its text; what is written must be JSON.
struct Raw {
  std::string text = "null";
  bool operator==(const Raw&) const = default;
};

}  // namespace parley::json
