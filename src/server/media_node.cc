#include "server/media_node.h"

#include <algorithm>

#include "base/guarded.h"
#include "base/log.h"
#include "media/shard/clock.h"
#include "server/node_metrics.h"

namespace parley::server {
namespace {

constexpr std::chrono::seconds kCallTimeout{5};

std::vector<wire::IceCandidate> make_candidates(const std::vector<SocketAddress>& addresses, uint16_t udp_port,
                                                uint16_t tcp_port) {
  std::vector<wire::IceCandidate> candidates;
  uint16_t preference = 65'535;
  for (const auto transport : {wire::CandidateTransport::kUdp, wire::CandidateTransport::kTcp}) {
    const bool is_udp = transport == wire::CandidateTransport::kUdp;
    if ((is_udp ? udp_port : tcp_port) == 0) continue;
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
      case livekit::SignalOut::Kind::kMessage:
        it->second->on_signal(signal.response);
        break;
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
  config.engine.candidates = make_candidates(config.addresses, config.force_tcp ? 0 : node->udp_port_, node->tcp_port_);
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

void MediaNode::collect_metrics(std::function<void(std::string)> done) {
  auto totals = std::make_shared<Guarded<NodeTotals>>();
  run_everywhere(
      [this, totals](EngineDriver& driver, Now) {
        const auto at = std::find(drivers_.begin(), drivers_.end(), &driver);
        const shard::Shard& shard = *shards_[static_cast<size_t>(at - drivers_.begin())];
        totals->with([&](NodeTotals& t) { t.add(driver.engine(), shard); });
      },
      [totals, done = std::move(done)] { done(totals->with([](const NodeTotals& t) { return t.to_prometheus(); })); });
}

}  // namespace parley::server
