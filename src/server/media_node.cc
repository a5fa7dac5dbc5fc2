#include "server/media_node.h"

#include <fmt/format.h>

#include "base/log.h"
#include "media/shard/clock.h"

namespace parley::server {
namespace {

constexpr std::chrono::seconds kCallTimeout{5};

std::vector<wire::IceCandidate> make_candidates(const std::vector<SocketAddress>& addresses, uint16_t udp_port,
                                                uint16_t tcp_port) {
  std::vector<wire::IceCandidate> candidates;
  uint16_t preference = 65'535;
  for (const auto transport : {wire::CandidateTransport::kUdp, wire::CandidateTransport::kTcp}) {
    const bool is_udp = transport == wire::CandidateTransport::kUdp;
    if (!is_udp && tcp_port == 0) continue;
    for (const SocketAddress& address : addresses) {
      wire::IceCandidate candidate;
      candidate.foundation = std::to_string(candidates.size() + 1);
      candidate.transport = transport;
      candidate.priority = wire::candidate_priority(wire::CandidateType::kHost, preference--);
      candidate.connection = wire::CandidateHost::from(address.with_port(is_udp ? udp_port : tcp_port));
      if (!is_udp) candidate.tcp_type = wire::TcpType::kPassive;
      candidates.push_back(std::move(candidate));
    }
    preference = 30'000;  // Every TCP candidate below every UDP one (RFC 6544 §4.2).
  }
  return candidates;
}

}  // namespace

void EngineDriver::on_datagrams(std::span<const shard::Datagram> datagrams, Now now) {
  for (const shard::Datagram& datagram : datagrams) engine_.on_datagram(datagram.from, datagram.bytes, now, out_);
}

void EngineDriver::end_pass(Now now) {
  engine_.collect_sctp(now, out_);
  engine_.end_pass(now, out_);
  flush();
}

void EngineDriver::on_timer(Now now) {
  engine_.on_timer(now, out_);
  flush();
}

void EngineDriver::open(livekit::SessionId session, const livekit::JoinParams& join, std::shared_ptr<SignalSink> sink,
                        Now now) {
  sinks_[session] = std::move(sink);
  engine_.open_session(session, join, now, out_);
  flush();
}

void EngineDriver::on_request(livekit::SessionId session, const livekit::pb::SignalRequest& request, Now now) {
  engine_.on_request(session, request, now, out_);
  flush();
}

void EngineDriver::on_closed(livekit::SessionId session, Now now) {
  engine_.on_socket_closed(session, now, out_);
  sinks_.erase(session);
  flush();
}

void EngineDriver::perform_rpc(const livekit::pb::PerformRpcRequest& request, RpcCallback callback, Now now) {
  const uint64_t id = ++last_rpc_;
  const auto started = engine_.perform_rpc(request, id, now, out_);
  if (started) {
    rpcs_[id] = std::move(callback);
  } else {
    callback(std::unexpected(started.error()));
  }
  flush();
}

void EngineDriver::drain(Now now) {
  engine_.drain(now, out_);
  flush();
}

void EngineDriver::flush() {
  for (livekit::SignalOut& signal : out_.signals) {
    const auto it = sinks_.find(signal.session);
    if (it == sinks_.end()) continue;
    switch (signal.kind) {
      case livekit::SignalOut::Kind::kMessage: it->second->on_signal(signal.response); break;
      case livekit::SignalOut::Kind::kRefuse:
        it->second->on_refusal(signal.status, std::move(signal.text));
        sinks_.erase(it);
        break;
      case livekit::SignalOut::Kind::kClose:
        it->second->on_end();
        sinks_.erase(it);
        break;
    }
  }
  const bool has_changed = !out_.signals.empty() || !out_.webhooks.empty();
  out_.signals.clear();
  for (livekit::WebhookOut& webhook : out_.webhooks) webhooks_(std::move(webhook));
  out_.webhooks.clear();
  for (livekit::RpcReply& reply : out_.rpc_replies) {
    const auto it = rpcs_.find(reply.call_id);
    if (it == rpcs_.end()) continue;
    it->second(std::move(reply.payload));
    rpcs_.erase(it);
  }
  out_.rpc_replies.clear();
  if (has_changed) participants.store(engine_.participant_count(), std::memory_order_relaxed);
}

Result<std::unique_ptr<MediaNode>> MediaNode::start(MediaNodeConfig config, WebhookSink webhooks) {
  std::unique_ptr<MediaNode> node(new MediaNode());
  auto dtls = transport::DtlsContext::make(shard::read_clock().wall);
  if (!dtls) return std::unexpected(dtls.error());
  node->dtls_ = std::move(*dtls);
  node->sctp_ = std::make_unique<transport::SctpStack>();
  const size_t count = config.shards > 0 ? config.shards : std::max(1u, std::thread::hardware_concurrency());

  std::vector<shard::Shard::Sockets> sockets(count);
  for (size_t i = 0; i < count; ++i) {
    // The first socket settles the port; the others share it.
    auto udp = shard::UdpSocket::bind(i == 0 ? config.udp_port : node->udp_port_);
    if (!udp) return std::unexpected(udp.error());
    auto tcp = shard::TcpAcceptor::bind(i == 0 ? config.tcp_port : node->tcp_port_, i);
    if (!tcp) return std::unexpected(tcp.error());
    sockets[i] = {std::move(*udp), std::move(*tcp)};
    node->udp_port_ = sockets[i].udp->port();
    node->tcp_port_ = sockets[i].tcp->port();
  }
  config.engine.candidates = make_candidates(config.addresses, node->udp_port_, node->tcp_port_);
  config.engine.sfu.dtls = node->dtls_.get();
  config.engine.sfu.srtp = &transport::pick_srtp_backend();
  config.engine.sfu.sctp = node->sctp_.get();
  for (size_t i = 0; i < count; ++i) {
    livekit::EngineConfig engine = config.engine;
    node->mailboxes_.push_back(std::make_shared<transport::SctpMailbox>());
    engine.sfu.mailbox = node->mailboxes_.back();
    engine.sfu.ufrag_prefix = shard::ufrag_prefix(i);
    auto driver = std::make_unique<EngineDriver>(std::move(engine), webhooks);
    node->drivers_.push_back(driver.get());
    node->shards_.push_back(std::make_unique<shard::Shard>(i, count, std::move(sockets[i]), std::move(driver)));
  }
  shard::Shard::connect(node->shards_);
  for (const auto& shard : node->shards_) shard->start();
  return node;
}

MediaNode::~MediaNode() { stop(); }

void MediaNode::stop() {
  for (const auto& shard : shards_) shard->stop();
}

bool MediaNode::run(std::string_view room, EngineCall call) {
  const size_t shard = shard_of(room);
  return shards_[shard]->post([this, shard, call = std::move(call)](Now now) mutable { call(driver(shard), now); });
}

bool MediaNode::open(livekit::SessionId session, livekit::JoinParams join, std::shared_ptr<SignalSink> sink) {
  const std::string room = join.claims.video->room;
  return run(room, [session, join = std::move(join), sink = std::move(sink)](EngineDriver& driver, Now now) {
    driver.open(session, join, sink, now);
  });
}

bool MediaNode::request(std::string_view room, livekit::SessionId session, livekit::pb::SignalRequest request) {
  return run(room, [session, request = std::move(request)](EngineDriver& driver, Now now) {
    driver.on_request(session, request, now);
  });
}

void MediaNode::closed(std::string_view room, livekit::SessionId session) {
  run(room, [session](EngineDriver& driver, Now now) { driver.on_closed(session, now); });
}

void MediaNode::run_everywhere(std::function<void(EngineDriver&, Now)> call, std::function<void()> done) {
  auto left = std::make_shared<std::atomic<size_t>>(shards_.size());
  for (size_t i = 0; i < shards_.size(); ++i) {
    const bool posted = shards_[i]->post([this, i, call, done, left](Now now) {
      call(driver(i), now);
      if (--*left == 0) done();
    });
    if (!posted && --*left == 0) done();
  }
}

size_t MediaNode::participant_count() const {
  size_t count = 0;
  for (const EngineDriver* driver : drivers_) count += driver->participants.load(std::memory_order_relaxed);
  return count;
}

void MediaNode::drain() {
  auto done = std::make_shared<std::promise<void>>();
  auto finished = done->get_future();
  run_everywhere([](EngineDriver& driver, Now now) { driver.drain(now); }, [done] { done->set_value(); });
  if (finished.wait_for(kCallTimeout) != std::future_status::ready) log::warn("drain_timeout");
}

void MediaNode::on_sctp_timer(TimeDelta elapsed) {
  sctp_->on_timer(elapsed);
  for (size_t i = 0; i < shards_.size(); ++i) {
    if (!mailboxes_[i]->empty()) shards_[i]->wake();
  }
}

std::string MediaNode::metrics() {
  struct Totals {
    sfu::Counters sfu;
    size_t rooms = 0, participants = 0, peers = 0, cells = 0;
    shard::UdpCounters udp;
    shard::ShardCounters shard;
  };
  auto totals = std::make_shared<Guarded<Totals>>();
  auto done = std::make_shared<std::promise<void>>();
  auto finished = done->get_future();
  auto next = std::make_shared<std::atomic<size_t>>(0);
  run_everywhere(
      [this, totals](EngineDriver& driver, Now) {
        const size_t index = static_cast<size_t>(std::find(drivers_.begin(), drivers_.end(), &driver) - drivers_.begin());
        totals->with([&](Totals& t) {
          const sfu::Counters& c = driver.engine().sfu().counters();
          for (size_t i = 0; i < sfu::kVerdicts; ++i) t.sfu.received[i] += c.received[i];
          t.sfu.received_bytes += c.received_bytes;
          t.sfu.forwarded_packets += c.forwarded_packets;
          t.sfu.forwarded_bytes += c.forwarded_bytes;
          t.sfu.resent_packets += c.resent_packets;
          t.sfu.resend_misses += c.resend_misses;
          t.sfu.nacks_sent += c.nacks_sent;
          t.sfu.plis_sent += c.plis_sent;
          t.sfu.plis_received += c.plis_received;
          t.rooms += driver.engine().room_count();
          t.participants += driver.engine().participant_count();
          t.peers += driver.engine().sfu().peer_count();
          t.cells += driver.engine().sfu().cells_in_use();
          const shard::UdpCounters& u = shards_[index]->udp().counters();
          t.udp.sent_datagrams += u.sent_datagrams;
          t.udp.sent_messages += u.sent_messages;
          t.udp.send_calls += u.send_calls;
          t.udp.would_block += u.would_block;
          t.udp.dropped += u.dropped;
          t.udp.send_errors += u.send_errors;
          t.udp.received_datagrams += u.received_datagrams;
          t.shard.steered_out += shards_[index]->counters().steered_out;
          t.shard.ring_full += shards_[index]->counters().ring_full;
        });
      },
      [done] { done->set_value(); });
  if (finished.wait_for(kCallTimeout) != std::future_status::ready) return "";
  std::string text;
  const auto row = [&text](std::string_view name, uint64_t value) { text += fmt::format("{} {}\n", name, value); };
  totals->with([&](const Totals& t) {
    for (size_t i = 0; i < sfu::kVerdicts; ++i) {
      row(fmt::format("parley_datagrams_received_total{{verdict=\"{}\"}}", to_string(static_cast<sfu::Verdict>(i))),
          t.sfu.received[i]);
    }
    row("parley_received_bytes_total", t.sfu.received_bytes);
    row("parley_packets_forwarded_total", t.sfu.forwarded_packets);
    row("parley_forwarded_bytes_total", t.sfu.forwarded_bytes);
    row("parley_packets_resent_total", t.sfu.resent_packets);
    row("parley_resend_misses_total", t.sfu.resend_misses);
    row("parley_nacks_sent_total", t.sfu.nacks_sent);
    row("parley_plis_sent_total", t.sfu.plis_sent);
    row("parley_plis_received_total", t.sfu.plis_received);
    row("parley_rooms", t.rooms);
    row("parley_participants", t.participants);
    row("parley_peers", t.peers);
    row("parley_packet_cells_in_use", t.cells);
    row("parley_udp_datagrams_sent_total", t.udp.sent_datagrams);
    row("parley_udp_messages_sent_total", t.udp.sent_messages);
    row("parley_udp_send_calls_total", t.udp.send_calls);
    row("parley_udp_would_block_total", t.udp.would_block);
    row("parley_udp_dropped_total", t.udp.dropped);
    row("parley_udp_send_errors_total", t.udp.send_errors);
    row("parley_udp_datagrams_received_total", t.udp.received_datagrams);
    row("parley_steered_datagrams_total", t.shard.steered_out);
    row("parley_ring_full_total", t.shard.ring_full);
    row("parley_bugs_total", bug_count());
  });
  return text;
}

}  // namespace parley::server
