// The limit of what a forwarding server can do here: a loop that receives, decrypts, and for every subscriber writes a
// header, encrypts and sends with UDP GSO, and knows nothing else. A second thread is the publisher and the
// subscribers, which drain their sockets as the load test does. Prints packets sent per CPU-second of the loop's
// thread.

#include <intel-ipsec-mb.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "media/shard/sockaddr.h"
#include "media/shard/udp_socket.h"

namespace parley::bench {
namespace {

constexpr size_t kHeader = 20;  ///< RTP with one small extension.
constexpr size_t kTag = 16;
constexpr size_t kMaxPacket = 1500;
constexpr size_t kMaxBurst = 64;
constexpr size_t kSendBatch = 64;
constexpr int kSocketBuffer = 8 * 1024 * 1024;
constexpr std::array<uint8_t, 12> kIv{};

struct Options {
  int64_t subscribers = 200;
  int64_t burst = 6;    ///< Packets that go out together: of a frame.
  int64_t size = 1180;  ///< Payload bytes.
  int64_t rate = 30;    ///< Bursts a second.
  int64_t seconds = 3;
  int64_t core = 1;
  int64_t peer_core = 0;
  int64_t gro = 1;  ///< Subscribers take coalesced packets.
};

void pin(int64_t core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(core), &set);
  sched_setaffinity(0, sizeof set, &set);
}

int64_t clock_ns(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

IMB_MGR* crypto() {
  static IMB_MGR* const manager = [] {
    IMB_MGR* m = alloc_mb_mgr(0);
    PARLEY_CHECK(m != nullptr);
    init_mb_mgr_auto(m, nullptr);
    return m;
  }();
  return manager;
}

/// The library uses aligned loads but declares that on some systems only.
struct alignas(64) Key {
  gcm_key_data data;
};

Key make_key(uint8_t seed) {
  std::array<uint8_t, 16> bytes;
  bytes.fill(seed);
  Key key;
  IMB_AES128_GCM_PRE(crypto(), bytes.data(), &key.data);
  return key;
}

struct Socket {
  shard::Fd fd;
  SocketAddress address;
};

Socket open_socket(bool takes_coalesced) {
  Socket s{shard::Fd(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)), {}};
  sockaddr_storage address{};
  const socklen_t size = shard::to_sockaddr(SocketAddress::v4(INADDR_LOOPBACK, 0), false, address);
  PARLEY_CHECK(::bind(s.fd.get(), shard::as_sockaddr(address), size) == 0);
  setsockopt(s.fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kSocketBuffer, sizeof kSocketBuffer);
  setsockopt(s.fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, &kSocketBuffer, sizeof kSocketBuffer);
  const int on = takes_coalesced ? 1 : 0;
  setsockopt(s.fd.get(), IPPROTO_UDP, UDP_GRO, &on, sizeof on);
  s.address = SocketAddress::v4(INADDR_LOOPBACK, shard::bound_port(s.fd.get()));
  return s;
}

/// A message of one or more equal packets for sendmmsg.
class Outbox {
 public:
  void add(const SocketAddress& to, uint8_t* bytes, size_t size, size_t segment) {
    msghdr& header = headers_[count_].msg_hdr;
    header = {};
    header.msg_name = &names_[count_];
    header.msg_namelen = shard::to_sockaddr(to, false, names_[count_]);
    iovecs_[count_] = {bytes, size};
    header.msg_iov = &iovecs_[count_];
    header.msg_iovlen = 1;
    if (size > segment) {
      header.msg_control = controls_[count_].data();
      header.msg_controllen = controls_[count_].size();
      cmsghdr* c = CMSG_FIRSTHDR(&header);
      c->cmsg_level = IPPROTO_UDP;
      c->cmsg_type = UDP_SEGMENT;
      c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
      const auto value = static_cast<uint16_t>(segment);
      std::memcpy(CMSG_DATA(c), &value, sizeof value);
    }
    ++count_;
  }
  bool is_full() const { return count_ == kSendBatch; }
  void flush(int fd) {
    if (count_ > 0) PARLEY_CHECK(sendmmsg(fd, headers_.data(), count_, 0) == static_cast<int>(count_));
    count_ = 0;
  }

