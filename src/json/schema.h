#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "json/reader.h"

namespace parley::json {

/// The schemas of a document (JSON Schema 2020-12, as in OpenAPI 3.1), made from the same descriptions as readers and
/// writers. Structs become components of their own and are referred to.
class Schemas {
 public:
  /// Requests refuse unknown fields; answers may gain some, and say so.
  enum class Use : unsigned char { kRequest, kAnswer };

  struct Field {
    std::string_view name;
    bool may_be_absent;
    std::string (*schema)(Schemas& schemas, Use use);
  };

  /// A reference to the component of the struct with this C++ name, which is written if it is new.
  std::string object(std::string_view type_name, std::span<const Field> fields, Use use);
  /// `"Name":{...}` for all, separated by commas, sorted by name.
  std::string components() const;

 private:
  std::string name_of(std::string_view type_name);

  std::map<std::string, std::string, std::less<>> names_;  ///< C++ type -> component.
  std::map<std::string, std::string, std::less<>> bodies_;
  std::set<std::string> open_;  ///< Seen in an answer.
  std::set<std::string> closed_;
};

std::string text_schema(TextLimits limits);
std::string integer_schema(int64_t min, int64_t max);
std::string enum_schema(std::span<const EnumName> names);
std::string array_schema(const std::string& item, size_t min, size_t max);
std::string map_schema(const std::string& item, size_t max);
std::string nullable_schema(const std::string& inner);
std::string secret_schema(const std::string& inner);

template <class T>
std::string_view cpp_name() {
  return __PRETTY_FUNCTION__;
}

template <class T>
std::string schema_of(Schemas& schemas, Schemas::Use use);

template <class T, class... D>
constexpr std::array<Schemas::Field, sizeof...(D)> make_field_schemas(boost::mp11::mp_list<D...> /*members*/) {
  return {Schemas::Field{kFieldName<D>.text(),
                         kMayBeAbsent<std::remove_cvref_t<decltype(std::declval<T>().*D::pointer)>>,
                         &schema_of<std::remove_cvref_t<decltype(std::declval<T>().*D::pointer)>>}...};
}

/// The schema of T as JSON text.
template <class T>
std::string schema_of(Schemas& schemas, Schemas::Use use) {
  if constexpr (std::is_same_v<T, bool>) {
    return R"({"type":"boolean"})";
  } else if constexpr (DescribedEnum<T>) {
    return enum_schema(kEnumNames<T>);
  } else if constexpr (std::is_integral_v<T>) {
    constexpr bool kIsWide = sizeof(T) >= 8;
    constexpr int64_t kMax = kIsWide ? std::numeric_limits<int64_t>::max() : std::numeric_limits<T>::max();
    return integer_schema(static_cast<int64_t>(std::numeric_limits<T>::min()), kMax);
  } else if constexpr (std::is_floating_point_v<T>) {
    return R"({"type":"number"})";
  } else if constexpr (LimitedNumber<T>) {
    return integer_schema(T::kMin, T::kMax);
  } else if constexpr (std::is_same_v<T, WallTime>) {
    return R"({"type":"string","format":"date-time"})";
  } else if constexpr (std::is_same_v<T, Mask>) {
    return R"({"type":"string","pattern":"^(0|[1-9][0-9]{0,19})$","description":"64 bits as a decimal number"})";
  } else if constexpr (std::is_same_v<T, Raw>) {
    return "{}";
  } else if constexpr (RedactedValue<T>) {
    return secret_schema(schema_of<std::remove_cvref_t<decltype(std::declval<T>().reveal())>>(schemas, use));
  } else if constexpr (OptionalField<T>) {
    return schema_of<typename T::value_type>(schemas, use);
  } else if constexpr (NullableValue<T> || PatchField<T>) {
    return nullable_schema(schema_of<typename T::value_type>(schemas, use));
  } else if constexpr (LimitedText<T>) {
    return text_schema({T::kMin, T::kMax, T::kKind});
  } else if constexpr (TextLike<T>) {
    return text_schema({1, kMaxIdText, TextKind::kLine});
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return use == Schemas::Use::kRequest ? text_schema({}) : R"({"type":"string"})";
  } else if constexpr (ListValue<T>) {
    const bool is_limited = use == Schemas::Use::kRequest || requires { T::kMax; };
    return array_schema(schema_of<typename T::value_type>(schemas, use), min_items<T>(),
                        is_limited ? max_items<T>() : 0);
  } else if constexpr (MapValue<T>) {
    return map_schema(schema_of<typename T::mapped_type>(schemas, use), max_items<T>());
  } else if constexpr (DescribedStruct<T>) {
    static constexpr auto kFields = make_field_schemas<T>(boost::mp11::mp_rename<Members<T>, boost::mp11::mp_list>{});
    return schemas.object(cpp_name<T>(), kFields, use);
  } else {
    static_assert(kIsUnknown<T>, "this type has no JSON");
  }
}

}  // namespace parley::json
