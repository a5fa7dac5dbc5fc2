#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/redacted.h"
#include "base/time.h"
#include "json/names.h"
#include "json/types.h"

// Which kind of JSON value a C++ type is: what writer, reader and schema decide by.

namespace parley::json {

template <class T, template <class...> class Template>
struct IsInstance : std::false_type {};
template <template <class...> class Template, class... Args>
struct IsInstance<Template<Args...>, Template> : std::true_type {};
template <class T, template <class...> class Template>
inline constexpr bool kIs = IsInstance<T, Template>::value;

template <class T>
concept OptionalField = kIs<T, std::optional>;
template <class T>
concept PatchField = kIs<T, Patch>;
template <class T>
concept NullableValue = kIs<T, Nullable>;
template <class T>
concept RedactedValue = kIs<T, Redacted>;
/// Json::Text.
template <class T>
concept LimitedText = requires(const T& value) {
  { value.text() } -> std::convertible_to<std::string>;
  T::kKind;
};
/// Ids: anything else that is a text and says so.
template <class T>
concept TextLike = !LimitedText<T> && std::constructible_from<T, std::string> && requires(const T& value) {
  { value.text() } -> std::convertible_to<std::string>;
};
template <class T>
concept LimitedNumber = requires(const T& value) {
  { value.value() } -> std::same_as<int64_t>;
  T::kMin;
  T::kMax;
};
template <class T>
concept ListValue = std::derived_from<T, std::vector<typename T::value_type>>;
template <class T>
concept MapValue = std::derived_from<T, std::map<std::string, typename T::mapped_type>>;

template <class T>
inline constexpr bool kMayBeAbsent = OptionalField<T> || PatchField<T>;

template <class T>
constexpr size_t max_items() {
  if constexpr (requires { T::kMax; }) {
    return T::kMax;
  } else {
    return kMaxPlainItems;
  }
}
template <class T>
constexpr size_t min_items() {
  if constexpr (requires { T::kMin; }) {
    return T::kMin;
  } else {
    return 0;
  }
}

/// Says at compile time that a type has no place in JSON.
template <class T>
inline constexpr bool kIsUnknown = false;

}  // namespace parley::json
