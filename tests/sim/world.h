#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/rng.h"
#include "media/client/client.h"
#include "media/livekit/engine.h"
#include "sim/auditor.h"
#include "sim/link.h"

namespace parley::sim {

namespace pb = livekit::pb;
using client::Client;
using client::ConnectionIndex;
using client::ConnectionMode;

/// The seed of this run: PARLEY_SEED, or `fallback`. Printed when a test fails.
uint64_t run_seed(uint64_t fallback);

/// How much of a long test to run: `full`, or PARLEY_SIM_PERCENT of it.
int64_t scaled(int64_t full);

/// How one client comes to a room.
struct SeatOptions {
  std::string identity;
  std::string room = "room";
  client::ClientOptions client = {};
  LinkOptions up = {};
  LinkOptions down = {};
  TimeDelta signal_delay = TimeDelta::millis(10);
  livekit::VideoGrant grant = {};                       ///< Room and roomJoin are filled in.
  TimeDelta token_time = TimeDelta::seconds(6 * 3600);  ///< Life of the token that it joins with.
  bool drops_dtls = false;                              ///< The client's DTLS never reaches the server.
  /// After the socket closed: as clients do, 300 ms later.
  bool resumes = true;
};

/// One client of a World with its links, its signal connection, and what happened to it.
class Seat {
 public:
  const std::string& identity() const { return options.identity; }
  size_t count(client::ClientEvent::Kind kind) const;
  /// Payloads of user packets, in order of arrival.
  std::vector<std::string> texts(pb::DataPacket::Kind kind) const;
  /// What is received of `other`, audio or video; null when not negotiated.
  const client::Reception* hears(const Seat& other) const { return reception(other, true); }
  const client::Reception* sees(const Seat& other) const { return reception(other, false); }
  const client::Reception* reception(const Seat& other, bool is_audio) const;
  /// Sid of a published track.
  std::string track_sid(size_t track = 0) const { return client->publications().at(track)->info().sid(); }

  SeatOptions options;
  std::unique_ptr<SeededRng> rng;
  std::unique_ptr<Client> client;
  uint32_t publisher_id = 0;
  std::vector<client::ClientEvent> events;
  std::vector<client::ClientEvent> past_data;  ///< kData of sessions before the present one.
  int refused_status = 0;                      ///< Of the last join; 0 when it was accepted.
  bool resumes_by_itself = true;
  uint64_t resumes = 0;
  /// Joins anew when the server says so, as clients do.
  bool rejoins_by_itself = false;
  std::vector<pb::LeaveRequest> sent_away;  ///< What the server said.
  bool was_sent_away_active = false;        ///< Any of these came after it had been active.

 private:
  friend class World;
  template <class Message>
  struct Queued {
    Timestamp at;
    Message message;
  };
  struct Connection {
    Path address;
    std::optional<Link> up;
    std::optional<Link> down;
    std::optional<Auditor> auditor;
  };
  std::array<Connection, client::kConnections> connections_;
  std::optional<livekit::SessionId> session_;
  std::deque<Queued<pb::SignalRequest>> to_server_;
  std::deque<Queued<livekit::SignalOut>> to_client_;
  Timestamp resume_at_ = Timestamp::never();
  Timestamp rejoin_at_ = Timestamp::never();
  bool is_gone_ = false;
};

/// Clients and one engine in virtual time. Steps of a millisecond: what arrives in one is handled as one pass.
/// PARLEY_SIM_LOG prints the server's log.
class World {
 public:
  explicit World(uint64_t seed = 1, livekit::RoomDefaults room = {}, sfu::SfuConfig media = {});
  ~World();

  /// Adds a client and begins its join. The reference holds until the World goes.
  Seat& join(SeatOptions options);
  /// A new session for a client that left or was told to reconnect.
  void rejoin(Seat& seat);
  /// Leaves as clients do: says so, and closes the socket.
  void leave(Seat& seat);
  /// Vanishes without a word: no more packets, and the socket closes.
  void vanish(Seat& seat);
  void cut_signal(Seat& seat);
  void resume(Seat& seat);
  /// From now on this client's connections have other addresses, as after a NAT's change of mind.
  void rebind(Seat& seat);
  /// From now on `seat` has the addresses of `former`, as when a NAT gives a port out again.
  void take_addresses(Seat& seat, Seat& former);
  void set_links(Seat& seat, const LinkOptions& up, const LinkOptions& down);
  void set_all_links(const LinkOptions& both);
  /// A datagram from any address to the server, at once.
  sfu::Verdict inject(const Path& from, ByteView datagram);
  /// Does something to a client and sends what comes of it.
  template <class F>
  void act(Seat& seat, F&& f) {
    f(*seat.client, client_out_);
    flush_client(seat);
  }

