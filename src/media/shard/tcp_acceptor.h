#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/packet_batch.h"
#include "base/result.h"
#include "base/time.h"
#include "media/shard/udp_socket.h"
#include "media/wire/tcp_framing.h"

namespace parley::shard {

/// Media over TCP for clients whose network lets no UDP through: one shard's listening socket on the shared port and
/// its connections, ICE-TCP passive (RFC 6544) with RFC 4571 framing.
class TcpAcceptor {
 public:
  /// Per shard. Each holds at most kMaxUnsent and one frame.
  static constexpr size_t kMaxConnections = 4096;
  /// A connection that falls this far behind is closed: its media is late beyond use.
  static constexpr size_t kMaxUnsent = 1024 * 1024;
  /// Without a single frame for this long a connection is closed: ICE checks come every few seconds.
  static constexpr TimeDelta kIdleTimeout = TimeDelta::seconds(30);
  /// Media and DTLS frames fit an MTU; larger ones are not ours.
  static constexpr size_t kMaxFrame = 2048;

  /// `shard` goes into connection numbers, so that they are unique in the process.
  static Result<std::unique_ptr<TcpAcceptor>> bind(uint16_t port, size_t shard);
  static size_t shard_of(uint32_t connection) { return connection >> kShardShift; }

  int fd() const { return fd_.get(); }
  uint16_t port() const { return port_; }

  /// Accepts what waits; registers each connection with `epoll_fd` under its number.
  void accept(int epoll_fd, Timestamp now);
  /// Reads what waits on a connection. The frames are valid until the next call; empty also when it closed.
  std::span<const Datagram> receive(uint32_t connection, Timestamp now);
  void on_writable(uint32_t connection);
  /// Sends the datagrams of `batch` that go to connections of this acceptor.
  void send(const PacketBatch& batch);
  void send_one(uint32_t connection, ByteView frame);
  /// Closes connections that have been silent too long.
  void expire(Timestamp now);
  size_t size() const { return connections_.size(); }

 private:
  static constexpr uint32_t kShardShift = 24;
  struct Connection {
    Fd fd;
    Path path;
    wire::TcpDeframer deframer{kMaxFrame};
    ByteVector unsent;
    Timestamp last_frame;
    bool wants_write = false;
  };
  TcpAcceptor(Fd fd, uint16_t port, size_t shard) : fd_(std::move(fd)), port_(port), shard_(shard) {}
  bool flush(Connection& connection);
  void watch(Connection& connection, bool writable);

  Fd fd_;
  uint16_t port_;
  size_t shard_;
  int epoll_fd_ = -1;
  uint32_t last_connection_ = 0;
  std::unordered_map<uint32_t, Connection> connections_;
  std::vector<Datagram> received_;
  ByteVector received_bytes_;
};

}  // namespace parley::shard
