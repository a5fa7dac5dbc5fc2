#include "media/shard/tcp_acceptor.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "media/shard/sockaddr.h"

namespace parley::shard {
namespace {

constexpr size_t kReadSize = 64 * 1024;
constexpr int kBacklog = 1024;

}  // namespace

Result<std::unique_ptr<TcpAcceptor>> TcpAcceptor::bind(uint16_t port, size_t shard) {
  for (const bool is_v6 : {true, false}) {
    Fd fd(::socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) continue;
    const int on = 1;
    const int off = 0;
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (is_v6) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    sockaddr_storage address{};
    const socklen_t size = any_address(is_v6, port, address);
    if (::bind(fd.get(), as_sockaddr(address), size) != 0 || ::listen(fd.get(), kBacklog) != 0) continue;
    const uint16_t actual = bound_port(fd.get());
    return std::unique_ptr<TcpAcceptor>(new TcpAcceptor(std::move(fd), actual, shard));
  }
  return fail(Error::Code::kUnavailable,
              std::string("media TCP port ") + std::to_string(port) + ": " + strerror(errno));
}

void TcpAcceptor::accept(int epoll_fd, Timestamp now) {
  epoll_fd_ = epoll_fd;
  while (true) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    Fd fd(::accept4(fd_.get(), as_sockaddr(from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    if (connections_.size() >= kMaxConnections) continue;  // Closed at once: a clear answer.
    const int on = 1;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    last_connection_ = (last_connection_ + 1) & ((1u << kShardShift) - 1);
    const uint32_t number =
        static_cast<uint32_t>(shard_ << kShardShift) | (last_connection_ == 0 ? 1 : last_connection_);
    Connection connection;
    connection.path = {from_sockaddr(from), number, PathProtocol::kTcp};
    connection.last_frame = now;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = number;
    if (connections_.contains(number) || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd.get(), &event) != 0) continue;
    connection.fd = std::move(fd);
    connections_.emplace(number, std::move(connection));
  }
}

std::span<const Datagram> TcpAcceptor::receive(uint32_t number, Timestamp now) {
  received_.clear();
  received_bytes_.clear();
  const auto it = connections_.find(number);
  if (it == connections_.end()) return {};
  Connection& connection = it->second;
  uint8_t buffer[kReadSize];
  const ssize_t got = ::recv(connection.fd.get(), buffer, sizeof buffer, 0);
  if (got <= 0) {
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) connections_.erase(it);
    return {};
  }
  // Frames are copied out of the deframer, whose views end with its next append.
  std::vector<size_t> sizes;
  ByteView rest(buffer, static_cast<size_t>(got));
  while (!rest.empty() && !connection.deframer.failed()) {
    rest = rest.subspan(connection.deframer.append(rest));
    while (const auto frame = connection.deframer.next()) {
      received_bytes_.insert(received_bytes_.end(), frame->begin(), frame->end());
      sizes.push_back(frame->size());
    }
  }
  const Path path = connection.path;
  if (!sizes.empty()) connection.last_frame = now;
  if (connection.deframer.failed()) connections_.erase(it);
  size_t at = 0;
  for (const size_t size : sizes) {
    received_.push_back({path, ByteView(received_bytes_).subspan(at, size)});
    at += size;
  }
  return received_;
}

void TcpAcceptor::send(const PacketBatch& batch) {
  for (const PacketBatch::Run& run : batch.runs()) {
    if (run.path.protocol != PathProtocol::kTcp || shard_of(run.path.tcp_connection) != shard_) continue;
    for (uint32_t i = run.first; i < run.first + run.count; ++i) {
      send_one(run.path.tcp_connection, batch.datagram(batch.entries()[i]));
    }
  }
}

void TcpAcceptor::send_one(uint32_t number, ByteView frame) {
  const auto it = connections_.find(number);
  if (it == connections_.end()) return;
  Connection& connection = it->second;
  if (connection.unsent.size() + frame.size() > kMaxUnsent) {
    connections_.erase(it);
    return;
  }
  uint8_t prefix[wire::kTcpFramePrefixSize];
  wire::write_tcp_frame_prefix(prefix, frame.size());
  connection.unsent.insert(connection.unsent.end(), prefix, prefix + sizeof prefix);
  connection.unsent.insert(connection.unsent.end(), frame.begin(), frame.end());
  if (!connection.wants_write && !flush(connection)) connections_.erase(it);
}

bool TcpAcceptor::flush(Connection& connection) {
  size_t done = 0;
  while (done < connection.unsent.size()) {
    const ssize_t sent =
        ::send(connection.fd.get(), connection.unsent.data() + done, connection.unsent.size() - done, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent < 0) break;
    done += static_cast<size_t>(sent);
  }
  connection.unsent.erase(connection.unsent.begin(), connection.unsent.begin() + static_cast<std::ptrdiff_t>(done));
  watch(connection, !connection.unsent.empty());
  return true;
}

void TcpAcceptor::watch(Connection& connection, bool writable) {
  if (connection.wants_write == writable) return;
  connection.wants_write = writable;
  epoll_event event{};
  event.events = writable ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u64 = connection.path.tcp_connection;
  epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, connection.fd.get(), &event);
}

void TcpAcceptor::on_writable(uint32_t number) {
  const auto it = connections_.find(number);
  if (it != connections_.end() && !flush(it->second)) connections_.erase(it);
}

void TcpAcceptor::expire(Timestamp now) {
  std::erase_if(connections_, [now](const auto& entry) { return now - entry.second.last_frame > kIdleTimeout; });
}

}  // namespace parley::shard
