#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/packet_batch.h"
#include "base/result.h"

namespace parley::shard {

/// A received datagram; the bytes are valid until the next receive().
struct Datagram {
  Path from;
  ByteView bytes;
};

/// A file descriptor that is closed with its owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
  Fd& operator=(Fd&& o) noexcept {
    std::swap(fd_, o.fd_);
    return *this;
  }
  ~Fd();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

struct UdpCounters {
  uint64_t received_datagrams = 0;
  uint64_t received_messages = 0;  ///< recvmmsg messages; fewer than datagrams when the kernel coalesced (GRO).
  uint64_t sent_datagrams = 0;
  uint64_t sent_messages = 0;  ///< Kernel packets built: sent_datagrams / sent_messages is the GSO factor.
  uint64_t send_calls = 0;
  uint64_t would_block = 0;  ///< Sends put off because the socket buffer was full.
  uint64_t dropped = 0;      ///< Datagrams given up because kMaxBacklog was reached.
  uint64_t send_errors = 0;  ///< Datagrams the kernel refused (unreachable and the like).

  void add(const UdpCounters& o) {
    received_datagrams += o.received_datagrams;
    received_messages += o.received_messages;
    sent_datagrams += o.sent_datagrams;
    sent_messages += o.sent_messages;
    send_calls += o.send_calls;
    would_block += o.would_block;
    dropped += o.dropped;
    send_errors += o.send_errors;
  }
};

/// Working memory of sockets' receive() and send(), 2 MB.
struct UdpBuffers;
/// For private sockets; those of one thread share it, hence the pointer: a load generator has a thousand.
std::shared_ptr<UdpBuffers> make_udp_buffers();

/// One shard's UDP socket on the shared media port: receives with recvmmsg and UDP_GRO, sends runs of equal size as
/// UDP_SEGMENT messages inside sendmmsg, and falls back step by step where the kernel or the device cannot.
class UdpSocket {
 public:
  /// What may wait for a full socket buffer. A second of 32 Mbit/s; more is better lost than late.
  static constexpr size_t kMaxBacklog = 4 * 1024 * 1024;

  /// Binds `port` (0 picks one) on all addresses, IPv6 and IPv4 together where the machine has both. Several sockets
  /// may bind one port (SO_REUSEPORT).
  static Result<std::unique_ptr<UdpSocket>> bind(uint16_t port);
  /// Whether the kernel may hand over several datagrams as one.
  enum class Coalescing : uint8_t { kOff, kOn };
  /// A port of its own, with small kernel buffers: the socket of one client. What receive() returns is valid until the
  /// next receive() on any socket with these `buffers`.
  static Result<std::unique_ptr<UdpSocket>> bind_private(std::shared_ptr<UdpBuffers> buffers, Coalescing coalescing);

  int fd() const { return fd_.get(); }
  uint16_t port() const { return port_; }
  bool is_segmenting() const { return use_gso_; }
  const UdpCounters& counters() const { return counters_; }

  /// Up to kReceiveBatch messages that wait. Empty when there are none.
  std::span<const Datagram> receive();
  /// Sends every UDP datagram of `batch`; those to TCP paths are skipped. What a full buffer refuses is kept.
  void send(const PacketBatch& batch);
  /// The socket takes data again.
  void on_writable();
  bool has_backlog() const { return !backlog_.empty(); }
  ~UdpSocket();

 private:
  enum class Sharing : uint8_t { kPort, kPrivate };
  static Result<std::unique_ptr<UdpSocket>> open(uint16_t port, Sharing sharing, std::shared_ptr<UdpBuffers> buffers);
  UdpSocket(Fd fd, uint16_t port, bool is_v6, std::shared_ptr<UdpBuffers> buffers);
  void set_coalescing(Coalescing coalescing);
  struct Message {
    size_t first;  ///< Entry index.
    size_t count;
    size_t bytes;
    size_t segment;
  };
  void collect_messages(const PacketBatch& batch);
  /// Number of messages that were sent or given up; fewer than asked when the buffer is full.
  size_t send_messages(const PacketBatch& batch, size_t first);
  void fill_header(const PacketBatch& batch, const Message& message, size_t slot);
  void on_send_error(int error, const Message& message);
  void keep(const PacketBatch& batch, size_t first_message);

  Fd fd_;
  uint16_t port_;
  bool is_v6_;
  bool use_gso_ = true;
  std::shared_ptr<UdpBuffers> buffers_;
  std::vector<Datagram> received_;
  std::vector<Message> messages_;
  PacketBatch backlog_{0};
  PacketBatch retry_{0};
  UdpCounters counters_;
};

}  // namespace parley::shard
