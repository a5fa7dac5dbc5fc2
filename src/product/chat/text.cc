#include "product/chat/text.h"

#include <unicode/unorm2.h>
#include <unicode/utypes.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/fold.h"

namespace parley::product::chat {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};
/// Beside ASCII: what parts words. Blocks of punctuation, spaces and symbols that are nobody's letters.
constexpr std::array kSeparators{
    Range{0x80, 0xa9},     Range{0xab, 0xb1},     Range{0xb4, 0xb4},     Range{0xb6, 0xb8},     Range{0xbb, 0xbf},
    Range{0xd7, 0xd7},     Range{0xf7, 0xf7},     Range{0x2000, 0x206f}, Range{0x20a0, 0x20cf}, Range{0x2190, 0x22ff},
    Range{0x2e00, 0x2e7f}, Range{0x3000, 0x3003}, Range{0x3008, 0x3020}, Range{0xfe00, 0xfe0f}, Range{0xfe10, 0xfe6f},
    Range{0xfeff, 0xfeff}, Range{0xff01, 0xff0f}, Range{0xff1a, 0xff20}, Range{0xff3b, 0xff40}, Range{0xfff0, 0xffff},
};
/// White space and what has no width; a text of these shows nothing.
constexpr std::array kInvisible{
    Range{0x00, 0x20},     Range{0x7f, 0xa0},     Range{0xad, 0xad},     Range{0x115f, 0x1160}, Range{0x1680, 0x1680},
    Range{0x180e, 0x180e}, Range{0x2000, 0x200f}, Range{0x2028, 0x202f}, Range{0x205f, 0x206f}, Range{0x2800, 0x2800},
    Range{0x3000, 0x3000}, Range{0x3164, 0x3164}, Range{0xfe00, 0xfe0f}, Range{0xfeff, 0xfeff}, Range{0xffa0, 0xffa0},
};

bool is_in(std::span<const Range> ranges, char32_t code) {
  return std::ranges::any_of(ranges, [&](Range range) { return code >= range.first && code <= range.last; });
}

bool is_ascii_letter_or_digit(char32_t code) {
  return (code >= U'0' && code <= U'9') || (code >= U'a' && code <= U'z') || (code >= U'A' && code <= U'Z');
}

bool is_of_word(char32_t code) { return code < 0x80 ? is_ascii_letter_or_digit(code) : !is_in(kSeparators, code); }

bool is_of_name(char32_t code) { return is_of_word(code) || code == U'_' || code == U'.' || code == U'-'; }

/// UTF-16, as ICU normalises it; surrogates never come from here.
std::u16string to_utf16(std::string_view text) {
  std::u16string out;
  out.reserve(text.size());
  while (const auto code = take_code_point(text)) {
    if (*code < 0x10000) {
      out += static_cast<char16_t>(*code);
    } else {
      out += static_cast<char16_t>(0xd7c0 + (*code >> 10));
      out += static_cast<char16_t>(0xdc00 + (*code & 0x3ff));
    }
  }
  return out;
}

std::string to_utf8(std::u16string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char32_t code = text[i];
    if (code >= 0xd800 && code < 0xdc00 && i + 1 < text.size()) code = (code - 0xd7c0) * 0x400 + (text[++i] - 0xdc00);
    append_code_point(out, code);
  }
  return out;
}

/// Calls `visit` with each word, not longer than kMaxWord.
template <class Visit>
void each_word(std::string_view text, Visit visit) {
  std::string word;
  size_t length = 0;
  const auto end = [&] {
    if (!word.empty()) visit(word);
    word.clear();
    length = 0;
  };
  while (const auto code = take_code_point(text)) {
    if (!is_of_word(*code)) {
      end();
    } else if (length < kMaxWord) {
      append_code_point(word, *code);
      ++length;
    }
  }
  end();
}

/// Of what follows an @.
std::string_view take_name(std::string_view text) {
  std::string_view rest = text;
  size_t length = 0;
  while (!rest.empty()) {
    std::string_view ahead = rest;
    const auto code = take_code_point(ahead);
    if (!code || !is_of_name(*code)) break;
    rest = ahead;
    ++length;
  }
  std::string_view name = text.substr(0, text.size() - rest.size());
  // What ends a sentence ends no name.
  while (!name.empty() && (name.back() == '.' || name.back() == '-' || name.back() == '_')) name.remove_suffix(1);
  return length > kMaxWord ? std::string_view() : name;
}

void add_once(std::vector<std::string>& list, std::string item) {
  if (list.size() < kMaxMentions && std::ranges::find(list, item) == list.end()) list.push_back(std::move(item));
}

