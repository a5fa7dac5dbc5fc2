#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/socket_address.h"
#include "net/http_message.h"

namespace parley::api {

/// The proxies whose word about a client's address is taken.
class TrustedProxies {
 public:
  /// From "10.0.0.0/8", "::1", "fd00::/8"; kInvalidArgument names the entry.
  static Result<TrustedProxies> parse(const std::vector<std::string>& networks);
  bool contains(const SocketAddress& address) const;

 private:
  struct Network {
    SocketAddress address;
    unsigned prefix;  ///< Bits of the 128.
  };
  std::vector<Network> networks_;
};

/// Who really asks: the connection's peer, or, as long as that is a trusted proxy, the one before it in
/// X-Forwarded-For, read from its end. What an untrusted peer says there is its own invention and is not looked at.
std::string client_ip(const net::HttpRequest& request, const TrustedProxies& proxies);

/// What is counted together: an IPv4 address, or an IPv6 /64, of which every customer has at least one to himself.
std::string rate_key(std::string_view ip);

}  // namespace parley::api
