#include "edge/gateway/json_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>

namespace parley::gateway {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// Walks over one JSON text without building anything.
class Scanner {
 public:
  /// Called for the items of the outermost array or the members of the outermost object; false stops with a failure.
  using OnItem = std::function<bool(std::string_view key, std::string_view value)>;

  explicit Scanner(std::string_view text, size_t attachments = 0) : text_(text), attachments_(attachments) {}

  bool scan_array(const OnItem& on_item) {
    skip_blank();
    return peek() == '[' && array(on_item) && is_at_end();
  }
  bool scan_object(const OnItem& on_item) {
    skip_blank();
    return peek() == '{' && object(on_item) && is_at_end();
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  void skip_blank() {
    while (at_ < text_.size() && kBlank.contains(text_[at_])) ++at_;
  }
  bool is_at_end() {
    skip_blank();
    return at_ == text_.size();
  }

  bool value() {
    switch (peek()) {
      case '{':
        return object({});
      case '[':
        return array({});
      case '"':
        return string();
      case 't':
        return literal("true");
      case 'f':
        return literal("false");
      case 'n':
        return literal("null");
      default:
        return number();
    }
  }

  bool literal(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool digits() {
    const size_t before = at_;
    while (is_digit(peek())) ++at_;
    return at_ > before;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (peek() != 'e' && peek() != 'E') return true;
    ++at_;
    if (!take('+')) take('-');
    return digits();
  }

  bool string() {
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !escape()) return false;
    }
    return false;
  }

  bool escape() {
    const char c = peek();
    if (c == '\0' || !std::string_view("\"\\/bfnrtu").contains(c)) return false;
    ++at_;
    if (c != 'u') return true;
    const std::string_view hex = text_.substr(at_, 4);
    if (hex.size() < 4 || !std::ranges::all_of(hex, is_hex)) return false;
    at_ += 4;
    return true;
  }

  /// The value at this place, handed to `on_item` when there is one.
  bool item(std::string_view key, const OnItem& on_item) {
    skip_blank();
    const size_t begin = at_;
    if (!value()) return false;
    if (on_item && !on_item(key, text_.substr(begin, at_ - begin))) return false;
    skip_blank();
    return true;
  }

  bool array(const OnItem& on_item) {
    if (!take('[') || ++depth_ > kMaxJsonDepth) return false;
    skip_blank();
    if (!take(']')) {
      do {
        if (!item({}, on_item)) return false;
      } while (take(','));
      if (!take(']')) return false;
    }
    --depth_;
    return true;
  }

  bool object(const OnItem& on_item) {
    if (!take('{') || ++depth_ > kMaxJsonDepth) return false;
    Placeholder placeholder;
    skip_blank();
    if (!take('}')) {
      do {
        if (!member(on_item, placeholder)) return false;
      } while (take(','));
      if (!take('}')) return false;
    }
    --depth_;
    return attachments_ == 0 || !placeholder.is_marked || placeholder.number < attachments_;
  }

  struct Placeholder {
    bool is_marked = false;
    uint64_t number = UINT64_MAX;
  };

  bool member(const OnItem& on_item, Placeholder& placeholder) {
    skip_blank();
    const size_t begin = at_;
    if (!string()) return false;
    const std::string_view key = text_.substr(begin, at_ - begin);
    skip_blank();
    if (!take(':')) return false;
    skip_blank();
    const size_t value_begin = at_;
    if (!item(key, on_item)) return false;
    if (attachments_ > 0) note_placeholder(key, text_.substr(value_begin, at_ - value_begin), placeholder);
    return true;
  }

  static void note_placeholder(std::string_view key, std::string_view value, Placeholder& placeholder) {
    const std::string name = decode_json_string(key);
    while (!value.empty() && kBlank.contains(value.back())) value.remove_suffix(1);
    if (name == "_placeholder") placeholder.is_marked = value == "true";
    if (name != "num") return;
    placeholder.number = UINT64_MAX;
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error == std::errc() && end == value.data() + value.size()) placeholder.number = number;
  }

  const std::string_view text_;
  const size_t attachments_;
  size_t at_ = 0;
  size_t depth_ = 0;
};

void append_utf8(std::string& out, uint32_t code) {
  const auto tail = [code](int shift) { return static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += {static_cast<char>(0xc0 | (code >> 6)), tail(0)};
  } else if (code < 0x10000) {
    out += {static_cast<char>(0xe0 | (code >> 12)), tail(6), tail(0)};
  } else {
    out += {static_cast<char>(0xf0 | (code >> 18)), tail(12), tail(6), tail(0)};
  }
}

/// The four digits at `at`; 0 when there are none.
uint32_t hex_at(std::string_view text, size_t at) {
  uint32_t code = 0;
  if (at + 4 > text.size()) return 0;
  std::from_chars(text.data() + at, text.data() + at + 4, code, 16);
  return code;
}

/// The escape behind the backslash at `at`; returns the place behind it.
size_t append_escape(std::string& out, std::string_view text, size_t at) {
  constexpr std::string_view kNames = "bfnrt";
  constexpr std::string_view kValues = "\b\f\n\r\t";
  const char c = text[at + 1];
  if (c != 'u') {
    const size_t index = kNames.find(c);
    out += index == std::string_view::npos ? c : kValues[index];
    return at + 2;
  }
  constexpr uint32_t kReplacement = 0xfffd;
  uint32_t code = hex_at(text, at + 2);
  at += 6;
  const bool is_high = code >= 0xd800 && code < 0xdc00;
  const uint32_t low = is_high && text.substr(at).starts_with("\\u") ? hex_at(text, at + 2) : 0;
  if (low >= 0xdc00 && low < 0xe000) {
    append_utf8(out, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
    return at + 6;
  }
  if (code >= 0xd800 && code < 0xe000) code = kReplacement;
  append_utf8(out, code);
  return at;
}

}  // namespace

std::optional<std::vector<std::string_view>> split_json_array(std::string_view text, size_t attachments) {
  std::vector<std::string_view> items;
  const bool is_good = Scanner(text, attachments).scan_array([&](std::string_view /*key*/, std::string_view value) {
    items.push_back(value);
    return items.size() <= kMaxArguments;
  });
  if (!is_good) return std::nullopt;
  return items;
}

bool is_json_object(std::string_view text) { return Scanner(text).scan_object({}); }

std::string decode_json_string(std::string_view text) {
  text.remove_prefix(1);
  text.remove_suffix(1);
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    if (text[at] == '\\') {
      at = append_escape(out, text, at);
    } else {
      out += text[at++];
    }
  }
  return out;
}

std::optional<std::string> find_json_string(std::string_view object, std::string_view key) {
  std::optional<std::string> found;
  Scanner(object).scan_object([&](std::string_view name, std::string_view value) {
    if (decode_json_string(name) != key) return true;
    found.reset();
    if (value.starts_with('"')) found = decode_json_string(value);
    return true;
  });
  return found;
}

}  // namespace parley::gateway
