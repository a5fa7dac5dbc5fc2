#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace parley::wire {

/// What a datagram on the one muxed port is, by its first bytes.
enum class PacketKind : uint8_t { kUnknown, kStun, kDtls, kTurnChannel, kRtp, kRtcp };

/// RFC 7983 section 7 by the first byte; RTP and RTCP are told apart by the second (RFC 5761 section 4: packet types
/// 192 to 223 are RTCP, which costs RTP the payload types 64 to 95 with the marker set). Says nothing about whether
/// the rest is well formed.
constexpr PacketKind classify(ByteView datagram) {
  if (datagram.size() < 2) return PacketKind::kUnknown;
  const uint8_t first = datagram[0];
  if (first >= 128 && first <= 191) {
    return datagram[1] >= 192 && datagram[1] <= 223 ? PacketKind::kRtcp : PacketKind::kRtp;
  }
  if (first <= 3) return PacketKind::kStun;
  if (first >= 20 && first <= 63) return PacketKind::kDtls;
  if (first >= 64 && first <= 79) return PacketKind::kTurnChannel;
  return PacketKind::kUnknown;
}

}  // namespace parley::wire
