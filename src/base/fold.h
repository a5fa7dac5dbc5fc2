#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley {

/// Takes the next code point off the front of `rest`. Bytes that are no UTF-8 give U+FFFD, one at a time; nullopt at
/// the end.
std::optional<char32_t> take_code_point(std::string_view& rest);
void append_code_point(std::string& out, char32_t code);

/// The form in which names and words are compared and searched: equal for what people who write Turkish, Azerbaijani or
/// English take for the same. {I, İ, ı, i} are i; ə is e, ş s, ç c, ğ g, ö o, ü u; the letters of Latin, Greek and
/// Cyrillic are lower case; the combining marks that spell these letters in two code points are dropped. Everything
/// else stays. UTF-8 in and out; never longer than its input but for bytes that are no UTF-8, which become U+FFFD.
std::string fold(std::string_view text);

}  // namespace parley
