#include "adapters/bus/redis_url.h"

#include <charconv>
#include <limits>

#include "net/url.h"

namespace parley::bus {
namespace {

std::unexpected<Error> malformed(std::string_view what) {
  return fail(Error::Code::kInvalidArgument,
              "REDIS_URL: " + std::string(what) + "; write redis://[user:password@]host[:port][/database]");
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_credentials(std::string_view text, RedisUrl& out) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const auto user = net::percent_decode(text.substr(0, colon));
  auto password = net::percent_decode(text.substr(colon + 1));
  if (!user || !password) return false;
  out.user = *user;
  out.password = Redacted<std::string>(std::move(*password));
  return true;
}

}  // namespace

Result<RedisUrl> parse_redis_url(std::string_view url) {
  constexpr std::string_view kScheme = "redis://";
  if (url.starts_with("rediss://")) {
    return fail(Error::Code::kUnimplemented,
                "REDIS_URL: rediss:// (TLS) is not supported; use redis:// over a private network or a TLS tunnel");
  }
  if (!url.starts_with(kScheme)) return malformed("the address does not begin with redis://");
  RedisUrl out;
  std::string_view rest = url.substr(kScheme.size());
  const size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  const std::string_view path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    if (!read_credentials(authority.substr(0, at), out)) return malformed("user and password are malformed");
    authority = authority.substr(at + 1);
  }
  // An IPv6 address stands in brackets (RFC 3986 section 3.2.2).
  const size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return malformed("the host is malformed");
  const size_t colon = authority.find(':', bracket);
  const std::string_view host = authority.substr(0, colon);
  out.host = host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
  if (out.host.empty()) return malformed("there is no host");
  if (colon != std::string_view::npos && (!read_number(authority.substr(colon + 1), out.port) || out.port == 0))
    return malformed("the port is malformed");
  if (!path.empty() && !read_number(path, out.database)) return malformed("the database is not a number");
  return out;
}

}  // namespace parley::bus
