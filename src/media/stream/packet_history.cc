#include "media/stream/packet_history.h"

#include <algorithm>

namespace parley::stream {

PacketHistory::Inserted PacketHistory::insert(const PacketRef& packet) {
  const int64_t sequence = packet->sequence;
  const auto capacity = static_cast<int64_t>(ring_.size());
  if (newest_ >= 0 && sequence <= newest_ - capacity) return Inserted::kTooOld;
  PacketRef& slot = ring_[static_cast<size_t>(sequence) & (ring_.size() - 1)];
  if (slot && slot->sequence == sequence) return Inserted::kDuplicate;
  if (newest_ < 0) oldest_ = sequence;
  slot = packet;
  newest_ = std::max(newest_, sequence);
  oldest_ = std::max(std::min(oldest_, sequence), newest_ - capacity + 1);
  return Inserted::kNew;
}

void PacketHistory::expire(Timestamp now) {
  while (newest_ >= 0 && oldest_ < newest_) {
    PacketRef& slot = ring_[static_cast<size_t>(oldest_) & (ring_.size() - 1)];
    if (slot) {
      if (now - slot->arrival <= max_age_) return;
      slot.reset();
    }
    ++oldest_;
  }
}

void PacketHistory::clear() {
  for (PacketRef& slot : ring_) slot.reset();
  newest_ = -1;
  oldest_ = 0;
}

}  // namespace parley::stream
