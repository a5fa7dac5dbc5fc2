#include "tools/tcp_stream.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "media/shard/sockaddr.h"

namespace parley::tools {

Result<SocketAddress> resolve(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) return fail(Error::Code::kUnavailable, host + ": " + gai_strerror(error));
  sockaddr_storage storage{};
  std::memcpy(&storage, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  return shard::from_sockaddr(storage);
}

Result<TcpStream> TcpStream::connect(const SocketAddress& address) {
  const bool is_v6 = !address.is_v4();
  shard::Fd fd(::socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail(Error::Code::kUnavailable, std::string("socket: ") + strerror(errno));
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_storage storage{};
  const socklen_t size = shard::to_sockaddr(address, is_v6, storage);
  if (::connect(fd.get(), shard::as_sockaddr(storage), size) != 0 && errno != EINPROGRESS) {
    return fail(Error::Code::kUnavailable, address.to_string() + ": " + strerror(errno));
  }
  return TcpStream(std::move(fd));
}

void TcpStream::write(std::string_view bytes) {
  if (has_failed_) return;
  if (unsent_.size() + bytes.size() > kMaxUnsent) {
    has_failed_ = true;
    return;
  }
  unsent_.append(bytes);
  flush();
}

void TcpStream::flush() {
  size_t done = 0;
  while (done < unsent_.size() && !has_failed_) {
    const ssize_t sent = ::send(fd_.get(), unsent_.data() + done, unsent_.size() - done, MSG_NOSIGNAL);
    if (sent >= 0) {
      done += static_cast<size_t>(sent);
    } else if (errno == EAGAIN || errno == ENOTCONN) {
      break;  // The socket is full, or not connected yet.
    } else if (errno != EINTR) {
      has_failed_ = true;
    }
  }
  unsent_.erase(0, done);
}

ByteView TcpStream::read(MutableByteView buffer) {
  if (has_failed_) return {};
  const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (got > 0) return buffer.first(static_cast<size_t>(got));
  const bool is_waiting = got < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOTCONN);
  has_failed_ = !is_waiting;
  return {};
}

void TcpStream::close() {
  fd_ = shard::Fd();
  has_failed_ = true;
  unsent_.clear();
}

}  // namespace parley::tools
