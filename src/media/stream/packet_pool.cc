#include "media/stream/packet_pool.h"

namespace parley::stream {

PacketRef PacketPool::acquire() {
  if (free_.empty()) {
    if (allocated() + kSlabCells > max_cells_) return {};
    slabs_.push_back(std::make_unique_for_overwrite<PacketCell[]>(kSlabCells));
    free_.reserve(allocated());
    for (size_t i = 0; i < kSlabCells; ++i) {
      PacketCell* cell = &slabs_.back()[i];
      cell->index = static_cast<uint32_t>((slabs_.size() - 1) * kSlabCells + i);
      free_.push_back(cell);
    }
  }
  PacketCell* cell = free_.back();
  free_.pop_back();
  cell->capture_time_size = 0;
  cell->dependency_size = 0;
  cell->media = MediaMeta{};
  return PacketRef(this, cell);
}

}  // namespace parley::stream
