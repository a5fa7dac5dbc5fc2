#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>

#include "json/reader.h"

namespace parley::json {
namespace {

namespace bj = boost::json;
using boost::system::error_code;

/// Builds the values of a document, and refuses what the DOM alone would let pass.
struct Builder {
  static constexpr size_t max_object_size = kMaxValues;
  static constexpr size_t max_array_size = kMaxValues;
  static constexpr size_t max_key_size = size_t{64} * 1024;
  static constexpr size_t max_string_size = size_t{64} * 1024 * 1024;

  bj::value_stack stack;
  std::string key;                ///< As far as it is here.
  std::string number;             ///< The same of a number's text.
  std::vector<std::string> keys;  ///< Of all open objects.
  std::vector<size_t> starts;     ///< Where in `keys` the open objects begin.
  size_t values = 0;
  std::string_view refusal;

  bool refuse(std::string_view why, error_code& error) {
    refusal = why;
    error = bj::make_error_code(bj::error::syntax);
    return false;
  }
  bool count(error_code& error) { return ++values <= kMaxValues || refuse("too many values", error); }

  bool on_document_begin(error_code& /*error*/) { return true; }
  bool on_document_end(error_code& /*error*/) { return true; }
  bool on_object_begin(error_code& /*error*/) {
    starts.push_back(keys.size());
    return true;
  }
  bool on_object_end(size_t size, error_code& error) {
    const auto begin = keys.begin() + static_cast<ptrdiff_t>(starts.back());
    std::sort(begin, keys.end());
    if (std::adjacent_find(begin, keys.end()) != keys.end()) return refuse("an object says a key twice", error);
    keys.erase(begin, keys.end());
    starts.pop_back();
    stack.push_object(size);
    return count(error);
  }
  bool on_array_begin(error_code& /*error*/) { return true; }
  bool on_array_end(size_t size, error_code& error) {
    stack.push_array(size);
    return count(error);
  }
  bool on_key_part(bj::string_view part, size_t /*size*/, error_code& /*error*/) {
    key += part;
    stack.push_chars(part);
    return true;
  }
  bool on_key(bj::string_view part, size_t /*size*/, error_code& /*error*/) {
    key += part;
    keys.push_back(std::exchange(key, {}));
    stack.push_key(part);
    return true;
  }
  bool on_string_part(bj::string_view part, size_t /*size*/, error_code& /*error*/) {
    stack.push_chars(part);
    return true;
  }
  bool on_string(bj::string_view part, size_t /*size*/, error_code& error) {
    stack.push_string(part);
    return count(error);
  }
  bool on_number_part(bj::string_view part, error_code& /*error*/) {
    number += part;
    return true;
  }
  bool on_int64(int64_t value, bj::string_view /*text*/, error_code& error) {
    number.clear();
    stack.push_int64(value);
    return count(error);
  }
  bool on_uint64(uint64_t value, bj::string_view /*text*/, error_code& error) {
    number.clear();
    stack.push_uint64(value);
    return count(error);
  }
  /// Boost.JSON 1.81 reads a double to about its last digit; read again, it must be the one that was written.
  bool on_double(double value, bj::string_view text, error_code& error) {
    number += text;
    if (!std::isfinite(value)) return refuse("a number is out of range", error);
    std::from_chars(number.data(), number.data() + number.size(), value);  // Below the smallest, `value` stays.
    number.clear();
    if (!std::isfinite(value)) return refuse("a number is out of range", error);
    stack.push_double(value);
    return count(error);
  }
  bool on_bool(bool value, error_code& error) {
    stack.push_bool(value);
    return count(error);
  }
  bool on_null(error_code& error) {
    stack.push_null();
    return count(error);
  }
  bool on_comment_part(bj::string_view /*part*/, error_code& /*error*/) { return true; }
  bool on_comment(bj::string_view /*part*/, error_code& /*error*/) { return true; }
};

template <class Number>
bool push_number(std::string_view text, bj::value& out) {
  Number number{};
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return false;
  if constexpr (std::is_same_v<Number, double>) {
    if (!std::isfinite(number)) return false;
  }
  out = number;
  return true;
}

/// What is not of the kind stays a text, which the reader then finds fault with.
bj::value query_value(std::string_view text, Document::QueryKind kind) {
  using enum Document::QueryKind;
  bj::value out = bj::string(text);
  if (kind == kInteger) push_number<int64_t>(text, out);
  if (kind == kDouble) push_number<double>(text, out);
  if (kind == kBool && (text == "true" || text == "false")) out = text == "true";
  if (kind != kTextList && kind != kIntegerList) return out;
  bj::array items;
  while (!text.empty() && items.size() <= kMaxPlainItems) {
    const std::string_view item = text.substr(0, text.find(','));
    items.push_back(query_value(item, kind == kIntegerList ? kInteger : kText));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
  }
  return items;
}

}  // namespace

struct Document::Impl {
  bj::monotonic_resource memory;
  bj::value root = bj::value(bj::storage_ptr(&memory));
};

Document::Document(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;
const Value& Document::root() const { return impl_->root; }

std::expected<Document, Faults> Document::parse(std::string_view text) {
  auto impl = std::make_unique<Impl>();
  bj::parse_options options;
  options.max_depth = kMaxDepth;
  bj::basic_parser<Builder> parser(options);
  Builder& builder = parser.handler();
  builder.stack.reset(&impl->memory);
  error_code error;
  const size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (!error && used < text.size()) error = bj::make_error_code(bj::error::extra_data);
  if (error) {
    std::string why = builder.refusal.empty() ? error.message() : std::string(builder.refusal);
    why += " at byte " + std::to_string(used);
    return std::unexpected(Faults{true, {{"", std::move(why)}}});
  }
  impl->root = builder.stack.release();
  return Document(std::move(impl));
}

Document Document::from_query(const std::map<std::string, std::string>& query, std::span<const QueryField> fields) {
  bj::object object;
  for (const auto& [name, text] : query) {
    QueryKind kind = QueryKind::kText;
    for (const QueryField& field : fields) {
      if (field.name == name) kind = field.kind;
    }
    object[name] = query_value(text, kind);
  }
  auto impl = std::make_unique<Impl>();
  impl->root = std::move(object);
  return Document(std::move(impl));
}

}  // namespace parley::json
