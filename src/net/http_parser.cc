#include "net/http_parser.h"

#include <algorithm>
#include <charconv>

#include "base/base64.h"
#include "base/check.h"
#include "net/url.h"

namespace parley::net {
namespace {

/// A chunk's size line with its extensions; nobody uses long ones.
constexpr size_t kMaxChunkLine = 1024;
/// A method; the longest registered one has 17 letters.
constexpr size_t kMaxMethod = 32;
/// What a body may reserve before its bytes are here, so that a mere announcement costs little.
constexpr size_t kMaxReserve = 64 * 1024;

/// tchar of RFC 9110 section 5.6.2.
bool is_token_char(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").contains(c);
}
bool is_token(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_token_char); }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<size_t> parse_size(std::string_view text, int base) {
  size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// RFC 6455 section 4.2.1.
bool is_websocket_upgrade(const HttpRequest& request) {
  const HttpHeaders& headers = request.headers;
  if (request.method != "GET" || request.is_http_1_0) return false;
  if (!headers.has_token("Upgrade", "websocket") || !headers.has_token("Connection", "upgrade")) return false;
  if (headers.get("Sec-WebSocket-Version") != "13" || headers.count("Sec-WebSocket-Key") != 1) return false;
  const auto nonce = base64_decode(headers.get("Sec-WebSocket-Key"));
  return nonce && nonce->size() == 16;
}

}  // namespace

void HttpRequestParser::fail(int status) {
  state_ = State::kFailed;
  error_status_ = status;
}

size_t HttpRequestParser::consume(std::string_view bytes) {
  size_t used = 0;
  while (used < bytes.size() && (state_ == State::kHead || state_ == State::kBody)) {
    const std::string_view rest = bytes.substr(used);
    used += state_ == State::kHead ? consume_head(rest) : consume_body(rest);
  }
  return used;
}

bool HttpRequestParser::take_wants_continue() { return std::exchange(wants_continue_, false); }

bool HttpRequestParser::is_spooled() const {
  return body_plan_.place == BodyPlan::Place::kFile && (state_ == State::kBody || state_ == State::kComplete);
}

HttpRequest HttpRequestParser::take() {
  PARLEY_CHECK(state_ == State::kComplete);
  state_ = State::kHead;
  body_plan_ = {};
  const bool has_body = std::exchange(body_size_, 0) > 0;
  wants_continue_ = false;
  trailer_size_ = 0;
  HttpRequest request = std::exchange(request_, {});
  request.is_websocket_upgrade = !has_body && is_websocket_upgrade(request);
  return request;
}

/// Takes one line at most. An end of line is CRLF and nothing else.
size_t HttpRequestParser::consume_head(std::string_view bytes) {
  const size_t newline = bytes.find('\n');
  const size_t used = newline == std::string_view::npos ? bytes.size() : newline + 1;
  if (head_.size() + used > limits_.head) {
    // Whoever did not get to the end of the first line sent too long a target.
    fail(head_.contains('\n') ? 431 : 414);
    return used;
  }
  head_.append(bytes.substr(0, used));
  if (newline == std::string_view::npos) return used;
  if (!head_.ends_with("\r\n")) {
    fail(400);
  } else if (head_ == "\r\n") {
    head_.clear();  // RFC 9112 section 2.2: a blank line before a request is forgiven.
  } else if (head_.ends_with("\r\n\r\n")) {
    parse_head();
  }
  return used;
}

void HttpRequestParser::parse_head() {
  std::string_view rest = head_;
  std::optional<int> error;
  bool is_first = true;
  while (!error && rest != "\r\n") {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size() + 2);
    error = std::exchange(is_first, false) ? parse_request_line(line) : parse_header_line(line);
  }
  if (!error) error = check_head();
  head_.clear();
  if (head_.capacity() > 4096) head_.shrink_to_fit();
  if (error) fail(*error);
}

std::optional<int> HttpRequestParser::parse_request_line(std::string_view line) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return 400;
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method) || method.size() > kMaxMethod) return 400;
  if (target.empty() || std::ranges::any_of(target, [](char c) { return c == ' ' || is_control(c); })) return 400;
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    const bool is_other_version = version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.';
    return is_other_version ? 505 : 400;
  }
  if (method == "CONNECT") return 501;
  const bool is_asterisk = target == "*" && method == "OPTIONS";
  const bool is_absolute = target.starts_with("http://") || target.starts_with("https://");
  if (!target.starts_with('/') && !is_absolute && !is_asterisk) return 400;
  auto url = parse_target(target);
  if (!url) return 400;
  request_.method = method;
  request_.target = target;
  request_.path = std::move(url->path);
  request_.query = std::move(url->query);
  request_.is_http_1_0 = version == "HTTP/1.0";
  return std::nullopt;
}

