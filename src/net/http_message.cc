#include "net/http_message.h"

#include <algorithm>

namespace parley::net {
namespace {

constexpr std::pair<int, std::string_view> kStatusNames[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {460, "Checksum Mismatch"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

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

HttpResponse make_problem_response(int status, std::string code) {
  const std::string title(http_status_name(status));
  if (code.empty()) {
    code = title;
    std::ranges::transform(code, code.begin(), [](char c) { return c == ' ' ? '_' : lower(c); });
    // The name that the API has for the same.
    if (status == 413) code = "body_too_large";
  }
  HttpResponse response;
  response.status = status;
  response.headers.add("Content-Type", "application/problem+json");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("Cache-Control", "no-store");
  response.body = R"({"type":"about:blank","title":")" + title + R"(","status":)" + std::to_string(status) +
                  R"(,"code":")" + code + "\"}";
  return response;
}

std::string_view http_status_name(int status) {
  for (const auto& [known, name] : kStatusNames) {
    if (known == status) return name;
  }
  return "Unknown";
}

std::string serialize_head(const HttpResponse& response, ConnectionFate fate, std::string_view date) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
  out += http_status_name(response.status);
  out += "\r\n";
  for (const auto& [name, value] : response.headers.fields()) append_field(out, name, value);
  const bool is_upgrade = response.status == 101;
  // RFC 9110 section 8.6: these have no content, and a length would be read as that of another representation.
  if (response.status >= 200 && response.status != 204 && response.status != 304) {
    append_field(out, "Content-Length", std::to_string(response.content_size()));
  }
  if (!date.empty()) append_field(out, "Date", date);
  if (!is_upgrade) append_field(out, "Connection", fate == ConnectionFate::kClose ? "close" : "keep-alive");
  out += "\r\n";
  return out;
}

}  // namespace parley::net
