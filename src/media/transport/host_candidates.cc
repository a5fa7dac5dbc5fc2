#include "media/transport/ice.h"

namespace parley::transport {
namespace {

/// RFC 8445 section 5.1.2.1: the best of a type.
constexpr uint16_t kUdpLocalPreference = 65535;
/// RFC 6544 section 4.2: for TCP the direction (passive: 4) is in the top three bits. Below UDP's.
constexpr uint16_t kTcpLocalPreference = (4u << 13) + 8191;

}  // namespace

std::vector<wire::IceCandidate> make_host_candidates(std::span<const SocketAddress> udp,
                                                     std::span<const SocketAddress> tcp) {
  std::vector<wire::IceCandidate> candidates;
  const auto add = [&](const SocketAddress& address, wire::CandidateTransport transport, size_t local_preference) {
    wire::IceCandidate candidate;
    // Shared only by candidates of the same address and protocol (RFC 8445 section 5.1.1.3).
    candidate.foundation = std::to_string(candidates.size() + 1);
    candidate.transport = transport;
    candidate.priority = wire::candidate_priority(wire::CandidateType::kHost, static_cast<uint16_t>(local_preference));
    candidate.connection = wire::CandidateHost::from(address);
    if (transport == wire::CandidateTransport::kTcp) candidate.tcp_type = wire::TcpType::kPassive;
    candidates.push_back(std::move(candidate));
  };
  for (size_t i = 0; i < udp.size(); ++i) add(udp[i], wire::CandidateTransport::kUdp, kUdpLocalPreference - i);
  for (size_t i = 0; i < tcp.size(); ++i) add(tcp[i], wire::CandidateTransport::kTcp, kTcpLocalPreference - i);
  return candidates;
}

}  // namespace parley::transport
