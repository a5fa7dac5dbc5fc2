#include "adapters/blob/s3_xml.h"

#include <array>
#include <charconv>
#include <ctime>
#include <utility>

namespace parley::blob {
namespace {

constexpr std::array<std::pair<std::string_view, char>, 5> kEntities{
    {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};

/// "&#39;" or "&#x27;" at the beginning of `text`; its length is that of `entity`.
std::optional<char> numeric_entity(std::string_view entity) {
  if (!entity.starts_with("&#") || !entity.ends_with(';')) return std::nullopt;
  const bool is_hex = entity.size() > 2 && entity[2] == 'x';
  const std::string_view digits = entity.substr(is_hex ? 3 : 2, entity.size() - (is_hex ? 4 : 3));
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, is_hex ? 16 : 10);
  if (error != std::errc() || end != digits.data() + digits.size() || value > 127) return std::nullopt;
  return static_cast<char>(value);
}

/// A decimal number of `size` digits at `at`; -1 when it is none.
int number_at(std::string_view text, size_t at, size_t size) {
  int value = -1;
  const char* end = text.data() + at + size;
  const auto [stop, error] = std::from_chars(text.data() + at, end, value);
  return error == std::errc() && stop == end ? value : -1;
}

}  // namespace

std::optional<std::string_view> xml_element(std::string_view xml, std::string_view tag) {
  const std::string open = "<" + std::string(tag) + ">";
  const std::string close = "</" + std::string(tag) + ">";
  const size_t begin = xml.find(open);
  if (begin == std::string_view::npos) return std::nullopt;
  xml.remove_prefix(begin + open.size());
  const size_t end = xml.find(close);
  if (end == std::string_view::npos) return std::nullopt;
  return xml.substr(0, end);
}

std::vector<std::string_view> xml_elements(std::string_view xml, std::string_view tag) {
  std::vector<std::string_view> out;
  while (const auto found = xml_element(xml, tag)) {
    out.push_back(*found);
    xml.remove_prefix(static_cast<size_t>(found->data() + found->size() - xml.data()));
  }
  return out;
}

std::string xml_unescape(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t semicolon = text.front() == '&' ? text.find(';') : std::string_view::npos;
    std::optional<char> plain;
    if (semicolon != std::string_view::npos) {
      const std::string_view entity = text.substr(0, semicolon + 1);
      plain = numeric_entity(entity);
      for (const auto& [name, character] : kEntities) {
        if (entity == name) plain = character;
      }
    }
    out += plain.value_or(text.front());
    text.remove_prefix(plain ? semicolon + 1 : 1);
  }
  return out;
}

std::string xml_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    std::string_view written(&c, 1);
    for (const auto& [name, character] : kEntities) {
      if (c == character) written = name;
    }
    out += written;
  }
  return out;
}

std::optional<WallTime> parse_s3_time(std::string_view text) {
  if (text.size() < 20 || text[10] != 'T' || !text.ends_with('Z')) return std::nullopt;
  std::tm utc{};
  utc.tm_year = number_at(text, 0, 4) - 1900;
  utc.tm_mon = number_at(text, 5, 2) - 1;
  utc.tm_mday = number_at(text, 8, 2);
  utc.tm_hour = number_at(text, 11, 2);
  utc.tm_min = number_at(text, 14, 2);
  utc.tm_sec = number_at(text, 17, 2);
  if (utc.tm_year < 0 || utc.tm_mon < 0 || utc.tm_mday < 0 || utc.tm_hour < 0 || utc.tm_min < 0 || utc.tm_sec < 0) {
    return std::nullopt;
  }
  return WallTime{int64_t{::timegm(&utc)} * 1'000'000};
}

}  // namespace parley::blob
