#pragma once

#include <cstdint>

#include "media/client/client.h"
#include "media/client/latency_histogram.h"

namespace parley::tools {

/// What subscribers received, summed; the difference of two is what came in between.
struct LoadTotals {
  uint64_t tracks = 0;    ///< With at least one packet; as of now, also in a difference.
  uint64_t expected = 0;  ///< Subscribed to; likewise.
  uint64_t packets = 0;   ///< Authenticated and new.
  uint64_t bytes = 0;     ///< Their payloads.
  int64_t lost = 0;       ///< Missing between the first and the newest; one that comes late makes it smaller again.
  uint64_t duplicates = 0;
  uint64_t repaired = 0;       ///< New ones that came as retransmissions.
  uint64_t refused = 0;        ///< Datagrams that failed authentication or were no media of ours.
  uint64_t wrong_content = 0;  ///< Authenticated, and yet not what was sent.
  uint64_t frames = 0;         ///< Video frames that could be decoded.
  uint64_t freezes = 0;
  uint64_t nacks = 0;
  uint64_t plis = 0;
  client::LatencyHistogram latency;

  void add(const client::PeerConnection& connection);
  /// Packets lost of those sent, 0 to 1.
  double loss() const;
};

LoadTotals difference(const LoadTotals& later, const LoadTotals& earlier);

}  // namespace parley::tools
