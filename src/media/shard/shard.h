#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "base/packet_batch.h"
#include "base/result.h"
#include "base/spsc_ring.h"
#include "base/time.h"
#include "media/shard/steering.h"
#include "media/shard/tcp_acceptor.h"
#include "media/shard/udp_socket.h"

namespace parley::shard {

/// What a shard drives. One call per batch, never per packet. All calls come on the shard's thread.
class ShardDriver {
 public:
  virtual ~ShardDriver() = default;
  /// Datagrams of this shard's peers, then everything they led to.
  virtual void on_datagrams(std::span<const Datagram> datagrams, Now now) = 0;
  /// All datagrams that waited have been given.
  virtual void end_pass(Now now) = 0;
  virtual void on_timer(Now now) = 0;
  virtual Timestamp next_deadline() const = 0;
  /// What is to be sent; the shard sends and clears it.
  virtual PacketBatch& packets() = 0;
};

/// Something to be done on a shard's thread.
using ShardTask = std::move_only_function<void(Now)>;

struct ShardCounters {
  uint64_t passes = 0;
  uint64_t steered_out = 0;  ///< Datagrams handed to their owner's shard.
  uint64_t ring_full = 0;    ///< Of these, dropped because its ring was full or the datagram oversized.
  uint64_t tasks = 0;

  void add(const ShardCounters& o) {
    passes += o.passes;
    steered_out += o.steered_out;
    ring_full += o.ring_full;
    tasks += o.tasks;
  }
};

/// One event loop: a thread, its UDP socket and TCP acceptor on the shared ports, its timers, and bounded queues from
/// other threads. It knows how bytes move and nothing of what they mean.
class Shard {
 public:
  /// Tasks that may wait. Signalling of some thousand clients at once; beyond it the caller is told.
  static constexpr size_t kMaxTasks = 65'536;
  /// Datagrams in one ring between two shards; a full ring drops, as a full socket buffer would.
  static constexpr size_t kRingSlots = 1024;

  struct Sockets {
    std::unique_ptr<UdpSocket> udp;
    std::unique_ptr<TcpAcceptor> tcp;
  };
  Shard(size_t index, size_t shards, Sockets sockets, std::unique_ptr<ShardDriver> driver);
  ~Shard();

  /// Tells each shard of its siblings, before any of them starts.
  static void connect(std::span<const std::unique_ptr<Shard>> shards);
  void start();
  /// Ends the loop after what is queued; joins the thread.
  void stop();

  /// From any thread. False when kMaxTasks wait already.
  bool post(ShardTask task);
  /// From any thread: makes the loop look at its driver's deadline.
  void wake();

  size_t index() const { return index_; }
  ShardDriver& driver() { return *driver_; }
  // For the shard's thread, and for others once it has stopped.
  const UdpSocket& udp() const { return *sockets_.udp; }
  const ShardCounters& counters() const { return counters_; }

 private:
  /// Larger datagrams are refused by the SFU anyway.
  static constexpr size_t kMaxHandoff = 1500;
  struct Handoff {
    Path path;
    uint16_t size = 0;
    bool is_outgoing = false;  ///< For a TCP connection that the receiving shard holds.
    std::array<uint8_t, kMaxHandoff> bytes;
  };
  using Ring = SpscRing<Handoff>;

  void run();
  void wait();
  void receive_udp(Now now);
  void receive_tcp(uint32_t connection, uint32_t events, Now now);
  void give(std::span<const Datagram> datagrams, Now now);
  void take_handoffs(Now now);
  void run_tasks(Now now);
  void send();
  void hand_over(size_t shard, const Path& path, ByteView bytes, bool is_outgoing);
  void watch_udp();

  size_t index_;
  size_t shards_;
  Sockets sockets_;
  std::unique_ptr<ShardDriver> driver_;
  Steering steering_;
  Fd epoll_;
  Fd event_;
  std::thread thread_;
  std::atomic<bool> is_stopping_{false};
  std::atomic<bool> is_awake_{false};
  std::mutex tasks_mutex_;
  std::vector<ShardTask> tasks_;
  std::vector<ShardTask> running_;
  std::vector<std::unique_ptr<Ring>> inbound_;  ///< By sending shard; null for itself.
  std::vector<Shard*> siblings_;
  std::vector<Datagram> own_;
  Timestamp next_expiry_;
  bool watches_write_ = false;
  ShardCounters counters_;
};

}  // namespace parley::shard
