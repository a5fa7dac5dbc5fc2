#include "media/shard/udp_socket.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "media/shard/sockaddr.h"

namespace parley::shard {
namespace {

constexpr size_t kReceiveBatch = 32;
/// A GRO message may hold up to 64 kB of coalesced datagrams.
constexpr size_t kReceiveBuffer = 65'536;
constexpr size_t kSendBatch = 64;
/// Kernel limits of one UDP_SEGMENT message: UDP_MAX_SEGMENTS, and what fits an IP packet.
constexpr size_t kMaxSegments = 64;
constexpr size_t kMaxGsoBytes = 65'000;
/// Bursts of a large room must fit: 500 subscribers times a key frame of 60 kB is spread over time, a frame is not.
constexpr int kSocketBuffer = 8 * 1024 * 1024;
/// One client's: a second of 8 Mbit/s.
constexpr int kPrivateBuffer = 1024 * 1024;

/// Larger than net.core.rmem_max is cut silently; with the privilege the limit does not apply.
void set_kernel_buffers(int fd, int bytes) {
  for (const auto& [forced, plain] : {std::pair{SO_RCVBUFFORCE, SO_RCVBUF}, std::pair{SO_SNDBUFFORCE, SO_SNDBUF}}) {
    if (setsockopt(fd, SOL_SOCKET, forced, &bytes, sizeof bytes) != 0) {
      setsockopt(fd, SOL_SOCKET, plain, &bytes, sizeof bytes);
    }
  }
}

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

struct UdpBuffers {
  std::array<std::array<uint8_t, kReceiveBuffer>, kReceiveBatch> data;
  std::array<sockaddr_storage, kReceiveBatch> names;
  std::array<iovec, kReceiveBatch> iovecs;
  std::array<mmsghdr, kReceiveBatch> headers;
  std::array<std::array<char, CMSG_SPACE(sizeof(int))>, kReceiveBatch> controls;

