#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "media/livekit/engine.h"
#include "media/shard/shard.h"
#include "server/system_rng.h"

namespace parley::server {

/// Where the messages of one signal connection go. Called on a shard's thread; must not block.
class SignalSink {
 public:
  virtual ~SignalSink() = default;
  virtual void on_signal(const livekit::pb::SignalResponse& response) = 0;
  /// Instead of the first message.
  virtual void on_refusal(int status, std::string text) = 0;
  virtual void on_end() = 0;
};

using WebhookSink = std::function<void(livekit::WebhookOut)>;
using RpcCallback = std::function<void(Result<std::string>)>;

/// Binds one Engine to one shard: feeds it, and hands on what it says.
class EngineDriver : public shard::ShardDriver {
 public:
  EngineDriver(livekit::EngineConfig config, WebhookSink webhooks)
      : engine_(std::move(config), rng_), webhooks_(std::move(webhooks)) {}

  void on_datagrams(std::span<const shard::Datagram> datagrams, Now now) override;
  void end_pass(Now now) override;
  void on_timer(Now now) override;
  Timestamp next_deadline() const override { return engine_.next_deadline(); }
  PacketBatch& packets() override { return out_.sfu.packets(); }

  // On the shard's thread.
  void open(livekit::SessionId session, const livekit::JoinParams& join, std::shared_ptr<SignalSink> sink, Now now);
  void on_request(livekit::SessionId session, const livekit::pb::SignalRequest& request, Now now);
  void on_closed(livekit::SessionId session, Now now);
  void perform_rpc(const livekit::pb::PerformRpcRequest& request, RpcCallback callback, Now now);
  void drain(Now now);
  livekit::Engine& engine() { return engine_; }
  livekit::EngineOutputs& out() { return out_; }
  /// Delivers everything but packets, which the shard sends.
  void flush();

  std::atomic<size_t> participants{0};  ///< For admission limits, as of the last flush.

 private:
  SystemRng rng_;
  livekit::Engine engine_;
  livekit::EngineOutputs out_;
  WebhookSink webhooks_;
  std::unordered_map<livekit::SessionId, std::shared_ptr<SignalSink>> sinks_;
  std::unordered_map<uint64_t, RpcCallback> rpcs_;
  uint64_t last_rpc_ = 0;
};

struct MediaNodeConfig {
  livekit::EngineConfig engine;          ///< Without what differs per shard; `candidates` is filled from the next two.
  std::vector<SocketAddress> addresses;  ///< Advertised, without ports.
  uint16_t udp_port = 7882;              ///< 0 picks one.
  uint16_t tcp_port = 7881;
  bool force_tcp = false;  ///< Advertise only TCP.
  size_t shards = 0;       ///< 0: one per core.
};

/// All shards of this process: places rooms on them and carries calls to them. Thread-safe.
class MediaNode {
 public:
  static Result<std::unique_ptr<MediaNode>> start(MediaNodeConfig config, WebhookSink webhooks);
  ~MediaNode();

  livekit::SessionId make_session() { return livekit::SessionId{++last_session_}; }
  /// False when the shard's queue is full.
  bool open(livekit::SessionId session, livekit::JoinParams join, std::shared_ptr<SignalSink> sink);
  bool request(std::string_view room, livekit::SessionId session, livekit::pb::SignalRequest request);
  void closed(std::string_view room, livekit::SessionId session);

  using EngineCall = std::move_only_function<void(EngineDriver&, Now)>;
  /// Runs `call` on the shard of `room`; false when its queue is full.
  bool run(std::string_view room, EngineCall call);
  /// Runs `call` on every shard, one after the other, and then `done` (on the last one's thread).
  void run_everywhere(std::function<void(EngineDriver&, Now)> call, std::function<void()> done);

  size_t participant_count() const;
  uint16_t udp_port() const { return udp_port_; }
  uint16_t tcp_port() const { return tcp_port_; }
  /// Tells all clients to reconnect and closes all rooms; returns when the messages are handed on.
  void drain();
  void stop();
  /// Called every transport::kSctpTimerPeriod by one timer.
  void on_sctp_timer(TimeDelta elapsed);
  /// Gives `done` the Prometheus text of all shards, on a shard's thread.
  void collect_metrics(std::function<void(std::string)> done);

 private:
  MediaNode() = default;
  size_t shard_of(std::string_view room) const { return std::hash<std::string_view>{}(room) % shards_.size(); }
  EngineDriver& driver(size_t shard) { return *drivers_[shard]; }

  std::unique_ptr<transport::DtlsContext> dtls_;
  std::unique_ptr<transport::SctpStack> sctp_;
  std::vector<std::shared_ptr<transport::SctpMailbox>> mailboxes_;
  std::vector<EngineDriver*> drivers_;  ///< Owned by the shards.
  std::vector<std::unique_ptr<shard::Shard>> shards_;
  std::atomic<uint64_t> last_session_{0};
  uint16_t udp_port_ = 0;
  uint16_t tcp_port_ = 0;
};

}  // namespace parley::server