 private:
  unsigned count_ = 0;
  std::array<mmsghdr, kSendBatch> headers_;
  std::array<sockaddr_storage, kSendBatch> names_;
  std::array<iovec, kSendBatch> iovecs_;
  std::array<std::array<char, CMSG_SPACE(sizeof(uint16_t))>, kSendBatch> controls_;
};

/// Publisher and subscribers, on a thread and core of their own.
class Peers {
 public:
  explicit Peers(const Options& options) : options_(options), source_(open_socket(false)) {
    for (int64_t i = 0; i < options.subscribers; ++i) sinks_.push_back(open_socket(options.gro != 0));
  }
  const std::vector<Socket>& sinks() const { return sinks_; }
  uint64_t received() const { return received_; }
  void run(const SocketAddress& loop, const std::atomic<bool>& is_over) {
    pin(options_.peer_core);
    const shard::Fd epoll(epoll_create1(0));
    for (const Socket& sink : sinks_) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.fd = sink.fd.get();
      epoll_ctl(epoll.get(), EPOLL_CTL_ADD, sink.fd.get(), &event);
    }
    const int64_t interval = 1'000'000'000 / options_.rate;
    int64_t next = clock_ns(CLOCK_MONOTONIC);
    while (!is_over) {
      const int64_t now = clock_ns(CLOCK_MONOTONIC);
      if (now >= next) {
        send_burst(loop);
        next += interval;
      }
      drain(epoll.get(), std::max<int64_t>(next - clock_ns(CLOCK_MONOTONIC), 0));
    }
  }

 private:
  void send_burst(const SocketAddress& loop) {
    const size_t segment = kHeader + static_cast<size_t>(options_.size) + kTag;
    Outbox outbox;
    for (int64_t i = 0; i < options_.burst; ++i) {
      uint8_t* packet = burst_.data() + static_cast<size_t>(i) * segment;
      gcm_context_data context;
      IMB_AES128_GCM_ENC(crypto(), &key_.data, &context, packet + kHeader, packet + kHeader,
                         static_cast<uint64_t>(options_.size), kIv.data(), packet, kHeader, packet + segment - kTag,
                         kTag);
    }
    outbox.add(loop, burst_.data(), segment * static_cast<size_t>(options_.burst), segment);
    outbox.flush(source_.fd.get());
  }
  void drain(int epoll, int64_t wait_ns) {
    std::array<epoll_event, 256> events;
    const timespec timeout{0, wait_ns};
    const int count = epoll_pwait2(epoll, events.data(), events.size(), &timeout, nullptr);
    for (int i = 0; i < count; ++i) {
      ssize_t got = 0;
      const int fd = events[static_cast<size_t>(i)].data.fd;
      while ((got = ::recv(fd, buffer_.data(), buffer_.size(), 0)) > 0) {
        const size_t segment = kHeader + static_cast<size_t>(options_.size) + kTag;
        received_ += (static_cast<size_t>(got) + segment - 1) / segment;
      }
    }
  }

  Options options_;
  Key key_ = make_key(1);
  Socket source_;
  std::vector<Socket> sinks_;
  std::array<uint8_t, kMaxBurst * kMaxPacket> burst_{};
  std::array<uint8_t, 65'536> buffer_;
  uint64_t received_ = 0;
};

/// The loop that is measured.
class Loop {
 public:
  Loop(const Options& options, const std::vector<Socket>& sinks) : options_(options), socket_(open_socket(true)) {
    for (size_t i = 0; i < sinks.size(); ++i) {
      subscribers_.push_back({sinks[i].address, make_key(static_cast<uint8_t>(i)), 0});
    }
    arena_.resize(sinks.size() * static_cast<size_t>(options.burst) * kMaxPacket);
  }
  const SocketAddress& address() const { return socket_.address; }
  uint64_t sent() const { return sent_; }

  void run_until(int64_t end_ns) {
    const shard::Fd epoll(epoll_create1(0));
    epoll_event event{};
    event.events = EPOLLIN;
    epoll_ctl(epoll.get(), EPOLL_CTL_ADD, socket_.fd.get(), &event);
    while (clock_ns(CLOCK_MONOTONIC) < end_ns) {
      epoll_wait(epoll.get(), &event, 1, 100);
      const ssize_t got = ::recv(socket_.fd.get(), received_.data(), received_.size(), 0);
      if (got > 0) forward(static_cast<size_t>(got));
    }
  }

