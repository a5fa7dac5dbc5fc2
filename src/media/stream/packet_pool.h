#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace parley::stream {

/// What the packet path needs to know of a received packet's media, found once when it arrives.
struct MediaMeta {
  bool starts_key_frame = false;  ///< First packet of a frame that decodes without earlier ones.
  bool starts_frame = false;      ///< VP8: S=1 and PID=0. Other codecs: previous packet carried the marker.
  bool has_picture_id = false;
  bool has_tl0 = false;
  uint8_t temporal_id = 0;
  bool layer_sync = false;
  uint16_t picture_id = 0;  ///< VP8, 15 bits.
  uint8_t tl0_picture_index = 0;
  uint8_t descriptor_size = 0;  ///< VP8 payload descriptor, bytes.
  uint8_t audio_level = 127;    ///< -dBov; 127 is silence or unknown (RFC 6464).
  bool has_audio_level = false;
};

/// One received, decrypted packet, written once (padding: before it is first forwarded) and then only read, by every
/// subscriber and by retransmission.
struct PacketCell {
  /// A UDP payload that fits an Ethernet frame, less nothing: larger datagrams are refused on receipt.
  static constexpr size_t kCapacity = 1500;

  std::atomic<uint32_t> references{0};
  uint32_t index = 0;    ///< Place in the pool.
  int64_t sequence = 0;  ///< Unwrapped within its layer.
  uint32_t timestamp = 0;
  uint8_t payload_type = 0;  ///< The publisher's.
  bool marker = false;
  uint16_t payload_offset = 0;
  uint16_t payload_size = 0;         ///< Without padding.
  uint16_t capture_time_offset = 0;  ///< abs-capture-time element inside bytes; size 0 when absent.
  uint8_t capture_time_size = 0;
  uint16_t dependency_offset = 0;  ///< AV1 dependency descriptor element inside bytes; size 0 when absent.
  uint8_t dependency_size = 0;
  uint8_t padding_size = 0;  ///< RTP padding that lies behind the payload, its last byte the count.
  Timestamp arrival;
  MediaMeta media;
  uint8_t bytes[kCapacity];

  ByteView payload() const { return {bytes + payload_offset, payload_size}; }
  ByteView padded_payload() const { return {bytes + payload_offset, size_t{payload_size} + padding_size}; }
  ByteView capture_time() const { return {bytes + capture_time_offset, capture_time_size}; }
  ByteView dependency_descriptor() const { return {bytes + dependency_offset, dependency_size}; }
};

class PacketPool;

/// A counted reference to a cell. Copying counts; the last one returns the cell to its pool.
class PacketRef {
 public:
  PacketRef() = default;
  PacketRef(PacketPool* pool, PacketCell* cell) : pool_(pool), cell_(cell) {
    if (cell_) cell_->references.fetch_add(1, std::memory_order_relaxed);
  }
  PacketRef(const PacketRef& o) : PacketRef(o.pool_, o.cell_) {}
  PacketRef(PacketRef&& o) noexcept : pool_(o.pool_), cell_(std::exchange(o.cell_, nullptr)) {}
  PacketRef& operator=(PacketRef o) noexcept {
    std::swap(pool_, o.pool_);
    std::swap(cell_, o.cell_);
    return *this;
  }
  ~PacketRef();

  explicit operator bool() const { return cell_ != nullptr; }
  PacketCell* operator->() const { return cell_; }
  PacketCell& operator*() const { return *cell_; }
  PacketCell* get() const { return cell_; }
  void reset() { *this = PacketRef(); }

 private:
  PacketPool* pool_ = nullptr;
  PacketCell* cell_ = nullptr;
};

/// Cells of one shard, in slabs that are kept for the life of the pool: a steady flow allocates nothing.
/// Owner: the shard. The count is atomic so that other shards may hold references later; returning a cell is not yet
/// safe from another thread.
class PacketPool {
 public:
  /// `max_cells` bounds the memory: each is about 1.6 kB.
  explicit PacketPool(size_t max_cells) : max_cells_(max_cells) {}

  /// A cell of its own, or an empty reference when `max_cells` are in use (the packet is then dropped and counted).
  PacketRef acquire();
  size_t in_use() const { return slabs_.size() * kSlabCells - free_.size(); }
  size_t allocated() const { return slabs_.size() * kSlabCells; }

 private:
  friend class PacketRef;
  void release(PacketCell* cell) { free_.push_back(cell); }

  /// 64 cells are about 100 kB: small enough for an idle server, large enough that growth is rare.
  static constexpr size_t kSlabCells = 64;
  size_t max_cells_;
  std::vector<std::unique_ptr<PacketCell[]>> slabs_;
  std::vector<PacketCell*> free_;
};

inline PacketRef::~PacketRef() {
  if (cell_ && cell_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) pool_->release(cell_);
}

}  // namespace parley::stream
