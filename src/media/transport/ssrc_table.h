#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace parley::transport {

/// SSRC -> small index. Open addressing with linear probing; grows by doubling and forgets nothing. The caller bounds
/// the number of entries, and with it the worst probe.
class SsrcTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  /// The index stored for `ssrc`, or kNone.
  uint32_t find(uint32_t ssrc) const {
    if (slots_.empty()) return kNone;
    const size_t mask = slots_.size() - 1;
    for (size_t i = mix(ssrc) & mask;; i = (i + 1) & mask) {
      if (slots_[i].index == kNone) return kNone;
      if (slots_[i].ssrc == ssrc) return slots_[i].index;
    }
  }
  /// Stores `index` (not kNone) for an `ssrc` that find() does not know.
  void insert(uint32_t ssrc, uint32_t index) {
    if ((count_ + 1) * 2 > slots_.size()) grow();
    place(ssrc, index);
    ++count_;
  }
  size_t size() const { return count_; }

 private:
  struct Slot {
    uint32_t ssrc = 0;
    uint32_t index = kNone;
  };
  static size_t mix(uint32_t ssrc) { return ssrc * 2654435761u >> 7; }
  void place(uint32_t ssrc, uint32_t index) {
    const size_t mask = slots_.size() - 1;
    size_t i = mix(ssrc) & mask;
    while (slots_[i].index != kNone) i = (i + 1) & mask;
    slots_[i] = {ssrc, index};
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 8 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.index != kNone) place(slot.ssrc, slot.index);
    }
  }

  std::vector<Slot> slots_;
  size_t count_ = 0;
};

}  // namespace parley::transport
