#pragma once

#include <boost/json/fwd.hpp>
#include <expected>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/kinds.h"

namespace parley::json {

using Value = boost::json::value;

/// What is wrong with one place of a document.
struct Fault {
  std::string pointer;  ///< RFC 6901, "" for the whole; "?name" for a query parameter.
  std::string message;  ///< English, for the developer; never repeats the value.
};

struct Faults {
  bool is_malformed = false;  ///< No JSON at all, or refused before looking at its meaning; one fault.
  std::vector<Fault> list;    ///< In the order of the document's description; at most kMaxFaults.
};

/// More than a developer reads; and an answer must not grow with a hostile request.
inline constexpr size_t kMaxFaults = 20;
/// Nesting of arrays and objects; ours have four levels.
inline constexpr size_t kMaxDepth = 16;
/// Values in one document, so that a body of "[[],[],..." cannot cost a hundred times its size.
inline constexpr size_t kMaxValues = 50'000;

/// Collects the faults found on the way through a document, and knows the place.
class Reader {
 public:
  enum class Source : unsigned char { kBody, kQuery };
  explicit Reader(Source source = Source::kBody) : source_(source) {}

  void fault(std::string_view message);
  bool has_faults() const { return !faults_.empty(); }
  /// There is no use in looking further.
  bool is_full() const { return faults_.size() >= kMaxFaults; }
  Faults take() { return {false, std::move(faults_)}; }

  /// While it lives, faults are at a member or an element of the present place.
  class Step {
   public:
    Step(Reader& reader, std::string_view key);
    Step(Reader& reader, size_t index);
    ~Step() { reader_.pointer_.resize(length_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Reader& reader_;
    const size_t length_;
  };

 private:
  const Source source_;
  std::string pointer_;
  std::vector<Fault> faults_;
};

/// A parsed document. Refused are: what is not JSON, not UTF-8, deeper or larger than the limits, and an object that
/// says a key twice (two readers would disagree about its meaning).
class Document {
 public:
  static std::expected<Document, Faults> parse(std::string_view text);
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();
  const Value& root() const;

  enum class QueryKind : unsigned char { kText, kInteger, kDouble, kBool, kTextList, kIntegerList };
  struct QueryField {
    std::string_view name;
    QueryKind kind;
  };
  /// Query parameters as an object; lists are separated by commas.
  static Document from_query(const std::map<std::string, std::string>& query, std::span<const QueryField> fields);