/// At an @ that stands at the beginning of a word.
void read_call(Calls& calls, std::string_view rest) {
  const std::string_view name = take_name(rest);
  if (name == "everyone") {
    calls.all = MentionAll::kEveryone;
  } else if (name == "here") {
    calls.all = std::max(calls.all, MentionAll::kHere);
  } else if (!name.empty()) {
    add_once(calls.names, fold(name));
  }
}

}  // namespace

std::string to_nfc(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return std::string(text);
  UErrorCode error = U_ZERO_ERROR;
  const UNormalizer2* nfc = unorm2_getNFCInstance(&error);
  if (U_FAILURE(error)) return std::string(text);
  const std::u16string source = to_utf16(text);
  const auto size = static_cast<int32_t>(source.size());
  if (unorm2_isNormalized(nfc, source.data(), size, &error) != 0 && U_SUCCESS(error)) return to_utf8(source);
  // NFC makes at most three units of one.
  std::u16string out(source.size() * 3, u'\0');
  error = U_ZERO_ERROR;
  const int32_t length =
      unorm2_normalize(nfc, source.data(), size, out.data(), static_cast<int32_t>(out.size()), &error);
  if (U_FAILURE(error)) return to_utf8(source);
  return to_utf8(std::u16string_view(out).substr(0, static_cast<size_t>(length)));
}

size_t count_code_points(std::string_view text) {
  size_t count = 0;
  while (take_code_point(text)) ++count;
  return count;
}

bool is_blank(std::string_view text) {
  while (const auto code = take_code_point(text)) {
    if (!is_in(kInvisible, *code)) return false;
  }
  return true;
}

std::string beginning(std::string_view text, size_t limit) {
  std::string_view rest = text;
  for (size_t i = 0; i < limit && take_code_point(rest); ++i) {
  }
  return std::string(text.substr(0, text.size() - rest.size()));
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  each_word(text, [&](const std::string& word) { out.push_back(word); });
  return out;
}

std::string searchable(std::string_view text) {
  std::string out;
  each_word(text, [&](const std::string& word) {
    const std::string folded = fold(word);
    if (folded.empty()) return;
    if (!out.empty()) out += ' ';
    out += folded;
  });
  return out;
}

bool has_link(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    for (size_t at = text.find(scheme); at != std::string_view::npos; at = text.find(scheme, at + 1)) {
      std::string_view rest = text.substr(at + scheme.size());
      const auto code = take_code_point(rest);
      if (code && is_of_word(*code)) return true;
    }
  }
  return false;
}

Calls find_calls(std::string_view text) {
  Calls calls;
  bool is_in_word = false;
  while (!text.empty()) {
    if (text.starts_with("<@")) {
      const size_t end = text.find('>');
      const std::string_view id = text.substr(2, end == std::string_view::npos ? 0 : end - 2);
      if (!id.empty() && id.size() <= json::kMaxIdText && id.find_first_of("<@ \n") == std::string_view::npos) {
        add_once(calls.ids, std::string(id));
        text.remove_prefix(end + 1);
        is_in_word = false;
        continue;
      }
    }
    const auto code = take_code_point(text);
    if (code == U'@' && !is_in_word) read_call(calls, text);
    is_in_word = code && (is_of_name(*code) || code == U'@');
  }
  return calls;
}

bool is_emoji(std::string_view text) {
  if (text.size() > 3 && text.starts_with(':') && text.ends_with(':')) {
    const std::string_view name = text.substr(1, text.size() - 2);
    return name.size() <= 32 && std::ranges::all_of(name, [](char c) {
             return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
           });
  }
  constexpr size_t kMaxCodes = 10;
  // Keycaps begin with a digit, flags of regions end in tags; all have something beyond the letters of any script.
  bool has_symbol = false;
  if (count_code_points(text) > kMaxCodes) return false;
  while (const auto code = take_code_point(text)) {
    const bool is_symbol = is_in(kSeparators, *code) || *code >= 0x1f000 || (*code >= 0x2300 && *code <= 0x2bff) ||
                           (*code >= 0x3030 && *code <= 0x303d) || *code == 0x3297 || *code == 0x3299;
    const bool is_of_keycap = (*code >= U'0' && *code <= U'9') || *code == U'#' || *code == U'*' || *code == 0x20e3;
    if (!is_symbol && !is_of_keycap) return false;
    if ((is_symbol && !is_in(kInvisible, *code)) || *code == 0x20e3) has_symbol = true;
  }
  return has_symbol;
}

}  // namespace parley::product::chat
