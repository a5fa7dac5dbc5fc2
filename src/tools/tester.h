#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "media/client/client.h"
#include "media/livekit/token.h"
#include "media/shard/udp_socket.h"
#include "tools/layout.h"
#include "tools/load_options.h"
#include "tools/load_totals.h"
#include "tools/signal_socket.h"

namespace parley::tools {

/// What the testers of one process share. Owner: the load test; one thread.
struct TesterContext {
  LoadPlan plan;
  client::ConnectionMode mode = client::ConnectionMode::kDual;
  livekit::ApiKey key;
  SocketAddress server;  ///< Of its signalling.
  std::unique_ptr<transport::DtlsContext> dtls;
  std::unique_ptr<transport::SctpStack> sctp;
  std::shared_ptr<transport::SctpMailbox> mailbox;
  std::shared_ptr<shard::UdpBuffers> udp_buffers;
  shard::UdpSocket::Coalescing coalescing = shard::UdpSocket::Coalescing::kOn;
  std::unique_ptr<Rng> rng;
  client::ClientOutputs out;
  int epoll = -1;
};

/// Who a tester is.
struct TesterRole {
  size_t index = 0;  ///< Among all testers.
  std::string room;
  std::string identity;
  bool publishes_audio = false;
  bool publishes_video = false;
  bool subscribes = false;
};

/// Which of a tester's sockets is ready. With the tester's index it makes the epoll tag.
enum class TesterSocket : uint8_t { kPublisher = 0, kSubscriber = 1, kSignal = 2 };
inline constexpr uint64_t kSocketsPerTester = 4;

/// One simulated participant: a LiveKit client with its own sockets. Owner: the load test.
class Tester {
 public:
  /// A join takes this long at most; after it the tester has failed.
  static constexpr TimeDelta kJoinTimeout = TimeDelta::seconds(15);

  Tester(TesterRole role, TesterContext& context)
      : role_(std::move(role)), context_(context), screen_(context.plan.layout) {}

  void start(Now now);
  void on_ready(TesterSocket socket, uint32_t events, Now now);
  void on_timer(Now now);
  Timestamp next_deadline() const;
  void collect_sctp(client::ConnectionIndex connection, Now now);
  /// Asks the server to announce other speakers for a while (its development mode does).
  void simulate_speakers();
  /// Leaves; what the server still sends is not looked at.
  void stop();
  /// The server has closed the signal connection, or there was none.
  bool is_gone() const { return !signal_ || signal_->is_closed(); }

  const TesterRole& role() const { return role_; }
  bool is_started() const { return client_ != nullptr; }
  /// It joined, or will not any more.
  bool is_settled() const { return joined_at_.has_value() || !error_.empty(); }
  const std::string& error() const { return error_; }
  /// From opening the signal connection to the primary peer connection being up.
  std::optional<TimeDelta> join_time() const;
  /// From opening the signal connection to the first media packet.
  std::optional<TimeDelta> first_media_time() const;
  void add_totals(LoadTotals& totals) const;

 private:
  struct Wanted {
    std::string publisher;  ///< Identity.
    bool is_video = false;
  };
  client::ClientOptions client_options() const;
  SignalSocket::Target signal_target(WallTime now);
  Result<void> open_sockets(WallTime now);
  void watch(int fd, TesterSocket socket, uint32_t events);
  void on_signal(uint32_t events, Now now);
  void on_goodbye(uint32_t events);
  void on_message(const std::string& message, Now now);
  void on_participant(const livekit::pb::ParticipantInfo& participant);
  void on_datagrams(TesterSocket socket, Now now);
  void on_event(const client::ClientEvent& event, Now now);
  void on_track(const std::string& sid);
  void look_for_media(Now now);
  void flush(Now now);
  void fail(std::string error);

  TesterRole role_;
  TesterContext& context_;
  std::unique_ptr<client::Client> client_;
  std::optional<SignalSocket> signal_;
  std::array<std::unique_ptr<shard::UdpSocket>, client::kConnections> udp_;
  Screen screen_;
  std::map<std::string, Wanted> wanted_;  ///< By track sid.
  bool watches_write_ = false;
  bool is_stopping_ = false;
  Timestamp started_at_;
  std::optional<Timestamp> joined_at_;
  std::optional<Timestamp> first_media_at_;
  std::string error_;
};

}  // namespace parley::tools
