#pragma once

#include <string>
#include <string_view>

#include "json/kinds.h"

namespace parley::json {

/// In quotes, escaped; bytes that are not UTF-8 become U+FFFD, so that the result always is JSON.
void append_string(std::string& out, std::string_view text);
void append_integer(std::string& out, int64_t value);
void append_unsigned(std::string& out, uint64_t value);
/// The shortest form that reads back the same; null when not finite.
void append_double(std::string& out, double value);
void append_time(std::string& out, WallTime value);

template <class T>
void write(std::string& out, const T& value);

template <DescribedStruct T>
void write_object(std::string& out, const T& value) {
  out += '{';
  bool is_first = true;
  boost::mp11::mp_for_each<Members<T>>([&](auto member) {
    using Member = decltype(member);
    const auto& field = value.*Member::pointer;
    using Field = std::remove_cvref_t<decltype(field)>;
    if constexpr (OptionalField<Field>) {
      if (!field.has_value()) return;
    } else if constexpr (PatchField<Field>) {
      if (field.is_absent()) return;
    }
    if (!is_first) out += ',';
    is_first = false;
    out += kFieldName<Member>.key();
    write(out, field);
  });
  out += '}';
}

/// Appends `value` as JSON. Absent fields are left out. Redacted values are written: only types of answers that carry a
/// secret have them.
template <class T>
void write(std::string& out, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (DescribedEnum<T>) {
    append_string(out, enum_name(value));
  } else if constexpr (std::is_unsigned_v<T>) {
    append_unsigned(out, value);
  } else if constexpr (std::is_integral_v<T>) {
    append_integer(out, value);
  } else if constexpr (std::is_floating_point_v<T>) {
    append_double(out, value);
  } else if constexpr (LimitedNumber<T>) {
    append_integer(out, value.value());
  } else if constexpr (std::is_same_v<T, WallTime>) {
    append_time(out, value);
  } else if constexpr (std::is_same_v<T, Mask>) {
    out += '"';
    append_unsigned(out, value.bits);
    out += '"';
  } else if constexpr (std::is_same_v<T, Raw>) {
    out += value.text;
  } else if constexpr (RedactedValue<T>) {
    write(out, value.reveal());
  } else if constexpr (OptionalField<T> || NullableValue<T> || PatchField<T>) {
    value.has_value() ? write(out, value.value()) : void(out += "null");
  } else if constexpr (LimitedText<T> || TextLike<T>) {
    append_string(out, value.text());
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    append_string(out, value);
  } else if constexpr (ListValue<T>) {
    out += '[';
    for (size_t i = 0; i < value.size(); ++i) {
      if (i > 0) out += ',';
      write(out, value[i]);
    }
    out += ']';
  } else if constexpr (MapValue<T>) {
    char separator = '{';
    if (value.empty()) out += separator;
    for (const auto& [key, item] : value) {
      out += std::exchange(separator, ',');
      append_string(out, key);
      out += ':';
      write(out, item);
    }
    out += '}';
  } else if constexpr (DescribedStruct<T>) {
    write_object(out, value);
  } else {
    static_assert(kIsUnknown<T>, "this type has no JSON");
  }
}

template <class T>
std::string to_json(const T& value) {
  std::string out;
  write(out, value);
  return out;
}

}  // namespace parley::json
