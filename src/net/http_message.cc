#include "net/http_message.h"

#include <algorithm>
#include <charconv>

namespace parley::net {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  for (const char c : value) out += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? ' ' : c;
  out += "\r\n";
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view HttpHeaders::get(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (equals_ignoring_case(field, name)) return value;
  }
  return {};
}

size_t HttpHeaders::count(std::string_view name) const {
  return static_cast<size_t>(
      std::ranges::count_if(fields_, [&](const Field& field) { return equals_ignoring_case(field.first, name); }));
}

bool HttpHeaders::has_token(std::string_view name, std::string_view token) const {
  for (const auto& [field, value] : fields_) {
    if (!equals_ignoring_case(field, name)) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::string_view member = rest.substr(0, rest.find(','));
      if (equals_ignoring_case(trim(member), token)) return true;
      rest.remove_prefix(std::min(rest.size(), member.size() + 1));
    }
  }
  return false;
}

HttpResponse make_text_response(int status, std::string text) {
  if (text.empty()) text = http_status_name(status);
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(text), nullptr};
}

HttpResponse make_json_response(int status, std::string json) {
  return {status, {{"Content-Type", "application/json"}}, std::move(json), nullptr};
}

std::string_view http_status_name(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

std::string serialize_head(const HttpResponse& response, ConnectionFate fate, std::string_view date) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
  out += http_status_name(response.status);
  out += "\r\n";
  for (const auto& [name, value] : response.headers.fields()) append_field(out, name, value);
  const bool is_upgrade = response.status == 101;
  // RFC 9110 section 8.6: these have no content, and a length would be read as that of another representation.
  if (response.status >= 200 && response.status != 204 && response.status != 304) {
    append_field(out, "Content-Length", std::to_string(response.content().size()));
  }
  if (!date.empty()) append_field(out, "Date", date);
  if (!is_upgrade) append_field(out, "Connection", fate == ConnectionFate::kClose ? "close" : "keep-alive");
  out += "\r\n";
  return out;
}

}  // namespace parley::net
