#include "json/time_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace parley::json {
namespace {

constexpr int64_t kDay = 86'400;
constexpr int64_t kFirst = -62'167'219'200;  ///< 0000-01-01, seconds.
constexpr int64_t kLast = 253'402'300'799;   ///< 9999-12-31T23:59:59.

/// Reads a text from the left.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  /// Exactly `digits` digits; -1 when they are not there.
  int number(size_t digits) {
    if (rest_.size() < digits) return -1;
    int value = 0;
    for (size_t i = 0; i < digits; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return -1;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }
  bool take(std::string_view any_of) {
    if (rest_.empty() || !any_of.contains(rest_.front())) return false;
    rest_.remove_prefix(1);
    return true;
  }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool is_done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

/// Seconds of an offset from UTC: "Z", "+04:00".
std::optional<int64_t> read_offset(Cursor& cursor) {
  if (cursor.take("Zz")) return 0;
  const bool is_west = cursor.peek() == '-';
  if (!cursor.take("+-")) return std::nullopt;
  const int hours = cursor.number(2);
  const bool has_colon = cursor.take(":");
  const int minutes = cursor.number(2);
  if (!has_colon || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const int64_t seconds = hours * int64_t{3600} + minutes * int64_t{60};
  return is_west ? -seconds : seconds;
}

/// Microseconds of ".123"; 0 when there is none, -1 when it is broken.
int64_t read_fraction(Cursor& cursor) {
  if (!cursor.take(".")) return 0;
  int64_t us = 0;
  int digits = 0;
  while (cursor.peek() >= '0' && cursor.peek() <= '9') {
    const int digit = cursor.number(1);
    if (digits < 6) us = us * 10 + digit;
    ++digits;
  }
  if (digits < 1 || digits > 9) return -1;
  for (; digits < 6; ++digits) us *= 10;
  return us;
}

std::optional<int64_t> read_day(Cursor& cursor) {
  const int year = cursor.number(4);
  const bool has_first = cursor.take("-");
  const int month = cursor.number(2);
  const bool has_second = cursor.take("-");
  const int day = cursor.number(2);
  if (year < 0 || month < 0 || day < 0 || !has_first || !has_second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

std::optional<int64_t> read_second_of_day(Cursor& cursor) {
  const int hour = cursor.number(2);
  const bool has_first = cursor.take(":");
  const int minute = cursor.number(2);
  const bool has_second = cursor.take(":");
  const int second = cursor.number(2);
  if (!has_first || !has_second || hour < 0 || hour > 23 || minute < 0 || minute > 59) return std::nullopt;
  if (second < 0 || second > 59) return std::nullopt;
  return hour * int64_t{3600} + minute * int64_t{60} + second;
}

}  // namespace

std::string format_time(WallTime time) {
  int64_t seconds = time.unix_us / 1'000'000;
  int64_t us = time.unix_us % 1'000'000;
  if (us < 0) {
    us += 1'000'000;
    --seconds;
  }
  seconds = std::clamp(seconds, kFirst, kLast);
  const int64_t day = seconds >= 0 ? seconds / kDay : (seconds - kDay + 1) / kDay;
  const int64_t of_day = seconds - day * kDay;
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), of_day / 3600,
                     of_day / 60 % 60, of_day % 60, us / 1000);
}

std::optional<WallTime> parse_time(std::string_view text) {
  Cursor cursor(text);
  const std::optional<int64_t> day = read_day(cursor);
  if (!day || !cursor.take("Tt")) return std::nullopt;
  const std::optional<int64_t> second = read_second_of_day(cursor);
  if (!second) return std::nullopt;
  const int64_t us = read_fraction(cursor);
  if (us < 0) return std::nullopt;
  const std::optional<int64_t> offset = read_offset(cursor);
  if (!offset || !cursor.is_done()) return std::nullopt;
  return WallTime{(*day * kDay + *second - *offset) * 1'000'000 + us};
}

}  // namespace parley::json
