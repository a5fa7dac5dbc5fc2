#include "edge/api/answer.h"

#include "edge/api/digest.h"
#include "net/gzip.h"

namespace parley::api {
namespace {

/// If-None-Match (RFC 9110 section 13.1.2): a list of tags, weak or not, or "*".
bool matches(std::string_view header, std::string_view tag) {
  return header == "*" || (!header.empty() && header.find(tag) != std::string_view::npos);
}

}  // namespace

net::HttpResponse finish_answer(const net::HttpRequest& request, Written answer, Handling handling) {
  net::HttpResponse response;
  response.status = answer.status;
  response.headers = std::move(answer.headers);
  if (response.headers.has("Cache-Control")) {
    response.body = std::move(answer.body);
    response.source = std::move(answer.source);
    response.source_offset = answer.source_offset;
    response.source_size = answer.source_size;
    return response;
  }
  const bool is_tagged = handling == Handling::kTagged && answer.status == 200;
  response.headers.add("Cache-Control", is_tagged ? "private, no-cache" : "no-store");
  response.headers.add("Vary", "Origin, Accept-Encoding");
  const bool is_gzipped =
      handling != Handling::kSecret && answer.body.size() > kMinGzip && net::accepts_gzip(request.headers);
  if (is_tagged) {
    const std::string tag = '"' + short_text(sha256(answer.body)) + (is_gzipped ? "-gz\"" : "\"");
    response.headers.add("ETag", tag);
    if (matches(request.headers.get("If-None-Match"), tag)) {
      response.status = 304;
      return response;
    }
  }
  if (answer.body.empty()) return response;
  if (!response.headers.has("Content-Type")) response.headers.add("Content-Type", "application/json");
  if (is_gzipped) response.headers.add("Content-Encoding", "gzip");
  response.body = is_gzipped ? net::gzip(answer.body, net::GzipEffort::kFast) : std::move(answer.body);
  return response;
}

void add_safety_headers(net::HttpHeaders& headers, Transport transport) {
  const auto add_missing = [&headers](std::string name, std::string value) {
    if (!headers.has(name)) headers.add(std::move(name), std::move(value));
  };
  headers.add("X-Content-Type-Options", "nosniff");
  headers.add("X-Frame-Options", "DENY");
  headers.add("Referrer-Policy", "no-referrer");
  add_missing("Content-Security-Policy",
              "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
  add_missing("Cross-Origin-Resource-Policy", "same-origin");
  if (transport == Transport::kHttps) headers.add("Strict-Transport-Security", "max-age=31536000");
}

}  // namespace parley::api
