#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/socket_address.h"

namespace parley::shard {

/// Between our addresses and the kernel's. On an IPv6 socket IPv4 goes in its mapped form.
inline sockaddr* as_sockaddr(sockaddr_storage& storage) { return reinterpret_cast<sockaddr*>(&storage); }

inline socklen_t to_sockaddr(const SocketAddress& address, bool is_v6, sockaddr_storage& out) {
  if (is_v6) {
    auto& a = reinterpret_cast<sockaddr_in6&>(out);
    a = {};
    a.sin6_family = AF_INET6;
    a.sin6_port = htons(address.port());
    std::memcpy(&a.sin6_addr, address.ip().data(), 16);
    return sizeof a;
  }
  auto& a = reinterpret_cast<sockaddr_in&>(out);
  a = {};
  a.sin_family = AF_INET;
  a.sin_port = htons(address.port());
  a.sin_addr.s_addr = htonl(address.v4_host_order());
  return sizeof a;
}

inline SocketAddress from_sockaddr(const sockaddr_storage& in) {
  if (in.ss_family == AF_INET6) {
    const auto& a = reinterpret_cast<const sockaddr_in6&>(in);
    return SocketAddress::v6(ByteView(a.sin6_addr.s6_addr, 16), ntohs(a.sin6_port));
  }
  const auto& a = reinterpret_cast<const sockaddr_in&>(in);
  return SocketAddress::v4(ntohl(a.sin_addr.s_addr), ntohs(a.sin_port));
}

inline socklen_t any_address(bool is_v6, uint16_t port, sockaddr_storage& out) {
  const SocketAddress any = is_v6 ? SocketAddress().with_port(port) : SocketAddress::v4(0, port);
  return to_sockaddr(any, is_v6, out);
}

inline uint16_t bound_port(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, as_sockaddr(address), &size) != 0) return 0;
  return from_sockaddr(address).port();
}

}  // namespace parley::shard
