#include "server/addresses.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace parley::server {
namespace {

std::vector<SocketAddress> interface_addresses(const Config& config) {
  std::vector<SocketAddress> found;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return found;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
  for (const ifaddrs* i = list; i != nullptr; i = i->ifa_next) {
    if (!i->ifa_addr || !(i->ifa_flags & IFF_UP)) continue;
    const auto& only = config.interfaces;
    if (!only.empty() && std::find(only.begin(), only.end(), i->ifa_name) == only.end()) continue;
    SocketAddress address;
    if (i->ifa_addr->sa_family == AF_INET) {
      address = SocketAddress::v4(ntohl(reinterpret_cast<const sockaddr_in*>(i->ifa_addr)->sin_addr.s_addr), 0);
    } else if (i->ifa_addr->sa_family == AF_INET6) {
      address =
          SocketAddress::v6(ByteView(reinterpret_cast<const sockaddr_in6*>(i->ifa_addr)->sin6_addr.s6_addr, 16), 0);
    } else {
      continue;
    }
    if (!address.is_link_local() && !address.is_loopback()) found.push_back(address);
  }
  return found;
}

}  // namespace

std::vector<SocketAddress> advertised_addresses(const Config& config) {
  std::vector<SocketAddress> addresses;
  if (config.enable_loopback) addresses.push_back(SocketAddress::v4(0x7f000001, 0));
  if (config.node_ips.empty()) {
    const auto found = interface_addresses(config);
    addresses.insert(addresses.end(), found.begin(), found.end());
  }
  for (const std::string& ip : config.node_ips) {
    if (const auto address = SocketAddress::parse(ip, 0)) addresses.push_back(*address);
  }
  return addresses;
}

}  // namespace parley::server