 private:
  struct Subscriber {
    SocketAddress address;
    Key key;
    uint16_t sequence;
  };
  void forward(size_t got) {
    const auto payload = static_cast<size_t>(options_.size);
    const size_t segment = kHeader + payload + kTag;
    gcm_context_data context;
    std::array<uint8_t, kTag> tag;
    for (size_t at = 0; at + segment <= got; at += segment) {
      uint8_t* body = received_.data() + at + kHeader;
      IMB_AES128_GCM_DEC(crypto(), &key_.data, &context, body, body, payload, kIv.data(), received_.data() + at,
                         kHeader, tag.data(), kTag);
      PARLEY_CHECK(std::memcmp(tag.data(), body + payload, kTag) == 0);
    }
    uint8_t* out = arena_.data();
    for (Subscriber& subscriber : subscribers_) {
      uint8_t* const begin = out;
      for (size_t at = 0; at + segment <= got; at += segment) {
        std::memcpy(out, received_.data() + at, kHeader);
        ++subscriber.sequence;
        std::memcpy(out + 2, &subscriber.sequence, sizeof subscriber.sequence);
        IMB_AES128_GCM_ENC(crypto(), &subscriber.key.data, &context, out + kHeader, received_.data() + at + kHeader,
                           payload, kIv.data(), out, kHeader, out + kHeader + payload, kTag);
        out += segment;
        ++sent_;
      }
      outbox_.add(subscriber.address, begin, static_cast<size_t>(out - begin), segment);
      if (outbox_.is_full()) outbox_.flush(socket_.fd.get());
    }
    outbox_.flush(socket_.fd.get());
  }

  Options options_;
  Key key_ = make_key(1);
  Socket socket_;
  std::vector<Subscriber> subscribers_;
  std::vector<uint8_t> arena_;
  std::array<uint8_t, 65'536> received_;
  Outbox outbox_;
  uint64_t sent_ = 0;
};

bool parse(int argc, char** argv, Options& o) {
  const std::pair<const char*, int64_t*> known[] = {
      {"--subscribers", &o.subscribers}, {"--burst", &o.burst}, {"--size", &o.size},           {"--rate", &o.rate},
      {"--seconds", &o.seconds},         {"--core", &o.core},   {"--peer-core", &o.peer_core}, {"--gro", &o.gro}};
  for (int i = 1; i + 1 < argc; i += 2) {
    bool is_known = false;
    for (const auto& [name, value] : known) {
      if (std::string_view(argv[i]) != name) continue;
      const std::string_view text(argv[i + 1]);
      is_known = std::from_chars(text.data(), text.data() + text.size(), *value).ec == std::errc();
    }
    if (!is_known) return false;
  }
  return argc % 2 == 1 && o.burst > 0 && o.burst <= static_cast<int64_t>(kMaxBurst) && o.size > 0 && o.rate > 0 &&
         o.size + static_cast<int64_t>(kHeader + kTag) <= static_cast<int64_t>(kMaxPacket);
}

int run(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fputs("limit_loop [--subscribers N] [--burst N] [--size BYTES] [--rate HZ] [--seconds N] [--gro 0|1]\n",
               stderr);
    return 2;
  }
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  auto peers = std::make_unique<Peers>(options);
  auto loop = std::make_unique<Loop>(options, peers->sinks());
  std::atomic<bool> is_over = false;
  std::thread thread([&] { peers->run(loop->address(), is_over); });
  pin(options.core);
  const int64_t begin = clock_ns(CLOCK_MONOTONIC);
  loop->run_until(begin + 500'000'000);  // Warm-up.
  const int64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
  const uint64_t sent = loop->sent();
  loop->run_until(clock_ns(CLOCK_MONOTONIC) + options.seconds * 1'000'000'000);
  const auto ns = static_cast<double>(clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu);
  const auto packets = static_cast<double>(loop->sent() - sent);
  const uint64_t all = loop->sent();
  is_over = true;
  thread.join();
  std::printf("packets_per_cpu_s %.0f ns_per_packet %.0f delivered %.4f\n", packets / ns * 1e9, ns / packets,
              static_cast<double>(peers->received()) / static_cast<double>(all));
  return 0;
}

}  // namespace
}  // namespace parley::bench

int main(int argc, char** argv) { return parley::bench::run(argc, argv); }
