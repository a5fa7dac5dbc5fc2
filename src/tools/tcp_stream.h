#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/socket_address.h"
#include "media/shard/udp_socket.h"

namespace parley::tools {

/// The first numeric address of a host name. Blocks; meant for the start of a program.
Result<SocketAddress> resolve(const std::string& host, const std::string& port);

/// An outgoing TCP connection that never blocks. What cannot be written waits here.
class TcpStream {
 public:
  /// What may wait; a signalling client sends far less.
  static constexpr size_t kMaxUnsent = 4 * 1024 * 1024;

  /// Begins to connect.
  static Result<TcpStream> connect(const SocketAddress& address);

  int fd() const { return fd_.get(); }
  bool has_failed() const { return has_failed_; }
  bool wants_write() const { return !unsent_.empty(); }
  void write(std::string_view bytes);
  /// Writes what waits; also finds out how connecting ended.
  void flush();
  /// One read of what came, valid until the next; empty when there is nothing, or when it ended: see has_failed().
  ByteView read(MutableByteView buffer);
  void close();

 private:
  explicit TcpStream(shard::Fd fd) : fd_(std::move(fd)) {}

  shard::Fd fd_;
  std::string unsent_;
  bool has_failed_ = false;
};

}  // namespace parley::tools