 private:
  struct Impl;
  explicit Document(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct TextLimits {
  size_t min = 0;
  size_t max = kMaxPlainText;
  TextKind kind = TextKind::kLine;
};
struct FieldReader {
  std::string_view name;
  bool may_be_absent;
  void (*read)(Reader& reader, const Value& value, void* object);
};

// Each either sets `out` or adds a fault.
void read_bool(Reader& reader, const Value& value, bool& out);
/// Also takes "3.0", which JSON Schema calls an integer.
void read_integer(Reader& reader, const Value& value, int64_t min, int64_t max, int64_t& out);
void read_double(Reader& reader, const Value& value, double& out);
void read_text(Reader& reader, const Value& value, TextLimits limits, std::string& out);
void read_enum(Reader& reader, const Value& value, std::span<const EnumName> names, int64_t& out);
void read_time(Reader& reader, const Value& value, WallTime& out);
void read_mask(Reader& reader, const Value& value, Mask& out);
void read_raw(Reader& reader, const Value& value, Raw& out);
/// The members of an object into the fields of a described struct; unknown and missing ones are faults.
void read_object(Reader& reader, const Value& value, std::span<const FieldReader> fields, void* object);
/// The number of items; 0 after a fault.
size_t read_array(Reader& reader, const Value& value, size_t min, size_t max);
const Value& array_item(const Value& value, size_t index);
using KeyValue = std::pair<std::string, const Value*>;
std::vector<KeyValue> read_map(Reader& reader, const Value& value, size_t max);
bool is_null(const Value& value);

template <class T>
void read(Reader& reader, const Value& value, T& out);

template <class T, class... D>
constexpr std::array<FieldReader, sizeof...(D)> make_field_readers(boost::mp11::mp_list<D...> /*members*/) {
  return {FieldReader{kFieldName<D>.text(), kMayBeAbsent<std::remove_cvref_t<decltype(std::declval<T>().*D::pointer)>>,
                      [](Reader& reader, const Value& value, void* object) {
                        read(reader, value, static_cast<T*>(object)->*D::pointer);
                      }}...};
}
template <DescribedStruct T>
inline constexpr auto kFieldReaders = make_field_readers<T>(boost::mp11::mp_rename<Members<T>, boost::mp11::mp_list>{});

template <class T>
void read_list(Reader& reader, const Value& value, T& out) {
  const size_t size = read_array(reader, value, min_items<T>(), max_items<T>());
  out.resize(size);
  for (size_t i = 0; i < size && !reader.is_full(); ++i) {
    const Reader::Step step(reader, i);
    if constexpr (std::is_same_v<typename T::value_type, bool>) {
      bool item = false;
      read(reader, array_item(value, i), item);
      out[i] = item;
    } else {
      read(reader, array_item(value, i), out[i]);
    }
  }
}

/// Reads `value` into `out`, or says to `reader` what is wrong with it.
template <class T>
void read(Reader& reader, const Value& value, T& out) {
  if constexpr (std::is_same_v<T, bool>) {
    read_bool(reader, value, out);
  } else if constexpr (DescribedEnum<T>) {
    int64_t number = static_cast<int64_t>(out);
    read_enum(reader, value, kEnumNames<T>, number);
    out = static_cast<T>(number);
  } else if constexpr (std::is_integral_v<T>) {
    int64_t number = 0;
    constexpr int64_t kMax =
        sizeof(T) < 8 ? static_cast<int64_t>(std::numeric_limits<T>::max()) : std::numeric_limits<int64_t>::max();
    read_integer(reader, value, static_cast<int64_t>(std::numeric_limits<T>::min()), kMax, number);
    out = static_cast<T>(number);
  } else if constexpr (std::is_floating_point_v<T>) {
    double number = 0;
    read_double(reader, value, number);
    out = static_cast<T>(number);
  } else if constexpr (LimitedNumber<T>) {
    int64_t number = out.value();
    read_integer(reader, value, T::kMin, T::kMax, number);
    out = T(number);
  } else if constexpr (std::is_same_v<T, WallTime>) {
    read_time(reader, value, out);
  } else if constexpr (std::is_same_v<T, Mask>) {
    read_mask(reader, value, out);
  } else if constexpr (std::is_same_v<T, Raw>) {
    read_raw(reader, value, out);
  } else if constexpr (RedactedValue<T>) {
    std::remove_cvref_t<decltype(out.reveal())> inner{};
    read(reader, value, inner);
    out = T(std::move(inner));
  } else if constexpr (NullableValue<T> || PatchField<T>) {
    if (is_null(value)) {
      if constexpr (PatchField<T>) out = T::null();
      return;
    }
    typename T::value_type inner{};
    read(reader, value, inner);
    out = T(std::move(inner));
  } else if constexpr (OptionalField<T>) {
    read(reader, value, out.emplace());
  } else if constexpr (LimitedText<T>) {
    std::string text;
    read_text(reader, value, {T::kMin, T::kMax, T::kKind}, text);
    out = T(std::move(text));
  } else if constexpr (TextLike<T>) {
    std::string text;
    read_text(reader, value, {1, kMaxIdText, TextKind::kLine}, text);
    out = T(std::move(text));
  } else if constexpr (std::is_same_v<T, std::string>) {
    read_text(reader, value, {}, out);
  } else if constexpr (ListValue<T>) {
    read_list(reader, value, out);
  } else if constexpr (MapValue<T>) {
    for (auto& [key, item] : read_map(reader, value, max_items<T>())) {
      const Reader::Step step(reader, key);
      read(reader, *item, out[key]);
    }
  } else if constexpr (DescribedStruct<T>) {
    read_object(reader, value, kFieldReaders<T>, &out);
  } else {
    static_assert(kIsUnknown<T>, "this type has no JSON");
  }
}

/// A described struct (or any value) from the text of a document, or everything that is wrong with it.
template <class T>
std::expected<T, Faults> parse(std::string_view text) {
  auto document = Document::parse(text);
  if (!document) return std::unexpected(std::move(document.error()));
  Reader reader;
  T out{};
  read(reader, document->root(), out);
  if (reader.has_faults()) return std::unexpected(reader.take());
  return out;
}

template <class T>
constexpr Document::QueryKind query_kind() {
  using enum Document::QueryKind;
  if constexpr (OptionalField<T>) {
    return query_kind<typename T::value_type>();
  } else if constexpr (std::is_same_v<T, bool>) {
    return kBool;
  } else if constexpr (std::is_integral_v<T> || LimitedNumber<T>) {
    return kInteger;
  } else if constexpr (std::is_floating_point_v<T>) {
    return kDouble;
  } else if constexpr (ListValue<T>) {
    return query_kind<typename T::value_type>() == kInteger ? kIntegerList : kTextList;
  } else {
    return kText;
  }
}
template <class T, class... D>
constexpr std::array<Document::QueryField, sizeof...(D)> make_query_fields(boost::mp11::mp_list<D...> /*members*/) {
  return {Document::QueryField{kFieldName<D>.text(),
                               query_kind<std::remove_cvref_t<decltype(std::declval<T>().*D::pointer)>>()}...};
}

/// A described struct from the parameters of a query.
template <DescribedStruct T>
std::expected<T, Faults> parse_query(const std::map<std::string, std::string>& query) {
  static constexpr auto kFields = make_query_fields<T>(boost::mp11::mp_rename<Members<T>, boost::mp11::mp_list>{});
  const Document document = Document::from_query(query, kFields);
  Reader reader(Reader::Source::kQuery);
  T out{};
  read(reader, document.root(), out);
  if (reader.has_faults()) return std::unexpected(reader.take());
  return out;
}

}  // namespace parley::json
