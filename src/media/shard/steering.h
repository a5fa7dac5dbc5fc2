#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "base/packet_batch.h"
#include "base/time.h"

namespace parley::shard {

/// The first character of an ICE ufrag names the shard that owns its peer.
char ufrag_prefix(size_t shard);
std::optional<size_t> shard_of_ufrag(std::string_view ufrag);

/// Which shard a datagram belongs to. The kernel spreads 5-tuples over the shards' sockets by its own hash; a STUN
/// check tells the owner by its ufrag, and what follows on the same 5-tuple goes the same way. Sans-IO. Owner: one
/// shard.
class Steering {
 public:
  /// Foreign 5-tuples remembered; beyond it the one idle longest gives way and is learnt again at its next check.
  static constexpr size_t kMaxEntries = 65'536;
  /// Checks come every few seconds; a tuple silent for this long is gone.
  static constexpr TimeDelta kIdle = TimeDelta::seconds(60);

  Steering(size_t self, size_t shards) : self_(self), shards_(shards) {}

  /// The owner of `datagram`; self when nothing else is known.
  size_t decide_owner(const Path& from, ByteView datagram, Timestamp now);
  size_t size() const { return foreign_.size(); }

 private:
  struct Entry {
    size_t shard;
    Timestamp last_check;
  };
  void remember(const Path& from, size_t owner, Timestamp now);

  size_t self_;
  size_t shards_;
  std::unordered_map<Path, Entry> foreign_;
};

}  // namespace parley::shard
