#include "json/writer.h"

#include <charconv>
#include <cmath>

#include "base/utf8.h"
#include "json/time_text.h"

namespace parley::json {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

/// What must be escaped; RFC 8259 section 7. U+007F and above may stand as they are.
bool is_plain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

void append_escape(std::string& out, char c) {
  out += '\\';
  switch (c) {
    case '"':
    case '\\':
      out += c;
      return;
    case '\n':
      out += 'n';
      return;
    case '\r':
      out += 'r';
      return;
    case '\t':
      out += 't';
      return;
    default:
      out += "u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
  }
}

void append_escaped(std::string& out, std::string_view text) {
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_plain(text[i])) continue;
    out += text.substr(begin, i - begin);
    append_escape(out, text[i]);
    begin = i + 1;
  }
  out += text.substr(begin);
}

/// Bytes of the UTF-8 character at the start of `text`; 0 when there is none.
size_t character_length(std::string_view text) {
  for (size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (is_utf8(text.substr(0, length))) return length;
  }
  return 0;
}

template <class Int>
void append_number(std::string& out, Int value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
  out.append(buffer, end.ptr);
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
  out += '"';
  if (is_utf8(text)) {
    append_escaped(out, text);
  } else {
    while (!text.empty()) {
      const size_t length = character_length(text);
      append_escaped(out, length == 0 ? "\xEF\xBF\xBD" : text.substr(0, length));
      text.remove_prefix(std::max<size_t>(length, 1));
    }
  }
  out += '"';
}

void append_integer(std::string& out, int64_t value) { append_number(out, value); }
void append_unsigned(std::string& out, uint64_t value) { append_number(out, value); }

void append_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
  } else {
    append_number(out, value);
  }
}

void append_time(std::string& out, WallTime value) {
  out += '"';
  out += format_time(value);
  out += '"';
}

}  // namespace parley::json
