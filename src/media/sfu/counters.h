#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace parley::sfu {

/// What became of a received datagram. The one place where drops are named; each has a counter.
enum class Verdict : uint8_t {
  kForward,            ///< New media, handed to the room.
  kRtcp,               ///< Read.
  kControl,            ///< STUN or DTLS.
  kDropUnknownPath,    ///< From an address no peer has, and not a check for one.
  kDropOversized,      ///< Above PacketCell::kCapacity.
  kDropNoCell,         ///< The packet pool is at its bound.
  kDropTransport,      ///< Refused by the peer's transport: unauthenticated, replayed, too early, not ours.
  kDropMalformed,      ///< RTP or RTCP that does not parse.
  kDropUnknownStream,  ///< No m-line fits, or its track was not announced yet.
  kDropDuplicate,
  kDropTooOld,
  kDropMuted,  ///< Media of a track the server muted.
};
inline constexpr size_t kVerdicts = 12;
std::string_view to_string(Verdict verdict);

/// Counters of one shard, plain numbers of its thread; summed when scraped.
struct Counters {
  std::array<uint64_t, kVerdicts> received{};
  uint64_t received_bytes = 0;
  uint64_t forwarded_packets = 0;
  uint64_t forwarded_bytes = 0;
  uint64_t resent_packets = 0;
  uint64_t resend_misses = 0;  ///< Asked for again, but no longer kept or sent too often.
  uint64_t nacks_sent = 0;     ///< Packets asked for from publishers.
  uint64_t plis_sent = 0;
  uint64_t plis_received = 0;
  uint64_t protect_failures = 0;

  void add(const Counters& o) {
    for (size_t i = 0; i < received.size(); ++i) received[i] += o.received[i];
    received_bytes += o.received_bytes;
    forwarded_packets += o.forwarded_packets;
    forwarded_bytes += o.forwarded_bytes;
    resent_packets += o.resent_packets;
    resend_misses += o.resend_misses;
    nacks_sent += o.nacks_sent;
    plis_sent += o.plis_sent;
    plis_received += o.plis_received;
    protect_failures += o.protect_failures;
  }
};

}  // namespace parley::sfu
