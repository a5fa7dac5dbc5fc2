// Drives a server peer, fresh or connected, by datagrams of any content from changing addresses, changed datagrams of a
// real client, timers and API calls.

#include "media/transport/fuzz_script.h"
#include "media/transport/peer_test_util.h"
#include "media/transport/virtual_clock_impl.h"

namespace parley::transport {
namespace {

/// Contexts and stack for all runs: making them costs more than a run.
struct World {
  std::unique_ptr<DtlsContext> context = test::make_dtls_context();
  SctpStack stack;
};
World& world() {
  static World the_one;
  return the_one;
}

class Run {
 public:
  Run() {
    for (const DtlsRole role : {DtlsRole::kServer, DtlsRole::kClient}) {
      End& end = role == DtlsRole::kServer ? server_ : client_;
      end.peer = std::make_unique<Peer>(PeerOptions{.role = role,
                                                    .dtls = world().context.get(),
                                                    .srtp = &pick_srtp_backend(),
                                                    .sctp = &world().stack,
                                                    .sctp_mailbox = nullptr,
                                                    .sctp_tag = 0,
                                                    .ice = {.ufrag = "ufrag", .pwd = "passwordpassword"},
                                                    .rng = &rng_});
      end.peer->set_remote_fingerprint(world().context->fingerprint(), end.outputs);
    }
    client_.peer->connect(address(0), {.ufrag = "ufrag", .pwd = "passwordpassword"}, now_);
  }

  void play(FuzzScript script) {
    if (script.byte() % 2 == 1) connect();
    for (int step = 0; step < 200 && script.has_more(); ++step) {
      play(script.byte(), script);
      server_.outputs.events.clear();
      if (server_.outputs.packets.size() > 256) server_.outputs.packets.clear();
    }
  }

 private:
  struct End {
    std::unique_ptr<Peer> peer;
    PeerOutputs outputs;
  };
  static Path address(uint8_t number) { return {.remote = SocketAddress::v4(0xc0000200u + number, 1000)}; }

  void connect() {
    for (int round = 0; round < 20 && !server_.peer->is_connected(); ++round) {
      pass_time(TimeDelta::millis(10));
      exchange(0, 0);
    }
  }
  void pass_time(TimeDelta time) {
    now_ += time;
    advance_virtual_clock(time);
    world().stack.on_timer(time);
    for (End* end : {&client_, &server_}) end->peer->on_timer(now_, end->outputs);
  }
  /// All that is under way, both ways, with one byte of each datagram to the server changed.
  void exchange(uint16_t at, uint8_t change) {
    const PacketBatch to_server = std::exchange(client_.outputs.packets, PacketBatch(4096));
    for (const auto& entry : to_server.entries()) {
      const ByteView view = to_server.datagram(entry);
      ByteVector bytes(view.begin(), view.end());
      if (at < bytes.size()) bytes[at] ^= change;
      receive(server_, address(1), bytes);
    }
    const PacketBatch to_client = std::exchange(server_.outputs.packets, PacketBatch(4096));
    for (const auto& entry : to_client.entries()) receive(client_, address(0), to_client.datagram(entry));
  }
  void receive(End& end, const Path& from, ByteView datagram) {
    ByteVector plain(datagram.size());
    const PeerPacket packet = end.peer->on_datagram(from, datagram, plain.data(), now_, end.outputs);
    PARLEY_CHECK(packet.size <= datagram.size());
  }

  void play(uint8_t operation, FuzzScript& script) {
    switch (operation % 7) {
      case 0: {
        const Path from = address(script.byte());
        return receive(server_, from, script.bytes());
      }
      case 1: {
        const uint16_t at = script.word();
        return exchange(at, script.byte());
      }
      case 2:
        return pass_time(TimeDelta::millis(script.byte() * 50));
      case 3:
        (void)server_.peer->open_channel({.label = std::string(as_text(script.bytes()))}, server_.outputs);
        return;
      case 4: {
        const DataChannelId channel(script.byte());
        (void)server_.peer->send_data(channel, DataKind::kString, script.bytes(), server_.outputs);
        return;
      }
      case 5:
        return server_.peer->restart_ice(IceCredentials::make(rng_));
      default:
        return server_.peer->close_channel(DataChannelId(script.byte()), server_.outputs);
    }
  }

  SeededRng rng_{1};
  Timestamp now_ = Timestamp::seconds(1);
  End server_;
  End client_;
};

}  // namespace
}  // namespace parley::transport

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  parley::transport::Run().play(parley::transport::FuzzScript({data, size}));
  return 0;
}
