#pragma once

#include <string>

#include "media/livekit/engine.h"
#include "media/shard/shard.h"

namespace parley::server {

/// Sums of every shard's counters, for /metrics.
struct NodeTotals {
  sfu::Counters sfu;
  shard::UdpCounters udp;
  shard::ShardCounters shard;
  size_t rooms = 0;
  size_t participants = 0;
  size_t peers = 0;
  size_t cells = 0;

  void add(const livekit::Engine& engine, const shard::Shard& from);
  /// Prometheus text format 0.0.4, from one table of rows.
  std::string to_prometheus() const;
};

}  // namespace parley::server
