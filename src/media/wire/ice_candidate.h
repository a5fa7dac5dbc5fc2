#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/socket_address.h"

namespace parley::wire {

enum class CandidateType : uint8_t { kHost, kServerReflexive, kPeerReflexive, kRelay };
enum class CandidateTransport : uint8_t { kUdp, kTcp };
enum class TcpType : uint8_t { kActive, kPassive, kSimultaneousOpen };  ///< RFC 6544 section 4.5.

/// A host as written in a candidate: a numeric address, or a name (browsers hide host addresses behind mDNS names).
struct CandidateHost {
  std::string host;
  uint16_t port = 0;
  /// Nullopt for a name.
  std::optional<SocketAddress> address() const { return SocketAddress::parse(host, port); }
  static CandidateHost from(const SocketAddress& address) { return {address.ip_text(), address.port()}; }
  bool operator==(const CandidateHost&) const = default;
};

/// RFC 8839 section 5.1 with RFC 6544's tcptype. Unknown extension attributes (generation, network-id, …) are dropped.
struct IceCandidate {
  std::string foundation;
  uint8_t component = 1;  ///< 1 RTP, 2 RTCP; only 1 is used with rtcp-mux.
  CandidateTransport transport = CandidateTransport::kUdp;
  uint32_t priority = 0;
  CandidateHost connection;
  CandidateType type = CandidateType::kHost;
  std::optional<CandidateHost> related;
  std::optional<TcpType> tcp_type;
  std::string ufrag;  ///< Empty when not given.
  bool operator==(const IceCandidate&) const = default;
};

/// Longer lines are refused; real ones have 200 bytes at most.
inline constexpr size_t kCandidateMaxText = 1024;

enum class CandidateError : uint8_t { kTooLong, kMalformed, kUnsupportedTransport, kUnsupportedType };
std::string_view to_string(CandidateError error);

/// Takes "candidate:…", with or without "a=" before it.
std::expected<IceCandidate, CandidateError> parse_candidate(std::string_view text);
/// "candidate:…", as trickled in JSON; behind "a=" in SDP.
std::string serialize(const IceCandidate& candidate);

/// RFC 8445 section 5.1.2.1 with the recommended type preferences. `local_preference` is 16 bits.
uint32_t candidate_priority(CandidateType type, uint16_t local_preference, uint8_t component = 1);

}  // namespace parley::wire
