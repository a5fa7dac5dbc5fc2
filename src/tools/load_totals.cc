#include "tools/load_totals.h"

#include <algorithm>

namespace parley::tools {

void LoadTotals::add(const client::PeerConnection& connection) {
  for (const auto& [sid, reception] : connection.receptions()) {
    const client::ReceptionCounts& counts = reception->counts();
    if (reception->has_packets()) ++tracks;
    packets += counts.packets;
    bytes += counts.bytes;
    lost += static_cast<int64_t>(reception->lost());
    duplicates += counts.duplicates;
    repaired += counts.by_rtx;
    wrong_content += counts.wrong_content;
    frames += reception->frames().frames;
    freezes += reception->frames().freezes;
    nacks += counts.nacks;
    plis += counts.plis;
    latency.merge(reception->latency());
  }
  const auto& verdicts = connection.transport().verdict_counts();
  refused += verdicts[static_cast<size_t>(transport::PeerVerdict::kDropSrtp)];
  refused += connection.counts().unknown_ssrc + connection.counts().wrong_payload + connection.counts().malformed;
}

double LoadTotals::loss() const {
  const double missing = static_cast<double>(std::max<int64_t>(lost, 0));
  const double sent = missing + static_cast<double>(packets);
  return sent > 0 ? missing / sent : 0;
}

LoadTotals difference(const LoadTotals& later, const LoadTotals& earlier) {
  LoadTotals between = later;
  between.packets -= earlier.packets;
  between.bytes -= earlier.bytes;
  between.lost -= earlier.lost;
  between.duplicates -= earlier.duplicates;
  between.repaired -= earlier.repaired;
  between.refused -= earlier.refused;
  between.wrong_content -= earlier.wrong_content;
  between.frames -= earlier.frames;
  between.freezes -= earlier.freezes;
  between.nacks -= earlier.nacks;
  between.plis -= earlier.plis;
  between.latency.remove(earlier.latency);
  return between;
}

}  // namespace parley::tools