  void run_for(TimeDelta time);
  /// Until `done`, or the time is over: false then.
  template <class F>
  bool run_until(F&& done, TimeDelta at_most = TimeDelta::seconds(30)) {
    const Timestamp end = now_.mono + at_most;
    while (now_.mono < end) {
      if (done()) return true;
      step();
    }
    return done();
  }
  /// Until every client is active and receives what every other publishes.
  bool run_until_connected();

  Timestamp now() const { return now_.mono; }
  Now clocks() const { return now_; }
  livekit::Engine& engine() { return *engine_; }
  const std::deque<std::unique_ptr<Seat>>& seats() const { return seats_; }
  /// Everything that may never happen and did.
  std::vector<std::string> violations() const;
  /// Forgets what was recorded of events and webhooks, so that a long test does not measure its own notes.
  void drop_records();
  const std::vector<livekit::WebhookOut>& webhooks() const { return webhooks_; }
  Path server() const { return server_; }
  Path address(const Seat& seat, ConnectionIndex index) const {
    return seat.connections_[static_cast<size_t>(index)].address;
  }
  const Link& up_link(const Seat& seat, ConnectionIndex index) const {
    return *seat.connections_[static_cast<size_t>(index)].up;
  }
  /// Everything that clients send, as it goes on the wire, for replays. Off unless asked for.
  struct Captured {
    Path from;
    ByteVector bytes;
  };
  void capture(size_t packets) { capture_left_ = packets; }
  const std::vector<Captured>& captured() const { return captured_; }
  uint64_t seed() const { return seed_; }
  /// Counts how often the packet paths allocate: `allocations` reads the process's count so far.
  struct PathAllocations {
    uint64_t server_media = 0;    ///< Engine: an RTP datagram arrives.
    uint64_t server_control = 0;  ///< Engine: anything else arrives.
    uint64_t server_pass = 0;     ///< Engine: forwarding at the end of a pass.
    uint64_t client_media = 0;    ///< Clients: an RTP datagram arrives.
    uint64_t media_packets = 0;   ///< RTP datagrams that arrived at the engine.
  };
  void count_allocations(uint64_t (*allocations)()) { allocations_ = allocations; }
  const PathAllocations& path_allocations() const { return path_allocations_; }

 private:
  template <class F>
  void counted(uint64_t& into, F&& f) {
    const uint64_t before = allocations_ ? allocations_() : 0;
    f();
    if (allocations_) into += allocations_() - before;
  }
  struct Address {
    Seat* seat;
    size_t connection;
  };
  void step();
  void open_session(Seat& seat, const livekit::SignalHttpRequest& request);
  livekit::SignalHttpRequest http_request(const Seat& seat) const;
  void start_client(Seat& seat);
  void give_address(Seat& seat, size_t connection);
  void deliver_to_server(Seat& seat);
  void deliver_to_client(Seat& seat);
  void deliver_signals(Seat& seat);
  void on_signal_out(Seat& seat, const livekit::SignalOut& signal);
  void drive_sctp();
  void flush_engine();
  void flush_client(Seat& seat);
  void on_sent_away(Seat& seat, const pb::LeaveRequest& leave);
  void watch();

  uint64_t seed_;
  SeededRng rng_;
  Now now_{Timestamp::seconds(1), WallTime{1'767'225'600'000'000}};
  std::unique_ptr<transport::DtlsContext> server_dtls_;
  std::unique_ptr<transport::DtlsContext> client_dtls_;
  std::shared_ptr<transport::SctpMailbox> client_mailbox_;
  std::unique_ptr<livekit::Engine> engine_;
  livekit::EngineOutputs engine_out_;
  client::ClientOutputs client_out_;
  Path server_;
  std::deque<std::unique_ptr<Seat>> seats_;
  std::unordered_map<Path, Address> addresses_;
  std::unordered_map<livekit::SessionId, Seat*> sessions_;
  uint64_t last_session_ = 0;
  uint32_t last_host_ = 0;
  std::vector<uint64_t> tags_;
  std::vector<livekit::WebhookOut> webhooks_;
  std::vector<std::string> violations_;
  std::vector<Captured> captured_;
  size_t capture_left_ = 0;
  uint64_t (*allocations_)() = nullptr;
  PathAllocations path_allocations_;
};

}  // namespace parley::sim
