#include "server/node_metrics.h"

#include <fmt/format.h>
#include <malloc.h>

#include <array>

namespace parley::server {
namespace {

struct Row {
  std::string_view name;
  std::string_view kind;
  std::string_view help;
  uint64_t (*read)(const NodeTotals&);
};

/// What the program holds. Resident memory is more: the heap keeps pages of its worst moment, in pieces.
uint64_t heap_in_use() {
  const struct mallinfo2 heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

using T = NodeTotals;
constexpr std::array kRows{
    Row{"parley_received_bytes_total", "counter", "Bytes of media datagrams received",
        [](const T& t) { return t.sfu.received_bytes; }},
    Row{"parley_packets_forwarded_total", "counter", "Media packets sent to subscribers, resends apart",
        [](const T& t) { return t.sfu.forwarded_packets; }},
    Row{"parley_forwarded_bytes_total", "counter", "Payload bytes of these",
        [](const T& t) { return t.sfu.forwarded_bytes; }},
    Row{"parley_packets_resent_total", "counter", "Packets sent again on request",
        [](const T& t) { return t.sfu.resent_packets; }},
    Row{"parley_resend_misses_total", "counter", "Requests for packets no longer kept",
        [](const T& t) { return t.sfu.resend_misses; }},
    Row{"parley_nacks_sent_total", "counter", "Packets asked for again from publishers",
        [](const T& t) { return t.sfu.nacks_sent; }},
    Row{"parley_plis_sent_total", "counter", "Key frames asked for from publishers",
        [](const T& t) { return t.sfu.plis_sent; }},
    Row{"parley_plis_received_total", "counter", "Key frames subscribers asked for",
        [](const T& t) { return t.sfu.plis_received; }},
    Row{"parley_rooms", "gauge", "Open rooms", [](const T& t) { return uint64_t{t.rooms}; }},
    Row{"parley_participants", "gauge", "Participants in them", [](const T& t) { return uint64_t{t.participants}; }},
    Row{"parley_peers", "gauge", "Peer connections", [](const T& t) { return uint64_t{t.peers}; }},
    Row{"parley_packet_cells", "gauge", "Received packets kept for retransmission",
        [](const T& t) { return uint64_t{t.cells}; }},
    Row{"parley_udp_datagrams_received_total", "counter", "Datagrams read",
        [](const T& t) { return t.udp.received_datagrams; }},
    Row{"parley_udp_datagrams_sent_total", "counter", "Datagrams written",
        [](const T& t) { return t.udp.sent_datagrams; }},
    Row{"parley_udp_messages_sent_total", "counter", "Kernel packets they took; the ratio is the GSO factor",
        [](const T& t) { return t.udp.sent_messages; }},
    Row{"parley_udp_send_calls_total", "counter", "sendmmsg calls", [](const T& t) { return t.udp.send_calls; }},
    Row{"parley_udp_would_block_total", "counter", "Sends put off by a full socket buffer",
        [](const T& t) { return t.udp.would_block; }},
    Row{"parley_udp_dropped_total", "counter", "Datagrams given up while the buffer was full",
        [](const T& t) { return t.udp.dropped; }},
    Row{"parley_udp_send_errors_total", "counter", "Datagrams the kernel refused",
        [](const T& t) { return t.udp.send_errors; }},
    Row{"parley_steered_datagrams_total", "counter", "Datagrams handed to another shard",
        [](const T& t) { return t.shard.steered_out; }},
    Row{"parley_ring_full_total", "counter", "Of these, dropped at a full ring",
        [](const T& t) { return t.shard.ring_full; }},
    Row{"parley_heap_bytes", "gauge", "Memory allocated and not freed", [](const T&) { return heap_in_use(); }},
    Row{"parley_bugs_total", "counter", "Contained bugs of our own", [](const T&) { return uint64_t{bug_count()}; }},
};

}  // namespace

void NodeTotals::add(const livekit::Engine& engine, const shard::Shard& from) {
  sfu.add(engine.sfu().counters());
  udp.add(from.udp().counters());
  shard.add(from.counters());
  rooms += engine.room_count();
  participants += engine.participant_count();
  peers += engine.sfu().peer_count();
  cells += engine.sfu().cells_in_use();
}

std::string NodeTotals::to_prometheus() const {
  std::string text =
      "# HELP parley_datagrams_total What became of received datagrams\n# TYPE parley_datagrams_total counter\n";
  for (size_t i = 0; i < sfu::kVerdicts; ++i) {
    text += fmt::format("parley_datagrams_total{{verdict=\"{}\"}} {}\n", to_string(static_cast<sfu::Verdict>(i)),
                        sfu.received[i]);
  }
  for (const Row& row : kRows) {
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", row.name, row.help, row.kind, row.read(*this));
  }
  return text;
}

}  // namespace parley::server
