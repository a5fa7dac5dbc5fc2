#include "json/reader.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>

#include "base/utf8.h"
#include "json/time_text.h"

namespace parley::json {
namespace {

namespace bj = boost::json;

/// Of a member's name in a message or a pointer: a hostile one must not fill the answer.
constexpr size_t kMaxShownName = 64;

std::string shown(std::string_view name) {
  if (name.size() <= kMaxShownName) return std::string(name);
  size_t end = kMaxShownName;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
  return std::string(name.substr(0, end)) + "...";
}

size_t count_code_points(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

/// U+0000 to U+001F, U+007F to U+009F (as C2 80 to C2 9F), and the line and paragraph separators where lines are not
/// wanted.
bool has_control(std::string_view text, TextKind kind) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (kind == TextKind::kBlock && (c == '\n' || c == '\r' || c == '\t')) continue;
    if (c < 0x20 || c == 0x7f) return true;
    if (c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return true;
    if (kind == TextKind::kLine && (text.substr(i).starts_with("\u2028") || text.substr(i).starts_with("\u2029"))) {
      return true;
    }
  }
  return false;
}

/// Adds a fault and yields nothing unless `value` is a string.
const bj::string* expect_string(Reader& reader, const Value& value) {
  const bj::string* text = value.if_string();
  if (!text) reader.fault("expected a string");
  return text;
}

std::string range_message(std::string_view what, int64_t limit) {
  return std::string(what) + " " + std::to_string(limit);
}

std::optional<int64_t> whole_number(const Value& value) {
  if (const int64_t* number = value.if_int64()) return *number;
  const double* number = value.if_double();
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (!number || std::floor(*number) != *number || std::abs(*number) > kExact) return std::nullopt;
  return static_cast<int64_t>(*number);
}

}  // namespace

Reader::Step::Step(Reader& reader, std::string_view key) : reader_(reader), length_(reader.pointer_.size()) {
  reader.pointer_ += reader.source_ == Source::kQuery && length_ == 0 ? '?' : '/';
  for (const char c : shown(key)) {
    if (c == '~') {
      reader.pointer_ += "~0";
    } else if (c == '/') {
      reader.pointer_ += "~1";
    } else {
      reader.pointer_ += c;
    }
  }
}

Reader::Step::Step(Reader& reader, size_t index) : reader_(reader), length_(reader.pointer_.size()) {
  reader.pointer_ += '/';
  reader.pointer_ += std::to_string(index);
}

void Reader::fault(std::string_view message) {
  if (!is_full()) faults_.push_back({pointer_, std::string(message)});
}

bool is_null(const Value& value) { return value.is_null(); }

void read_bool(Reader& reader, const Value& value, bool& out) {
  if (const bool* flag = value.if_bool()) {
    out = *flag;
  } else {
    reader.fault("expected true or false");
  }
}

void read_integer(Reader& reader, const Value& value, int64_t min, int64_t max, int64_t& out) {
  if (value.is_uint64()) return reader.fault(range_message("must be at most", max));
  const std::optional<int64_t> number = whole_number(value);
  if (!number) return reader.fault("expected an integer");
  if (*number < min) return reader.fault(range_message("must be at least", min));
  if (*number > max) return reader.fault(range_message("must be at most", max));
  out = *number;
}

void read_double(Reader& reader, const Value& value, double& out) {
  if (!value.is_number()) return reader.fault("expected a number");
  out = value.to_number<double>();
}

void read_text(Reader& reader, const Value& value, TextLimits limits, std::string& out) {
  const bj::string* text = expect_string(reader, value);
  if (!text) return;
  if (!is_utf8({text->data(), text->size()})) return reader.fault("must be UTF-8");  // Only of a query.
  const size_t length = count_code_points({text->data(), text->size()});
  if (length < limits.min) return reader.fault(range_message("shorter than", static_cast<int64_t>(limits.min)));
  if (length > limits.max) return reader.fault(range_message("longer than", static_cast<int64_t>(limits.max)));
  if (has_control({text->data(), text->size()}, limits.kind)) return reader.fault("must not hold control characters");
  out.assign(text->data(), text->size());
}

void read_enum(Reader& reader, const Value& value, std::span<const EnumName> names, int64_t& out) {
  const bj::string* text = expect_string(reader, value);
  if (!text) return;
  if (const auto found = find_value(names, {text->data(), text->size()})) {
    out = *found;
    return;
  }
  std::string message = "expected one of";
  for (const EnumName& entry : names) message.append(" ").append(entry.name);
  reader.fault(message);
}

void read_time(Reader& reader, const Value& value, WallTime& out) {
  const bj::string* text = expect_string(reader, value);
  if (!text) return;
  if (const auto time = parse_time({text->data(), text->size()})) {
    out = *time;
  } else {
    reader.fault("expected a time as in RFC 3339");
  }
}

void read_mask(Reader& reader, const Value& value, Mask& out) {
  const bj::string* text = expect_string(reader, value);
  if (!text) return;
  const auto end = std::from_chars(text->data(), text->data() + text->size(), out.bits);
  const bool is_padded = text->size() > 1 && text->front() == '0';
  if (text->empty() || end.ec != std::errc() || end.ptr != text->data() + text->size() || is_padded) {
    reader.fault("expected 64 bits as a decimal number in a string");
  }
}

void read_raw(Reader& /*reader*/, const Value& value, Raw& out) { out.text = bj::serialize(value); }

void read_object(Reader& reader, const Value& value, std::span<const FieldReader> fields, void* object) {
  const bj::object* members = value.if_object();
  if (!members) return reader.fault("expected an object");
  size_t used = 0;
  for (const FieldReader& field : fields) {
    if (reader.is_full()) return;
    const Reader::Step step(reader, field.name);
    if (const Value* member = members->if_contains(field.name)) {
      ++used;
      field.read(reader, *member, object);
    } else if (!field.may_be_absent) {
      reader.fault("is missing");
    }
  }
  if (used == members->size()) return;
  for (const auto& member : *members) {
    const std::string_view key(member.key().data(), member.key().size());
    if (reader.is_full()) return;
    if (std::ranges::any_of(fields, [&](const FieldReader& field) { return field.name == key; })) continue;
    const Reader::Step step(reader, key);
    reader.fault("unknown field");
  }
}

size_t read_array(Reader& reader, const Value& value, size_t min, size_t max) {
  const bj::array* items = value.if_array();
  if (!items) {
    reader.fault("expected an array");
    return 0;
  }
  if (items->size() < min) {
    reader.fault(range_message("fewer items than", static_cast<int64_t>(min)));
    return 0;
  }
  if (items->size() > max) {
    reader.fault(range_message("more items than", static_cast<int64_t>(max)));
    return 0;
  }
  return items->size();
}

const Value& array_item(const Value& value, size_t index) { return value.get_array()[index]; }

std::vector<KeyValue> read_map(Reader& reader, const Value& value, size_t max) {
  const bj::object* members = value.if_object();
  if (!members) {
    reader.fault("expected an object");
    return {};
  }
  if (members->size() > max) {
    reader.fault(range_message("more members than", static_cast<int64_t>(max)));
    return {};
  }
  std::vector<KeyValue> out;
  for (const auto& member : *members) {
    const std::string_view key(member.key().data(), member.key().size());
    if (key.empty() || count_code_points(key) > kMaxIdText || has_control(key, TextKind::kLine)) {
      const Reader::Step step(reader, key);
      reader.fault("a key must be a line of 1 to 128 characters");
      continue;
    }
    out.emplace_back(key, &member.value());
  }
  return out;
}

}  // namespace parley::json
