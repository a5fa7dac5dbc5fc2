#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

/// Cutting lines of SDP into tokens; shared by the readers of sessions and candidates, not for other modules.
namespace parley::wire::sdp_text {

constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// What stands before the first `separator`; `rest` continues behind it. All of `rest` when there is none.
constexpr std::string_view take_until(std::string_view& rest, char separator) {
  const size_t at = rest.find(separator);
  const std::string_view head = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return head;
}

/// The next token between spaces; empty at the end.
constexpr std::string_view take_token(std::string_view& rest) {
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  return take_until(rest, ' ');
}

/// A whole decimal number without sign that fits; nullopt otherwise.
template <class Int>
std::optional<Int> to_number(std::string_view text) {
  Int value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty() || text.front() == '-') {
    return std::nullopt;
  }
  return value;
}

}  // namespace parley::wire::sdp_text
