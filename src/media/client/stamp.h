#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/time.h"

namespace parley::client {

/// What every synthetic packet carries behind its codec header, so that a receiver can tell whose it is, whether it is
/// whole, and how long it took. Latency has a meaning where sender and receiver share a monotonic clock.
struct Stamp {
  static constexpr size_t kSize = 20;

  uint32_t publisher = 0;
  uint32_t number = 0;  ///< Counts the packets of one encoding; also the filler behind the stamp, modulo 256.
  Timestamp sent;

  void write(ByteWriter& out) const;
  /// Nullopt when these are not the bytes of a stamp, as in media of another program.
  static std::optional<Stamp> read(ByteView bytes);
  uint8_t filler() const { return static_cast<uint8_t>(number); }
};

}  // namespace parley::client
