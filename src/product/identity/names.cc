#include "product/identity/names.h"

#include <algorithm>
#include <array>

#include "base/fold.h"

namespace parley::product::identity {
namespace {

/// Folded. Lists of leaked passwords agree about the first few dozen; those with fewer than eight characters are
/// refused by their length already. With the Turkish and Azerbaijani ones.
constexpr std::array<std::string_view, 64> kCommon{
    "12345678",      "123456789", "1234567890", "87654321",  "987654321",   "0987654321", "11223344",    "12341234",
    "123123123",     "1q2w3e4r",  "1q2w3e4r5t", "1qaz2wsx",  "qwertyui",    "qwertyuiop", "qwerty123",   "qwerty12",
    "asdfghjk",      "asdfghjkl", "zxcvbnm1",   "password",  "password1",   "password12", "password123", "passw0rd",
    "p@ssw0rd",      "p@ssword",  "iloveyou",   "iloveyou1", "sunshine",    "princess",   "football",    "baseball",
    "superman",      "trustno1",  "whatever",   "welcome1",  "welcome123",  "letmein1",   "admin123",    "admin1234",
    "administrator", "abcd1234",  "abc12345",   "abcdefgh",  "a1b2c3d4",    "aa123456",   "michael1",    "computer",
    "internet",      "starwars",  "changeme",   "default1",  "galatasaray", "fenerbahce", "besiktas",    "besiktas1903",
    "trabzonspor",   "istanbul",  "istanbul34", "turkiye1",  "sifre123",    "parola123",  "azerbaycan",  "qarabag1",
};

size_t count_code_points(std::string_view text) {
  size_t count = 0;
  while (take_code_point(text)) ++count;
  return count;
}

enum class Script : unsigned char { kNone, kDigit, kMark, kLatin, kGreek, kCyrillic };

bool is_in(char32_t code, char32_t first, char32_t last) { return code >= first && code <= last; }

Script script_of(char32_t code) {
  if (is_in(code, U'0', U'9')) return Script::kDigit;
  if (code == U'_' || code == U'.' || code == U'-') return Script::kMark;
  if (is_in(code, U'a', U'z') || is_in(code, U'A', U'Z')) return Script::kLatin;
  if (is_in(code, 0xc0, 0x24f) && code != 0xd7 && code != 0xf7) return Script::kLatin;
  if (code == 0x259) return Script::kLatin;  // ə stands with the phonetic letters.
  if (is_in(code, 0x386, 0x3ce) && code != 0x387) return Script::kGreek;
  if (is_in(code, 0x400, 0x52f) && !is_in(code, 0x482, 0x489)) return Script::kCyrillic;
  return Script::kNone;
}

/// Empty when it is a good name.
std::string_view fault_of_username(std::string_view name) {
  Script letters = Script::kNone;
  Script last = Script::kMark;
  while (const auto code = take_code_point(name)) {
    const Script script = script_of(*code);
    if (script == Script::kNone) return "only letters, digits and _ . -";
    if (script == Script::kMark && last == Script::kMark) return "_ . - stand singly between letters or digits";
    last = script;
    if (script == Script::kMark || script == Script::kDigit) continue;
    if (letters != Script::kNone && letters != script) return "letters of one script only";
    letters = script;
  }
  return last == Script::kMark ? "ends with a letter or digit" : "";
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_domain(std::string_view domain) {
  return domain.contains('.') && !domain.contains("..") && !domain.starts_with('.') && !domain.ends_with('.') &&
         !domain.starts_with('-') && std::ranges::all_of(domain, is_host_character);
}

bool is_one_character(std::string_view text) {
  const auto first = take_code_point(text);
  while (const auto code = take_code_point(text)) {
    if (code != first) return false;
  }
  return true;
}

}  // namespace

Outcome<void> check_username(std::string_view name) {
  const size_t size = count_code_points(name);
  if (size < kMinUsername || size > kMaxUsername) return refuse_field("/username", "2 to 32 characters");
  const std::string_view fault = fault_of_username(name);
  if (!fault.empty()) return refuse_field("/username", std::string(fault));
  return {};
}

Outcome<void> check_email(std::string_view email) {
  const size_t at = email.rfind('@');
  const bool has_shape = at != std::string_view::npos && at > 0 && at <= 64 && email.size() <= kMaxEmail;
  const bool is_plain = std::ranges::none_of(email, [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || std::string_view("\"(),:;<>[\\]").contains(c);
  });
  if (!has_shape || !is_plain || email.find('@') != at || !is_domain(email.substr(at + 1)))
    return refuse_field("/email", "must be an e-mail address");
  return {};
}

Outcome<void> check_time_zone(std::string_view zone) {
  const bool is_good = zone.size() <= 64 && !zone.contains("//") && !zone.starts_with('/') && !zone.ends_with('/') &&
                       std::ranges::all_of(zone, [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                std::string_view("/_+-").contains(c);
                       });
  if (!is_good || (!zone.empty() && zone[0] >= '0' && zone[0] <= '9'))
    return refuse_field("/timeZone", "must be a name like Europe/Istanbul");
  return {};
}

Outcome<void> check_avatar_url(std::string_view url) {
  if (url.empty()) return {};
  const std::string_view rest = url.starts_with("https://")  ? url.substr(8)
                                : url.starts_with("http://") ? url.substr(7)
                                                             : std::string_view();
  const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  const bool is_plain = std::ranges::none_of(url, [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || std::string_view("\"<>\\^`{|}").contains(c);
  });
  if (host.empty() || host.contains('@') || url.size() > 2048 || !is_plain)
    return refuse_field("/avatarUrl", "must be an https URL");
  return {};
}

Outcome<void> check_password(std::string_view password, std::span<const std::string_view> names) {
  const size_t size = count_code_points(password);
  if (size < kMinPassword) return refuse(ProblemCode::kPasswordTooWeak, "at least 8 characters");
  if (size > kMaxPassword) return refuse(ProblemCode::kPasswordTooWeak, "at most 256 characters");
  if (is_one_character(password)) return refuse(ProblemCode::kPasswordTooWeak, "one character repeated");
  const std::string folded = fold(password);
  if (std::ranges::find(kCommon, folded) != kCommon.end())
    return refuse(ProblemCode::kPasswordTooWeak, "one of the most common passwords");
  for (const std::string_view name : names) {
    if (!name.empty() && (folded == fold(name) || folded == fold(name.substr(0, name.find('@')))))
      return refuse(ProblemCode::kPasswordTooWeak, "equal to the account's name");
  }
  return {};
}

}  // namespace parley::product::identity
