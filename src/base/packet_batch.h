#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/socket_address.h"

namespace parley {

enum class PathProtocol : uint8_t { kUdp, kTcp };

/// Where a datagram came from or goes to: a remote address over UDP, or one accepted TCP connection, which the shard
/// names by a number that is never reused in the life of the process. Over TCP the shard adds and removes the
/// RFC 4571 framing.
struct Path {
  SocketAddress remote;
  uint32_t tcp_connection = 0;  ///< 0 for UDP.
  PathProtocol protocol = PathProtocol::kUdp;
  auto operator<=>(const Path&) const = default;
};

/// Datagrams to send, in order, in one contiguous arena that is reused from pass to pass: nothing is allocated once
/// it has grown. Datagrams to one path that follow each other form a run, which the shard sends as one UDP GSO
/// message where sizes allow.
///
/// Use: `uint8_t* p = batch.reserve(max)`, write at most `max` bytes, `batch.commit(path, size)`. A pointer from
/// reserve() is valid until the next reserve().
class PacketBatch {
 public:
  struct Entry {
    size_t offset;  ///< Into the arena.
    uint32_t size;  ///< Bytes.
    uint32_t run;   ///< Index into runs().
  };
  struct Run {
    Path path;
    uint32_t first;  ///< Index of its first entry.
    uint32_t count;
  };

  explicit PacketBatch(size_t initial_bytes = 256 * 1024) { arena_.resize(initial_bytes); }

  /// Room for one datagram of at most `max_size` bytes.
  uint8_t* reserve(size_t max_size) {
    if (arena_.size() - used_ < max_size) arena_.resize((arena_.size() + max_size) * 2);
    reserved_ = max_size;
    return arena_.data() + used_;
  }
  /// Makes what was written after reserve() a datagram to `path`.
  void commit(const Path& path, size_t size) {
    PARLEY_CHECK(size <= reserved_);
    reserved_ = 0;
    if (runs_.empty() || runs_.back().path != path) {
      runs_.push_back({path, static_cast<uint32_t>(entries_.size()), 0});
    }
    ++runs_.back().count;
    entries_.push_back({used_, static_cast<uint32_t>(size), static_cast<uint32_t>(runs_.size() - 1)});
    used_ += size;
  }
  void append(const Path& path, ByteView datagram) {
    uint8_t* p = reserve(datagram.size());
    if (!datagram.empty()) std::memcpy(p, datagram.data(), datagram.size());
    commit(path, datagram.size());
  }

  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  size_t bytes() const { return used_; }
  std::span<const Entry> entries() const { return entries_; }
  std::span<const Run> runs() const { return runs_; }
  ByteView datagram(const Entry& e) const { return ByteView(arena_).subspan(e.offset, e.size); }
  const Path& path(const Entry& e) const { return runs_[e.run].path; }
  /// Forgets the datagrams, keeps the memory.
  void clear() {
    entries_.clear();
    runs_.clear();
    used_ = 0;
  }

 private:
  ByteVector arena_;
  size_t used_ = 0;
  size_t reserved_ = 0;
  std::vector<Entry> entries_;
  std::vector<Run> runs_;
};

}  // namespace parley

template <>
struct std::hash<parley::Path> {
  size_t operator()(const parley::Path& p) const noexcept { return p.remote.hash() ^ (p.tcp_connection * 2654435761u); }
};
