#pragma once

#include <vector>

#include "base/socket_address.h"
#include "server/config.h"

namespace parley::server {

/// The addresses clients are told: `rtc.node_ip`, or those of the interfaces that are up. Link-local ones are left
/// out; loopback only when enabled, and then first, because a browser on this machine reaches it at once.
std::vector<SocketAddress> advertised_addresses(const Config& config);

}  // namespace parley::server
