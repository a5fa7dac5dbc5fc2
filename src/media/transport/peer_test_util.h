#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "media/transport/dtls_test_util.h"
#include "media/transport/peer.h"
#include "media/transport/srtp_test_util.h"
#include "media/transport/virtual_clock.h"

namespace parley::transport::test {

struct PeerPairOptions {
  unsigned loss_percent = 0;
  uint64_t seed = 1;
  TimeDelta one_way = TimeDelta::millis(20);
  bool server_knows_fingerprint = true;
  bool has_data = true;
};

/// One end of the pair with all it has reported.
struct PeerEnd {
  std::unique_ptr<Peer> peer;
  PeerOutputs outputs;
  std::vector<PeerEvent> events;
  std::vector<ByteVector> rtp;
  std::vector<ByteVector> rtcp;

  size_t count(PeerEvent::Kind kind) const {
    return static_cast<size_t>(std::ranges::count(events, kind, &PeerEvent::kind));
  }
  std::vector<std::string> messages() const {
    std::vector<std::string> texts;
    for (const PeerEvent& event : events) {
      const bool is_message = event.kind == PeerEvent::Kind::kData && event.sctp.kind == SctpEvent::Kind::kMessage;
      if (is_message) texts.emplace_back(as_text(event.sctp.payload));
    }
    return texts;
  }
  uint64_t verdicts(PeerVerdict verdict) const { return peer->verdict_counts()[static_cast<size_t>(verdict)]; }
};

/// A server peer and a client peer on an impaired link, in virtual time.
class PeerPair {
 public:
  explicit PeerPair(PeerPairOptions with = {}) : options(with), rng_(with.seed) {
    server.peer = std::make_unique<Peer>(make_options(DtlsRole::kServer, *server_context, rng_));
    client.peer = std::make_unique<Peer>(make_options(DtlsRole::kClient, *client_context, rng_));
    client.peer->set_remote_fingerprint(server_context->fingerprint(), client.outputs);
    if (options.server_knows_fingerprint) introduce_client();
    client.peer->connect(server_address, server.peer->ice_credentials(), now);
  }

  void introduce_client() {
    server.peer->set_remote_fingerprint(client_context->fingerprint(), server.outputs);
    flush();
  }
  void restart_ice() {
    server.peer->restart_ice(IceCredentials::make(rng_));
    client.peer->restart_ice(IceCredentials::make(rng_));
    client.peer->connect(server_address, server.peer->ice_credentials(), now);
  }

  void run_for(TimeDelta time) {
    const Timestamp end = now + time;
    while (now < end) tick();
  }
  /// Until `done`, a minute at most.
  template <class F>
  bool run_until(F&& done) {
    const Timestamp end = now + TimeDelta::seconds(60);
    while (now < end) {
      if (done()) return true;
      tick();
    }
    return false;
  }
  bool connect() {
    return run_until([&] { return server.peer->is_connected() && client.peer->is_connected(); });
  }

  /// Encrypts and sends one RTP packet; false when the sender is not ready.
  bool send_rtp(PeerEnd& from, const RtpText& text) {
    if (from.peer->srtp() == nullptr || !from.peer->path()) return false;
    from.outputs.packets.append(*from.peer->path(), protect(*from.peer->srtp(), text));
    flush();
    return true;
  }
  void send_rtcp(PeerEnd& from, const ByteVector& packet) {
    from.outputs.packets.append(*from.peer->path(), protect_rtcp(*from.peer->srtp(), packet));
    flush();
  }
  /// A datagram from anywhere to the server, at once.
  PeerVerdict inject(const Path& from, ByteView datagram) {
    const PeerVerdict verdict = deliver(server, from, datagram);
    flush();
    return verdict;
  }
  /// Hands on what calls to a peer have put into its outputs.
  void flush() {
    put_on_link(client, server, client_address);
    put_on_link(server, client, server_address);
  }

  PeerPairOptions options;
  SctpStack stack;
  std::unique_ptr<DtlsContext> server_context = make_dtls_context();
  std::unique_ptr<DtlsContext> client_context = make_dtls_context();
  Path server_address{.remote = SocketAddress::v4(0xc0000201, 7882)};
  Path client_address{.remote = SocketAddress::v4(0xc6336401, 40000)};
  PeerEnd server;
  PeerEnd client;
  Timestamp now = Timestamp::seconds(1);

 private:
  struct InFlight {
    Timestamp at;
    PeerEnd* to;
    Path from;
    Path destination;
    ByteVector bytes;
  };

  PeerOptions make_options(DtlsRole role, const DtlsContext& context, Rng& rng) {
    return {.role = role,
            .dtls = &context,
            .srtp = &pick_srtp_backend(),
            .sctp = options.has_data ? &stack : nullptr,
            .sctp_mailbox = nullptr,
            .sctp_tag = 0,
            .ice = IceCredentials::make(rng),
            .rng = &rng};
  }

  void tick() {
    now += TimeDelta::millis(10);
    while (!in_flight_.empty() && in_flight_.front().at <= now) {
      const InFlight arrived = std::move(in_flight_.front());
      in_flight_.pop_front();
      // What was sent to an address that the client has left is lost.
      const bool is_gone = arrived.to == &client && arrived.destination != client_address;
      if (!is_gone) deliver(*arrived.to, arrived.from, arrived.bytes);
      flush();
    }
    advance_virtual_clock(TimeDelta::millis(10));
    stack.on_timer(TimeDelta::millis(10));
    for (PeerEnd* end : {&server, &client}) end->peer->on_timer(now, end->outputs);
    flush();
  }

  PeerVerdict deliver(PeerEnd& to, const Path& from, ByteView datagram) {
    ByteVector plain(datagram.size());
    const PeerPacket packet = to.peer->on_datagram(from, datagram, plain.data(), now, to.outputs);
    plain.resize(packet.size);
    if (packet.verdict == PeerVerdict::kRtp) to.rtp.push_back(plain);
    if (packet.verdict == PeerVerdict::kRtcp) to.rtcp.push_back(plain);
    return packet.verdict;
  }

  void put_on_link(PeerEnd& from, PeerEnd& to, const Path& source) {
    PacketBatch& batch = from.outputs.packets;
    for (const auto& entry : batch.entries()) {
      if (rng_.below(100) < options.loss_percent) continue;
      const ByteView bytes = batch.datagram(entry);
      in_flight_.push_back(
          {now + options.one_way, &to, source, batch.path(entry), ByteVector(bytes.begin(), bytes.end())});
    }
    batch.clear();
    for (PeerEvent& event : from.outputs.events) from.events.push_back(std::move(event));
    from.outputs.events.clear();
  }

  SeededRng rng_;
  std::deque<InFlight> in_flight_;
};

}  // namespace parley::transport::test
