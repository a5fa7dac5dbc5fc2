#include "adapters/mail/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/base64.h"
#include "base/fold.h"

namespace parley::mail {
namespace {

/// RFC 2045 section 6.8.
constexpr size_t kBase64Line = 76;
/// 75 characters hold "=?UTF-8?B?", "?=" and 60 of base64, so 45 bytes (RFC 2047 section 2).
constexpr size_t kWordBytes = 45;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string encode_lines(std::string_view text) {
  const std::string all = base64_encode(as_bytes(text));
  std::string out;
  for (size_t at = 0; at < all.size(); at += kBase64Line) out += all.substr(at, kBase64Line) + "\r\n";
  return out;
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\r') continue;
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

}  // namespace

bool is_address(std::string_view text) {
  return std::ranges::count(text, '@') == 1 && !text.starts_with('@') && !text.ends_with('@') && text.size() <= 254 &&
         !text.starts_with('-') && std::ranges::none_of(text, [](char c) {
           return is_control(c) || std::string_view(" <>()[],;:\\\"").contains(c);
         });
}

std::string encode_words(std::string_view text) {
  const bool is_plain = !text.contains("=?") && std::ranges::none_of(text, [](char c) {
    return is_control(c) || static_cast<unsigned char>(c) >= 0x80;
  });
  if (is_plain && text.size() <= 60) return std::string(text);
  std::string out;
  std::string word;
  const auto flush = [&] {
    if (word.empty()) return;
    if (!out.empty()) out += "\r\n ";
    out += "=?UTF-8?B?" + base64_encode(as_bytes(word)) + "?=";
    word.clear();
  };
  while (const auto code = take_code_point(text)) {
    std::string next;
    append_code_point(next, *code);
    if (word.size() + next.size() > kWordBytes) flush();
    word += next;
  }
  flush();
  return out;
}

std::string format_mail_date(WallTime time) {
  static constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds second{std::chrono::seconds(time.unix_s())};
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(second - day);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", kDays[std::chrono::weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

std::string make_message(const product::Mail& mail, const Sender& from, const MessageStamp& stamp) {
  const std::string_view domain = std::string_view(from.address).substr(from.address.find('@') + 1);
  // A name is always encoded: then no quoting is needed, whatever it holds.
  const std::string name =
      from.name.empty() ? "" : "=?UTF-8?B?" + base64_encode(as_bytes(from.name.substr(0, kWordBytes))) + "?= ";
  std::string out;
  out += "Date: " + format_mail_date(stamp.now) + "\r\n";
  out += "From: " + name + "<" + from.address + ">\r\n";
  out += "To: <" + mail.to + ">\r\n";
  out += "Subject: " + encode_words(mail.subject) + "\r\n";
  out += fmt::format("Message-ID: <{}@{}>\r\n", stamp.id, domain);
  out += "Content-Language: " + mail.locale + "\r\n";
  // So that out-of-office programs keep still (RFC 3834 section 5).
  out += "Auto-Submitted: auto-generated\r\n";
  out += "MIME-Version: 1.0\r\n";
  out += "Content-Type: text/plain; charset=utf-8\r\n";
  out += "Content-Transfer-Encoding: base64\r\n\r\n";
  return out + encode_lines(with_crlf(mail.text));
}

}  // namespace parley::mail
