#include "json/schema.h"

#include "json/writer.h"

namespace parley::json {
namespace {

bool is_word(char c) { return is_upper(c) || is_lower(c) || (c >= '0' && c <= '9') || c == '_'; }

/// "std::string_view parley::json::cpp_name() [T = a::Page<a::b::Member>]" -> "PageMember".
std::string short_name(std::string_view signature) {
  const size_t at = signature.find("T = ");
  if (at != std::string_view::npos) signature = signature.substr(at + 4, signature.size() - at - 5);
  std::string out;
  for (size_t i = 0; i < signature.size();) {
    size_t end = i;
    while (end < signature.size() && is_word(signature[end])) ++end;
    const bool is_scope = signature.substr(end).starts_with("::");
    if (!is_scope && signature.substr(i, end - i) != "anonymous" && signature.substr(i, end - i) != "namespace") {
      out += signature.substr(i, end - i);
    }
    i = end + 1;
  }
  return out;
}

void append_limit(std::string& out, std::string_view name, size_t value) {
  out += ",\"";
  out += name;
  out += "\":";
  append_unsigned(out, value);
}

}  // namespace

std::string Schemas::name_of(std::string_view type_name) {
  if (const auto known = names_.find(type_name); known != names_.end()) return known->second;
  const std::string base = short_name(type_name);
  std::string name = base;
  for (int i = 2; bodies_.contains(name); ++i) name = base + std::to_string(i);
  names_.emplace(type_name, name);
  bodies_.emplace(name, "");
  return name;
}

std::string Schemas::object(std::string_view type_name, std::span<const Field> fields, Use use) {
  const std::string name = name_of(type_name);
  const std::string reference = R"({"$ref":"#/components/schemas/)" + name + "\"}";
  if (!(use == Use::kRequest ? closed_ : open_).insert(name).second) return reference;
  std::string properties;
  std::string required;
  for (const Field& field : fields) {
    if (!properties.empty()) properties += ',';
    append_string(properties, field.name);
    properties += ':';
    properties += field.schema(*this, use);
    if (field.may_be_absent) continue;
    if (!required.empty()) required += ',';
    append_string(required, field.name);
  }
  std::string body = R"({"type":"object","properties":{)" + properties + "}";
  if (!required.empty()) body += ",\"required\":[" + required + "]";
  bodies_[name] = body;
  return reference;
}

std::string Schemas::components() const {
  std::string out;
  for (const auto& [name, body] : bodies_) {
    if (!out.empty()) out += ',';
    append_string(out, name);
    out += ':';
    out += body;
    out += closed_.contains(name) ? ",\"additionalProperties\":false}" : "}";
  }
  return out;
}

std::string text_schema(TextLimits limits) {
  std::string out = R"({"type":"string")";
  if (limits.min > 0) append_limit(out, "minLength", limits.min);
  append_limit(out, "maxLength", limits.max);
  out += limits.kind == TextKind::kLine
             ? R"(,"pattern":"^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$"})"
             : R"(,"pattern":"^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$"})";
  return out;
}

std::string integer_schema(int64_t min, int64_t max) {
  std::string out = R"({"type":"integer")";
  if (min != std::numeric_limits<int64_t>::min()) {
    out += ",\"minimum\":";
    append_integer(out, min);
  }
  if (max != std::numeric_limits<int64_t>::max()) {
    out += ",\"maximum\":";
    append_integer(out, max);
  }
  const bool is_narrow = min >= std::numeric_limits<int32_t>::min() && max <= std::numeric_limits<int32_t>::max();
  out += is_narrow ? R"(,"format":"int32"})" : R"(,"format":"int64"})";
  return out;
}

std::string enum_schema(std::span<const EnumName> names) {
  std::string out = R"({"type":"string","enum":[)";
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += ',';
    append_string(out, names[i].name);
  }
  return out + "]}";
}

std::string array_schema(const std::string& item, size_t min, size_t max) {
  std::string out = R"({"type":"array","items":)" + item;
  if (min > 0) append_limit(out, "minItems", min);
  if (max > 0) append_limit(out, "maxItems", max);
  return out + "}";
}

std::string map_schema(const std::string& item, size_t max) {
  std::string out = R"({"type":"object","additionalProperties":)" + item;
  append_limit(out, "maxProperties", max);
  return out + "}";
}

std::string nullable_schema(const std::string& inner) { return R"({"anyOf":[)" + inner + R"(,{"type":"null"}]})"; }

std::string secret_schema(const std::string& inner) {
  std::string out = inner;
  out.insert(out.size() - 1, R"(,"format":"password")");
  return out;
}

}  // namespace parley::json