std::optional<int> HttpRequestParser::parse_header_line(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return 400;
  const std::string_view value = trim(line.substr(colon + 1));
  if (std::ranges::any_of(value, [](char c) { return is_control(c) && c != '\t'; })) return 400;
  if (request_.headers.fields().size() == limits_.header_count) return 431;
  request_.headers.add(std::string(line.substr(0, colon)), std::string(value));
  return std::nullopt;
}

/// The decisions of the head as a whole.
std::optional<int> HttpRequestParser::check_head() {
  const HttpHeaders& headers = request_.headers;
  if (headers.count("Host") > 1 || (!request_.is_http_1_0 && !headers.has("Host"))) return 400;
  request_.is_keep_alive =
      request_.is_http_1_0 ? headers.has_token("Connection", "keep-alive") : !headers.has_token("Connection", "close");
  if (const auto error = find_body()) return error;
  const bool has_body = part_ == Part::kChunkSize || remaining_ > 0;
  state_ = has_body ? State::kBody : State::kComplete;
  const std::string_view expect = headers.get("Expect");
  if (expect.empty()) return std::nullopt;
  if (!equals_ignoring_case(expect, "100-continue")) return 417;
  wants_continue_ = has_body && !request_.is_http_1_0;
  return std::nullopt;
}

/// There is a body; what becomes of it?
void HttpRequestParser::plan() {
  body_plan_ = plan_body_ != nullptr && *plan_body_ ? (*plan_body_)(request_) : BodyPlan{.max_bytes = limits_.body};
}

/// Where the body ends (RFC 9112 section 6).
std::optional<int> HttpRequestParser::find_body() {
  const HttpHeaders& headers = request_.headers;
  const size_t lengths = headers.count("Content-Length");
  const size_t codings = headers.count("Transfer-Encoding");
  if (lengths + codings > 1) return 400;
  remaining_ = 0;
  if (codings > 0) {
    if (request_.is_http_1_0) return 400;
    if (!equals_ignoring_case(headers.get("Transfer-Encoding"), "chunked")) return 501;
    part_ = Part::kChunkSize;
    plan();
    return std::nullopt;
  }
  part_ = Part::kLength;
  if (lengths == 0) return std::nullopt;
  const std::string_view length = headers.get("Content-Length");
  if (length.empty() || length.find_first_not_of("0123456789") != std::string_view::npos) return 400;
  const auto size = parse_size(length, 10);
  if (!size) return 413;
  if (*size > 0) plan();
  if (*size > body_plan_.max_bytes) return 413;
  remaining_ = *size;
  request_.body.reserve(std::min(*size, kMaxReserve));
  return std::nullopt;
}

size_t HttpRequestParser::consume_body(std::string_view bytes) {
  wants_continue_ = false;
  return part_ == Part::kLength || part_ == Part::kChunkData ? consume_data(bytes) : consume_line(bytes);
}

size_t HttpRequestParser::consume_data(std::string_view bytes) {
  const size_t used = std::min(remaining_, bytes.size());
  request_.body.append(bytes.substr(0, used));
  remaining_ -= used;
  body_size_ += used;
  if (remaining_ == 0) {
    if (part_ == Part::kLength) {
      state_ = State::kComplete;
    } else {
      part_ = Part::kChunkEnd;
    }
  }
  return used;
}

size_t HttpRequestParser::consume_line(std::string_view bytes) {
  const size_t newline = bytes.find('\n');
  const size_t used = newline == std::string_view::npos ? bytes.size() : newline + 1;
  if (line_.size() + used > kMaxChunkLine) {
    fail(400);
    return used;
  }
  line_.append(bytes.substr(0, used));
  if (newline == std::string_view::npos) return used;
  const std::string line = std::exchange(line_, {});
  if (!line.ends_with("\r\n")) {
    fail(400);
  } else {
    on_line(std::string_view(line).substr(0, line.size() - 2));
  }
  return used;
}

void HttpRequestParser::on_line(std::string_view line) {
  switch (part_) {
    case Part::kChunkSize:
      return on_chunk_size(line);
    case Part::kChunkEnd:
      part_ = Part::kChunkSize;
      if (!line.empty()) fail(400);
      return;
    default:
      break;
  }
  // Trailers are allowed and ignored; they share the limit of the head.
  trailer_size_ += line.size() + 2;
  if (line.empty()) {
    state_ = State::kComplete;
  } else if (trailer_size_ > limits_.head) {
    fail(431);
  }
}

void HttpRequestParser::on_chunk_size(std::string_view line) {
  // Extensions follow a semicolon and are ignored (RFC 9112 section 7.1.1).
  const auto size = parse_size(trim(line.substr(0, line.find(';'))), 16);
  if (!size) return fail(400);
  if (*size > body_plan_.max_bytes - body_size_) return fail(413);
  remaining_ = *size;
  part_ = *size == 0 ? Part::kTrailers : Part::kChunkData;
}

}  // namespace parley::net
