#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "product/chat/types.h"

// What a text is made of: plain functions.

namespace parley::product::chat {

/// Unicode's normalisation form C. `text` is UTF-8 of our own limits.
std::string to_nfc(std::string_view text);
size_t count_code_points(std::string_view text);
/// Nothing to be seen: white space and characters without a width.
bool is_blank(std::string_view text);
/// The first `limit` code points.
std::string beginning(std::string_view text, size_t limit);

/// Code points of a word that the search knows; PostgreSQL takes no longer ones than 2 kB.
inline constexpr size_t kMaxWord = 64;
/// The words of a text as it was typed.
std::vector<std::string> words_of(std::string_view text);
/// As they are compared: parley::fold of each, parted by single blanks. ASCII punctuation, blanks and Unicode's
/// punctuation and symbols part words; everything else belongs to one.
std::string searchable(std::string_view text);

bool has_link(std::string_view text);

/// What a text calls, before anybody knows whom that is.
struct Calls {
  std::vector<std::string> ids;    ///< Of <@id>.
  std::vector<std::string> names;  ///< Of @name, folded.
  MentionAll all = MentionAll::kNone;
};
/// At most kMaxMentions of each.
Calls find_calls(std::string_view text);

/// One emoji: at most ten code points none of which is a letter, a blank or a control, or `:name:` of one's own.
bool is_emoji(std::string_view text);

}  // namespace parley::product::chat
