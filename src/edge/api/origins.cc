#include "edge/api/origins.h"

#include <algorithm>

namespace parley::api {
namespace {

constexpr std::string_view kExposed =
    "ETag, Location, Retry-After, RateLimit, RateLimit-Policy, X-RateLimit-Limit, X-RateLimit-Remaining, "
    "X-RateLimit-Reset, X-Request-Id, Idempotency-Replayed, Content-Disposition, Content-Range, Accept-Ranges, "
    "Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, Tus-Checksum-Algorithm, Upload-Offset, Upload-Length, "
    "Upload-Metadata, Upload-Expires";
constexpr std::string_view kAccepted =
    "Authorization, Content-Type, Accept-Language, Idempotency-Key, If-None-Match, X-Request-Id, Parley-User, "
    "Parley-External-User, Range, If-Range, X-Requested-With, X-HTTP-Method-Override, Tus-Resumable, Upload-Length, "
    "Upload-Offset, Upload-Metadata, Upload-Checksum";
/// Browsers keep a preflight's answer for two hours at most.
constexpr std::string_view kPreflightSeconds = "7200";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// scheme://host[:port] as browsers write it (RFC 6454 section 6.2); empty when it is no such URL.
std::string origin_of(std::string_view url) {
  const size_t colon = url.find("://");
  if (colon == std::string_view::npos) return {};
  const std::string scheme = lower(url.substr(0, colon));
  if (scheme != "http" && scheme != "https") return {};
  std::string_view host = url.substr(colon + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (host.empty() || host.find_first_of("@* ,") != std::string_view::npos) return {};
  const std::string_view usual = scheme == "http" ? ":80" : ":443";
  if (host.ends_with(usual)) host.remove_suffix(usual.size());
  return scheme + "://" + lower(host);
}

/// Without the scheme's usual port.
std::string_view without_usual_port(std::string_view host) {
  if (host.ends_with(":443")) host.remove_suffix(4);
  if (host.ends_with(":80")) host.remove_suffix(3);
  return host;
}

}  // namespace

Result<Origins> Origins::parse(const std::vector<std::string>& urls) {
  Origins out;
  for (const std::string& url : urls) {
    std::string origin = origin_of(url);
    if (origin.empty()) {
      return fail(Error::Code::kInvalidArgument,
                  "FRONTEND_URL: \"" + url + "\" is not the address of a page (https://app.example.com)");
    }
    out.allowed_.push_back(std::move(origin));
  }
  return out;
}

Origins::Source Origins::source_of(const net::HttpRequest& request) const {
  const std::string_view origin = request.headers.get("Origin");
  if (origin.empty()) {
    const std::string_view site = request.headers.get("Sec-Fetch-Site");
    if (site.empty()) return Source::kUnknown;
    return site == "same-origin" || site == "none" ? Source::kSame : Source::kForeign;
  }
  if (request.headers.count("Origin") > 1) return Source::kForeign;
  if (std::ranges::find(allowed_, origin) != allowed_.end()) return Source::kAllowed;
  const size_t host = origin.find("://");
  const bool is_own =
      host != std::string_view::npos && net::equals_ignoring_case(without_usual_port(origin.substr(host + 3)),
                                                                  without_usual_port(request.headers.get("Host")));
  return is_own ? Source::kSame : Source::kForeign;
}

bool Origins::may_act(const net::HttpRequest& request, Source source) {
  if (request.headers.has("Authorization")) return true;
  if (source == Source::kForeign) return false;
  return source != Source::kUnknown || !request.headers.has("Cookie");
}

void add_cors(net::HttpHeaders& headers, const net::HttpRequest& request, Origins::Source source) {
  if (source != Origins::Source::kAllowed) return;
  headers.add("Access-Control-Allow-Origin", std::string(request.headers.get("Origin")));
  headers.add("Access-Control-Allow-Credentials", "true");
  headers.add("Access-Control-Expose-Headers", std::string(kExposed));
}

bool is_preflight(const net::HttpRequest& request) {
  return request.method == "OPTIONS" && request.headers.has("Origin") &&
         request.headers.has("Access-Control-Request-Method");
}

net::HttpResponse make_preflight(const net::HttpRequest& request, std::string_view methods) {
  net::HttpResponse response;
  response.status = 204;
  response.headers.add("Access-Control-Allow-Origin", std::string(request.headers.get("Origin")));
  response.headers.add("Access-Control-Allow-Credentials", "true");
  response.headers.add("Access-Control-Allow-Methods", std::string(methods));
  response.headers.add("Access-Control-Allow-Headers", std::string(kAccepted));
  response.headers.add("Access-Control-Max-Age", std::string(kPreflightSeconds));
  response.headers.add("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
  return response;
}

}  // namespace parley::api
