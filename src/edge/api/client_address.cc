#include "edge/api/client_address.h"

#include <charconv>
#include <ranges>

#include "base/base64.h"

namespace parley::api {
namespace {

constexpr unsigned kMappedBits = 96;  ///< Before an IPv4 address in its v4-mapped form.

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80".
std::optional<SocketAddress> parse_hop(std::string_view hop) {
  hop = trim(hop);
  if (hop.starts_with('[')) {
    const size_t end = hop.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    hop = hop.substr(1, end - 1);
  } else if (hop.contains('.') && std::ranges::count(hop, ':') == 1) {
    hop = hop.substr(0, hop.find(':'));
  }
  return SocketAddress::parse(hop, 0);
}

}  // namespace

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& networks) {
  TrustedProxies out;
  for (const std::string& text : networks) {
    const size_t slash = text.find('/');
    const auto address = SocketAddress::parse(text.substr(0, slash), 0);
    if (!address) return fail(Error::Code::kInvalidArgument, "not a network of proxies: " + text);
    const unsigned width = address->is_v4() ? 32 : 128;
    unsigned prefix = width;
    if (slash != std::string::npos) {
      const char* const end = text.data() + text.size();
      const auto read = std::from_chars(text.data() + slash + 1, end, prefix);
      if (read.ec != std::errc() || read.ptr != end || prefix > width) {
        return fail(Error::Code::kInvalidArgument, "not a network of proxies: " + text);
      }
    }
    out.networks_.push_back({*address, address->is_v4() ? prefix + kMappedBits : prefix});
  }
  return out;
}

bool TrustedProxies::contains(const SocketAddress& address) const {
  return std::ranges::any_of(networks_, [&](const Network& network) {
    for (unsigned bit = 0; bit < network.prefix; ++bit) {
      const unsigned mask = 0x80u >> (bit % 8);
      if ((network.address.ip()[bit / 8] & mask) != (address.ip()[bit / 8] & mask)) return false;
    }
    return true;
  });
}

std::string client_ip(const net::HttpRequest& request, const TrustedProxies& proxies) {
  auto client = SocketAddress::parse(request.remote_address, 0);
  if (!client) return request.remote_address;
  const auto& fields = request.headers.fields();
  for (const auto& [name, value] : fields | std::views::reverse) {
    if (!net::equals_ignoring_case(name, "X-Forwarded-For")) continue;
    std::string_view rest = value;
    while (!rest.empty() && proxies.contains(*client)) {
      const size_t comma = rest.rfind(',');
      const auto hop = parse_hop(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
      if (!hop) return client->ip_text();
      client = hop;
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(0, comma);
    }
  }
  return client->ip_text();
}

std::string rate_key(std::string_view ip) {
  const auto address = SocketAddress::parse(ip, 0);
  if (!address || address->is_v4()) return std::string(ip);
  return base64url_encode(ByteView(address->ip()).first(8));
}

}  // namespace parley::api
