// Drives a DTLS server, or a client, by datagrams of any content, changed datagrams of a real handshake, and timers.

#include "media/transport/dtls_test_util.h"
#include "media/transport/fuzz_script.h"

namespace parley::transport {
namespace {

/// One context for all runs: making a key costs more than a run.
const DtlsContext& context() {
  static const std::unique_ptr<DtlsContext> the_one = test::make_dtls_context();
  return *the_one;
}

struct End {
  explicit End(DtlsRole role) : endpoint(context(), role) { endpoint.set_remote_fingerprint(context().fingerprint()); }
  DtlsEndpoint endpoint;
  PacketBatch datagrams{4096};
  PacketBatch application{4096};
};

void run(FuzzScript script) {
  End server(DtlsRole::kServer);
  End client(DtlsRole::kClient);
  const Path path;
  Timestamp now;
  const auto output = [&](End& end) { return DtlsOutput{end.datagrams, path, end.application}; };
  DtlsOutput first = output(client);
  client.endpoint.start(now, first);
  for (int step = 0; step < 200 && script.has_more(); ++step) {
    const uint8_t operation = script.byte();
    End& to = (operation & 1) != 0 ? server : client;
    End& from = (operation & 1) != 0 ? client : server;
    DtlsOutput out = output(to);
    switch (operation >> 1 & 3) {
      case 0:  // Any bytes.
        to.endpoint.on_datagram(script.bytes(), now, out);
        break;
      case 1: {  // What the other side has to say, with one byte changed.
        const PacketBatch spoken = std::exchange(from.datagrams, PacketBatch(4096));
        const uint16_t at = script.word();
        const uint8_t change = script.byte();
        for (const auto& entry : spoken.entries()) {
          const ByteView view = spoken.datagram(entry);
          ByteVector bytes(view.begin(), view.end());
          if (at < bytes.size()) bytes[at] ^= change;
          to.endpoint.on_datagram(bytes, now, out);
        }
        break;
      }
      case 2:
        now += TimeDelta::millis(script.byte() * 20);
        to.endpoint.on_timer(now, out);
        break;
      default:
        to.endpoint.send(script.bytes(), out);
    }
    if (to.datagrams.size() > 64) to.datagrams.clear();
    to.application.clear();
  }
}

}  // namespace
}  // namespace parley::transport

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  parley::transport::run(parley::transport::FuzzScript({data, size}));
  return 0;
}
