#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace parley::wire {

/// RFC 4571: packets over a stream, each behind its size in two bytes.
inline constexpr size_t kTcpFramePrefixSize = 2;
inline constexpr size_t kTcpFrameMaxSize = 65535;

/// Writes the prefix of a packet of `packet_size` bytes (at most kTcpFrameMaxSize) to the first two bytes of `out`.
void write_tcp_frame_prefix(MutableByteView out, size_t packet_size);

/// Cuts a byte stream into packets.
///
/// Use: `append()` what was received, take `next()` until it is empty, and again with what append() did not take.
/// Holds at most one packet of `max_frame` bytes and its prefix; memory grows to that only when a peer sends such a
/// packet. Empty packets are skipped.
class TcpDeframer {
 public:
  explicit TcpDeframer(size_t max_frame = kTcpFrameMaxSize);

  /// Takes as many of `bytes` as there is room for and returns how many. Invalidates the view from next(). Takes none
  /// once failed().
  size_t append(ByteView bytes);
  /// The next whole packet, valid until the next append(); nullopt when more bytes are needed or failed().
  std::optional<ByteView> next();
  /// The peer announced a packet above `max_frame`: the stream cannot be followed any more, close it.
  bool failed() const { return failed_; }

 private:
  size_t max_frame_;
  ByteVector buffer_;
  size_t begin_ = 0;  ///< First byte not yet given out.
  size_t end_ = 0;    ///< One past the last byte received.
  bool failed_ = false;
};

}  // namespace parley::wire
