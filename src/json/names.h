#pragma once

#include <array>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace parley::json {

/// A name on the wire, made from one in C++ at compile time.
struct WireName {
  std::array<char, 64> quoted{};  ///< "channelId":
  size_t size = 0;
  constexpr void push(char c) { quoted[size++] = c; }
  /// `"channelId":`, as it stands in an object.
  constexpr std::string_view key() const { return {quoted.data(), size}; }
  /// `channelId`
  constexpr std::string_view text() const { return {quoted.data() + 1, size - 3}; }
};

constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

/// channel_id -> channelId. An underscore at the end, which keeps a name apart from a keyword, is dropped.
constexpr WireName camel_name(std::string_view name) {
  WireName out;
  out.push('"');
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '_') {
      out.push(name[i]);
    } else if (i + 1 < name.size()) {
      ++i;
      out.push(is_lower(name[i]) ? static_cast<char>(name[i] - 'a' + 'A') : name[i]);
    }
  }
  out.push('"');
  out.push(':');
  return out;
}

/// kVoiceMessage -> voice_message.
constexpr WireName snake_name(std::string_view name) {
  if (name.size() > 1 && name[0] == 'k' && is_upper(name[1])) name.remove_prefix(1);
  WireName out;
  out.push('"');
  for (size_t i = 0; i < name.size(); ++i) {
    if (is_upper(name[i]) && i > 0) out.push('_');
    out.push(is_upper(name[i]) ? static_cast<char>(name[i] - 'A' + 'a') : name[i]);
  }
  out.push('"');
  out.push(':');
  return out;
}

/// Of a member's descriptor (boost::describe).
template <class D>
inline constexpr WireName kFieldName = camel_name(D::name);
template <class D>
inline constexpr WireName kEnumeratorName = snake_name(D::name);

struct EnumName {
  int64_t value;
  std::string_view name;
};

template <class T>
concept DescribedEnum = boost::describe::has_describe_enumerators<T>::value;
template <class T>
concept DescribedStruct = boost::describe::has_describe_members<T>::value;
/// Public members, those of bases first.
template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

template <class... D>
constexpr std::array<EnumName, sizeof...(D)> make_enum_names(boost::mp11::mp_list<D...> /*enumerators*/) {
  return {EnumName{static_cast<int64_t>(D::value), kEnumeratorName<D>.text()}...};
}
template <DescribedEnum E>
inline constexpr auto kEnumNames =
    make_enum_names(boost::mp11::mp_rename<boost::describe::describe_enumerators<E>, boost::mp11::mp_list>{});

/// The name on the wire; empty when `value` is none of the enumerators.
std::string_view find_name(std::span<const EnumName> names, int64_t value);
std::optional<int64_t> find_value(std::span<const EnumName> names, std::string_view name);

template <DescribedEnum E>
std::string_view enum_name(E value) {
  return find_name(kEnumNames<E>, static_cast<int64_t>(value));
}
template <DescribedEnum E>
std::optional<E> enum_value(std::string_view name) {
  const std::optional<int64_t> value = find_value(kEnumNames<E>, name);
  if (!value) return std::nullopt;
  return static_cast<E>(*value);
}

}  // namespace parley::json
