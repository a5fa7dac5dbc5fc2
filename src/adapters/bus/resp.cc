#include "adapters/bus/resp.h"

#include <charconv>

namespace parley::bus {
namespace {

constexpr std::string_view kEnd = "\r\n";

/// One attempt to read a value from the beginning of the bytes that are there.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  /// False: more is needed, or error().
  bool read(RespValue& out, size_t depth) {
    std::string_view line;
    if (!read_line(line)) return false;
    if (line.empty()) return break_off(Error::Code::kInvalidArgument, "an empty line");
    const std::string_view rest = line.substr(1);
    switch (line.front()) {
      case '+':
        return take_text(out, RespValue::Kind::kText, rest);
      case '-':
        return take_text(out, RespValue::Kind::kError, rest);
      case ':':
        out.kind = RespValue::Kind::kInteger;
        return read_number(rest, out.integer);
      case '$':
        return read_bulk(out, rest);
      case '*':
        return read_array(out, rest, depth);
      default:
        return break_off(Error::Code::kInvalidArgument, "an unknown type");
    }
  }
  size_t used() const { return at_; }
  /// At least so many bytes more must come.
  size_t missing() const { return missing_; }
  const std::optional<Error>& error() const { return error_; }

 private:
  bool break_off(Error::Code code, const char* text) {
    error_ = Error{code, text};
    return false;
  }
  static bool take_text(RespValue& out, RespValue::Kind kind, std::string_view text) {
    out.kind = kind;
    out.text = text;
    return true;
  }
  bool read_line(std::string_view& line) {
    const size_t end = bytes_.find(kEnd, at_);
    const size_t size = (end == std::string_view::npos ? bytes_.size() : end) - at_;
    if (size > RespParser::kMaxLine) return break_off(Error::Code::kResourceExhausted, "a line is too long");
    if (end == std::string_view::npos) return false;
    line = bytes_.substr(at_, size);
    at_ = end + kEnd.size();
    return true;
  }
  bool read_number(std::string_view text, int64_t& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error == std::errc() && end == text.data() + text.size()) return true;
    return break_off(Error::Code::kInvalidArgument, "a number is malformed");
  }
  /// A length of at most `max`; -1 is null.
  bool read_length(std::string_view text, size_t max, int64_t& out) {
    if (!read_number(text, out)) return false;
    if (out < -1) return break_off(Error::Code::kInvalidArgument, "a length is negative");
    if (out > static_cast<int64_t>(max)) return break_off(Error::Code::kResourceExhausted, "a length is too large");
    return true;
  }
  bool read_bulk(RespValue& out, std::string_view length_text) {
    int64_t length = 0;
    if (!read_length(length_text, RespParser::kMaxText, length)) return false;
    if (length < 0) return true;
    const size_t size = static_cast<size_t>(length);
    const size_t there = bytes_.size() - at_;
    if (there < size + kEnd.size()) {
      missing_ = size + kEnd.size() - there;
      return false;
    }
    if (bytes_.substr(at_ + size, kEnd.size()) != kEnd)
      return break_off(Error::Code::kInvalidArgument, "a string has no end");
    at_ += size + kEnd.size();
    return take_text(out, RespValue::Kind::kText, bytes_.substr(at_ - size - kEnd.size(), size));
  }
  bool read_array(RespValue& out, std::string_view length_text, size_t depth) {
    int64_t length = 0;
    if (!read_length(length_text, RespParser::kMaxItems, length)) return false;
    if (length < 0) return true;
    if (depth >= RespParser::kMaxDepth) return break_off(Error::Code::kResourceExhausted, "arrays are too deep");
    out.kind = RespValue::Kind::kArray;
    for (int64_t i = 0; i < length; ++i) {
      if (!read(out.items.emplace_back(), depth + 1)) return false;
    }
    return true;
  }

  const std::string_view bytes_;
  size_t at_ = 0;
  size_t missing_ = 1;
  std::optional<Error> error_;
};

}  // namespace

Result<std::optional<RespValue>> RespParser::next() {
  if (buffer_.size() < scanned_ || buffer_.empty()) return std::optional<RespValue>();
  Reader reader(buffer_);
  RespValue value;
  if (reader.read(value, 0)) {
    buffer_.erase(0, reader.used());
    scanned_ = 0;
    return value;
  }
  if (reader.error()) return std::unexpected(*reader.error());
  scanned_ = buffer_.size() + reader.missing();
  if (scanned_ > kMaxValue) return fail(Error::Code::kResourceExhausted, "a value is too large");
  return std::optional<RespValue>();
}

std::string make_command(std::initializer_list<std::string_view> words) {
  std::string out = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string_view word : words) {
    out += "$" + std::to_string(word.size()) + "\r\n";
    out += word;
    out += kEnd;
  }
  return out;
}

}  // namespace parley::bus
