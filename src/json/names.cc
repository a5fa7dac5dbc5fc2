#include "json/names.h"

namespace parley::json {

std::string_view find_name(std::span<const EnumName> names, int64_t value) {
  for (const EnumName& entry : names) {
    if (entry.value == value) return entry.name;
  }
  return {};
}

std::optional<int64_t> find_value(std::span<const EnumName> names, std::string_view name) {
  for (const EnumName& entry : names) {
    if (entry.name == name) return entry.value;
  }
  return std::nullopt;
}

}  // namespace parley::json
