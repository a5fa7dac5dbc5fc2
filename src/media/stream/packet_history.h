#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "media/stream/packet_pool.h"

namespace parley::stream {

/// The recent packets of one layer by unwrapped sequence number. It is the retransmission buffer of every subscriber
/// of the layer: they keep only numbers. Bounded by count and by age, whichever is reached first.
class PacketHistory {
 public:
  /// `capacity` is a power of two.
  PacketHistory(size_t capacity, TimeDelta max_age) : ring_(capacity), max_age_(max_age) {}

  enum class Inserted : uint8_t { kNew, kDuplicate, kTooOld };
  Inserted insert(const PacketRef& packet);
  /// Null when never received or no longer kept.
  PacketCell* find(int64_t sequence) const {
    const PacketRef& slot = ring_[static_cast<size_t>(sequence) & (ring_.size() - 1)];
    return slot && slot->sequence == sequence ? slot.get() : nullptr;
  }
  /// A counted reference to the same.
  PacketRef find_ref(int64_t sequence) const {
    const PacketRef& slot = ring_[static_cast<size_t>(sequence) & (ring_.size() - 1)];
    return slot && slot->sequence == sequence ? slot : PacketRef();
  }
  /// Lets go of packets that arrived more than max_age before `now`. Amortised O(1) per packet.
  void expire(Timestamp now);
  void clear();
  size_t capacity() const { return ring_.size(); }

 private:
  std::vector<PacketRef> ring_;
  TimeDelta max_age_;
  int64_t newest_ = -1;
  int64_t oldest_ = 0;  ///< No kept packet is older; meaningless while newest_ < 0.
};

}  // namespace parley::stream
