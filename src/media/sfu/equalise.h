#pragma once

#include <cstddef>
#include <span>

#include "media/sfu/track.h"

namespace parley::sfu {

/// Encoders cut a frame into parts that differ by a byte; more than this is no such cut.
inline constexpr size_t kMaxPadding = 8;

/// Pads the packets of each frame (RFC 3550 section 5.1) up to its largest, so that they leave as one UDP_SEGMENT
/// message per subscriber: that wants equal sizes, the last excepted. Packets that would need more than `max_padding`
/// bytes or a hundredth of their payload stay as they are. Once, before the packets are first forwarded.
void equalise(std::span<const PendingPacket> packets, size_t max_padding);

}  // namespace parley::sfu
