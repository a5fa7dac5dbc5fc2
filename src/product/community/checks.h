#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "product/community/inputs.h"
#include "product/model/problem.h"

// Small rules that several operations share.

namespace parley::product::community {

/// kConflict when the caller has seen another version than the present one.
inline Outcome<void> check_version(const SeenVersion& seen, int64_t present) {
  if (seen && seen->value() != present) return refuse(ProblemCode::kConflict, "the version is another one now");
  return {};
}

/// kInvalidRequest when a name is nothing but spaces.
inline Outcome<void> check_name(const Name& name) {
  if (std::ranges::all_of(name.text(), [](char c) { return c == ' '; })) return refuse_field("/name", "is blank");
  return {};
}

/// kInvalidRequest unless it is empty, of this server or https: a link to anything else could run in a client.
inline Outcome<void> check_icon(const IconUrl& url) {
  const std::string& text = url.text();
  const bool is_own = text.starts_with('/') && !text.starts_with("//");
  if (text.empty() || is_own || text.starts_with("https://")) return {};
  return refuse_field("/iconUrl", "must begin with https:// or /");
}

/// The text of an optional field, or what it was.
template <class Text>
std::string text_or(const std::optional<Text>& field, std::string old) {
  return field ? field->text() : std::move(old);
}
template <class Number>
int64_t number_or(const std::optional<Number>& field, int64_t old) {
  return field ? field->value() : old;
}

}  // namespace parley::product::community
