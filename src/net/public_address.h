#pragma once

#include "base/socket_address.h"

namespace parley::net {

/// Whether an address may be somebody else's on the internet: not loopback, private, link-local, shared, multicast,
/// reserved or for documentation (IANA's special-purpose registries, RFC 6890), nor an IPv6 form of such an IPv4
/// address (v4-mapped, NAT64). What is posted to addresses that strangers choose may go only there.
bool is_public(const SocketAddress& address);

}  // namespace parley::net