  std::array<sockaddr_storage, kSendBatch> send_names;
  std::array<iovec, kSendBatch> send_iovecs;
  std::array<mmsghdr, kSendBatch> send_headers;
  std::array<std::array<char, CMSG_SPACE(sizeof(uint16_t))>, kSendBatch> send_controls;
};

std::shared_ptr<UdpBuffers> make_udp_buffers() { return std::make_shared_for_overwrite<UdpBuffers>(); }

UdpSocket::UdpSocket(Fd fd, uint16_t port, bool is_v6, std::shared_ptr<UdpBuffers> buffers)
    : fd_(std::move(fd)), port_(port), is_v6_(is_v6), buffers_(std::move(buffers)) {
  // Asking for a segment size of 0 changes nothing, and fails where the kernel does not know the option.
  const int none = 0;
  use_gso_ = setsockopt(fd_.get(), IPPROTO_UDP, UDP_SEGMENT, &none, sizeof none) == 0;
}

UdpSocket::~UdpSocket() = default;

void UdpSocket::set_coalescing(Coalescing coalescing) {
  const int on = coalescing == Coalescing::kOn ? 1 : 0;
  setsockopt(fd_.get(), IPPROTO_UDP, UDP_GRO, &on, sizeof on);  // Without it receive() works too.
}

Result<std::unique_ptr<UdpSocket>> UdpSocket::bind(uint16_t port) {
  auto socket = open(port, Sharing::kPort, make_udp_buffers());
  if (socket) (*socket)->set_coalescing(Coalescing::kOn);
  return socket;
}

Result<std::unique_ptr<UdpSocket>> UdpSocket::bind_private(std::shared_ptr<UdpBuffers> buffers, Coalescing coalescing) {
  auto socket = open(0, Sharing::kPrivate, std::move(buffers));
  if (socket) (*socket)->set_coalescing(coalescing);
  return socket;
}

Result<std::unique_ptr<UdpSocket>> UdpSocket::open(uint16_t port, Sharing sharing,
                                                   std::shared_ptr<UdpBuffers> buffers) {
  for (const bool is_v6 : {true, false}) {
    Fd fd(::socket(is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) continue;
    const int on = 1;
    const int off = 0;
    if (sharing == Sharing::kPort) setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (is_v6 && setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0) continue;
    set_kernel_buffers(fd.get(), sharing == Sharing::kPort ? kSocketBuffer : kPrivateBuffer);
    sockaddr_storage address{};
    const socklen_t size = any_address(is_v6, port, address);
    if (::bind(fd.get(), as_sockaddr(address), size) != 0) {
      if (errno == EADDRINUSE || errno == EACCES) {
        return fail(Error::Code::kUnavailable,
                    std::string("media port ") + std::to_string(port) + ": " + strerror(errno));
      }
      continue;
    }
    const uint16_t actual = bound_port(fd.get());
    return std::unique_ptr<UdpSocket>(new UdpSocket(std::move(fd), actual, is_v6, std::move(buffers)));
  }
  return fail(Error::Code::kUnavailable, std::string("media port: ") + strerror(errno));
}

std::span<const Datagram> UdpSocket::receive() {
  UdpBuffers& b = *buffers_;
  for (size_t i = 0; i < kReceiveBatch; ++i) {
    b.iovecs[i] = {b.data[i].data(), kReceiveBuffer};
    msghdr& header = b.headers[i].msg_hdr;
    header = {};
    header.msg_name = &b.names[i];
    header.msg_namelen = sizeof b.names[i];
    header.msg_iov = &b.iovecs[i];
    header.msg_iovlen = 1;
    header.msg_control = b.controls[i].data();
    header.msg_controllen = b.controls[i].size();
  }
  received_.clear();
  const int count = recvmmsg(fd_.get(), b.headers.data(), kReceiveBatch, 0, nullptr);
  for (int i = 0; i < count; ++i) {
    const auto slot = static_cast<size_t>(i);
    msghdr& header = b.headers[slot].msg_hdr;
    const ByteView all(b.data[slot].data(), b.headers[slot].msg_len);
    size_t segment = all.size();
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
      if (c->cmsg_level != IPPROTO_UDP || c->cmsg_type != UDP_GRO) continue;
      int gro_size = 0;
      std::memcpy(&gro_size, CMSG_DATA(c), sizeof gro_size);
      if (gro_size > 0) segment = static_cast<size_t>(gro_size);
    }
    const Path from{from_sockaddr(b.names[slot])};
    ++counters_.received_messages;
    for (size_t at = 0; at < all.size(); at += segment) {
      received_.push_back({from, all.subspan(at, std::min(segment, all.size() - at))});
    }
  }
  counters_.received_datagrams += received_.size();
  return received_;
}

void UdpSocket::collect_messages(const PacketBatch& batch) {
  messages_.clear();
  const auto entries = batch.entries();
  for (const PacketBatch::Run& run : batch.runs()) {
    if (run.path.protocol != PathProtocol::kUdp) continue;
    for (size_t i = run.first; i < run.first + run.count;) {
      Message message{i, 1, entries[i].size, entries[i].size};
      // UDP_SEGMENT cuts into equal parts; only the last may be shorter.
      while (use_gso_ && i + message.count < run.first + run.count && message.count < kMaxSegments) {
        const size_t next = entries[i + message.count].size;
        const size_t last = entries[i + message.count - 1].size;
        if (last != message.segment || next > message.segment || message.bytes + next > kMaxGsoBytes) break;
        message.bytes += next;
        ++message.count;
      }
      messages_.push_back(message);
      i += message.count;
    }
  }
}

void UdpSocket::fill_header(const PacketBatch& batch, const Message& message, size_t slot) {
  UdpBuffers& b = *buffers_;
  const PacketBatch::Entry& entry = batch.entries()[message.first];
  msghdr& header = b.send_headers[slot].msg_hdr;
  header = {};
  header.msg_name = &b.send_names[slot];
  header.msg_namelen = to_sockaddr(batch.path(entry).remote, is_v6_, b.send_names[slot]);
  // The datagrams of a message lie one behind the other in the arena.
  b.send_iovecs[slot] = {const_cast<uint8_t*>(batch.datagram(entry).data()), message.bytes};
  header.msg_iov = &b.send_iovecs[slot];
  header.msg_iovlen = 1;
  if (message.count == 1) return;
  header.msg_control = b.send_controls[slot].data();
  header.msg_controllen = b.send_controls[slot].size();
  cmsghdr* c = CMSG_FIRSTHDR(&header);
  c->cmsg_level = IPPROTO_UDP;
  c->cmsg_type = UDP_SEGMENT;
  c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
  const auto segment = static_cast<uint16_t>(message.segment);
  std::memcpy(CMSG_DATA(c), &segment, sizeof segment);
}

size_t UdpSocket::send_messages(const PacketBatch& batch, size_t first) {
  size_t done = first;
  while (done < messages_.size()) {
    const size_t count = std::min(kSendBatch, messages_.size() - done);
    for (size_t i = 0; i < count; ++i) fill_header(batch, messages_[done + i], i);
    const int sent = sendmmsg(fd_.get(), buffers_->send_headers.data(), static_cast<unsigned>(count), 0);
    ++counters_.send_calls;
    if (sent > 0) {
      for (size_t i = done; i < done + static_cast<size_t>(sent); ++i) counters_.sent_datagrams += messages_[i].count;
      counters_.sent_messages += static_cast<uint64_t>(sent);
      done += static_cast<size_t>(sent);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      ++counters_.would_block;
      return done;
    }
    if (use_gso_ && messages_[done].count > 1 && (errno == EIO || errno == EINVAL || errno == ENOPROTOOPT)) {
      // The device cannot segment after all: from now on one datagram a message.
      log::warn("gso_disabled", {{"error", strerror(errno)}});
      use_gso_ = false;
      keep(batch, done);
      return messages_.size();
    }
    on_send_error(errno, messages_[done]);
    ++done;
  }
  return done;
}

void UdpSocket::on_send_error(int error, const Message& message) {
  counters_.send_errors += message.count;
  log::debug("udp_send_failed", {{"error", strerror(error)}});
}

void UdpSocket::keep(const PacketBatch& batch, size_t first_message) {
  for (size_t m = first_message; m < messages_.size(); ++m) {
    for (size_t i = messages_[m].first; i < messages_[m].first + messages_[m].count; ++i) {
      const PacketBatch::Entry& entry = batch.entries()[i];
      if (backlog_.bytes() + entry.size > kMaxBacklog) {
        ++counters_.dropped;
      } else {
        backlog_.append(batch.path(entry), batch.datagram(entry));
      }
    }
  }
}

void UdpSocket::send(const PacketBatch& batch) {
  collect_messages(batch);
  // Behind what already waits, so that nothing is overtaken.
  const size_t done = has_backlog() ? 0 : send_messages(batch, 0);
  if (done < messages_.size()) keep(batch, done);
}

void UdpSocket::on_writable() {
  std::swap(backlog_, retry_);
  backlog_.clear();
  send(retry_);
  retry_.clear();
}

}  // namespace parley::shard
