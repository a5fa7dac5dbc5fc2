#include "media/sfu/equalise.h"

#include <algorithm>
#include <cstring>

namespace parley::sfu {
namespace {

/// Of a payload, for padding: bandwidth is worth more than the server's time.
constexpr size_t kShareDivisor = 100;

bool is_same_frame(const PendingPacket& a, const PendingPacket& b) {
  return a.layer == b.layer && a.packet->timestamp == b.packet->timestamp;
}

size_t size_of(const PendingPacket& pending) { return pending.packet->payload_size; }

void pad(stream::PacketCell& cell, size_t padding) {
  const size_t end = size_t{cell.payload_offset} + cell.payload_size;
  if (end + padding > stream::PacketCell::kCapacity) return;
  // RFC 3550 section 5.1: the last byte counts the padding, itself included.
  std::memset(cell.bytes + end, 0, padding - 1);
  cell.bytes[end + padding - 1] = static_cast<uint8_t>(padding);
  cell.padding_size = static_cast<uint8_t>(padding);
}

void equalise_frame(std::span<const PendingPacket> frame, size_t max_padding) {
  const size_t largest = size_of(*std::ranges::max_element(frame, {}, size_of));
  // The last may be shorter than the others.
  for (const PendingPacket& pending : frame.first(frame.size() - 1)) {
    const size_t missing = largest - size_of(pending);
    if (missing > 0 && missing <= std::min(max_padding, size_of(pending) / kShareDivisor))
      pad(*pending.packet, missing);
  }
}

}  // namespace

void equalise(std::span<const PendingPacket> packets, size_t max_padding) {
  while (!packets.empty()) {
    size_t count = 1;
    while (count < packets.size() && is_same_frame(packets[0], packets[count])) ++count;
    equalise_frame(packets.first(count), max_padding);
    packets = packets.subspan(count);
  }
}

}  // namespace parley::sfu
