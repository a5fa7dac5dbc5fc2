#include "media/shard/shard.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/log.h"
#include "media/shard/clock.h"

namespace parley::shard {
namespace {

// Epoll tags; connection numbers are below them.
constexpr uint64_t kUdpTag = uint64_t{1} << 40;
constexpr uint64_t kTcpTag = kUdpTag + 1;
constexpr uint64_t kEventTag = kUdpTag + 2;

/// Batches read before looking at anything else: a flood must not starve timers and tasks.
constexpr int kMaxReceives = 16;
constexpr TimeDelta kExpiryInterval = TimeDelta::seconds(5);

}  // namespace

Shard::Shard(size_t index, size_t shards, Sockets sockets, std::unique_ptr<ShardDriver> driver)
    : index_(index),
      shards_(shards),
      sockets_(std::move(sockets)),
      driver_(std::move(driver)),
      steering_(index, shards),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  PARLEY_CHECK(epoll_ && event_);
  const auto add = [this](int fd, uint64_t tag) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = tag;
    PARLEY_CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
  };
  add(event_.get(), kEventTag);
  add(sockets_.udp->fd(), kUdpTag);
  if (sockets_.tcp) add(sockets_.tcp->fd(), kTcpTag);
  for (size_t i = 0; i < shards; ++i) {
    inbound_.push_back(i == index ? nullptr : std::make_unique<Ring>(kRingSlots));
  }
}

Shard::~Shard() { stop(); }

void Shard::connect(std::span<const std::unique_ptr<Shard>> shards) {
  for (const auto& shard : shards) {
    shard->siblings_.clear();
    for (const auto& sibling : shards) shard->siblings_.push_back(sibling.get());
  }
}

void Shard::start() {
  thread_ = std::thread([this] { run(); });
}

void Shard::stop() {
  if (!thread_.joinable()) return;
  is_stopping_.store(true);
  wake();
  thread_.join();
}

bool Shard::post(ShardTask task) {
  {
    const std::lock_guard lock(tasks_mutex_);
    if (tasks_.size() >= kMaxTasks) return false;
    tasks_.push_back(std::move(task));
  }
  wake();
  return true;
}

void Shard::wake() {
  // One write is enough until the loop has looked.
  if (is_awake_.exchange(true)) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event_.get(), &one, sizeof one);
}

void Shard::run() {
  while (!is_stopping_.load(std::memory_order_relaxed)) {
    wait();
    const Now now = read_clock();
    ++counters_.passes;
    take_handoffs(now);
    run_tasks(now);
    driver_->end_pass(now);
    if (driver_->next_deadline() <= now.mono) driver_->on_timer(now);
    send();
    if (sockets_.tcp && now.mono >= next_expiry_) {
      next_expiry_ = now.mono + kExpiryInterval;
      sockets_.tcp->expire(now.mono);
    }
  }
  run_tasks(read_clock());
  send();
}

void Shard::wait() {
  std::array<epoll_event, 64> events;
  const Timestamp deadline = driver_->next_deadline();
  timespec timeout{};
  timespec* wait_for = nullptr;
  if (!deadline.is_never()) {
    const TimeDelta left = std::max(deadline - read_clock().mono, TimeDelta::zero());
    timeout.tv_sec = left.us() / 1'000'000;
    timeout.tv_nsec = left.us() % 1'000'000 * 1000;
    wait_for = &timeout;
  }
  const int count = epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_for, nullptr);
  const Now now = read_clock();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    if (event.data.u64 == kEventTag) {
      uint64_t value = 0;
      [[maybe_unused]] const ssize_t got = ::read(event_.get(), &value, sizeof value);
    } else if (event.data.u64 == kUdpTag) {
      if (event.events & EPOLLOUT) sockets_.udp->on_writable();
      if (event.events & EPOLLIN) receive_udp(now);
    } else if (event.data.u64 == kTcpTag) {
      sockets_.tcp->accept(epoll_.get(), now.mono);
    } else {
      receive_tcp(static_cast<uint32_t>(event.data.u64), event.events, now);
    }
  }
  is_awake_.store(false);
}

void Shard::receive_udp(Now now) {
  for (int i = 0; i < kMaxReceives; ++i) {
    const auto datagrams = sockets_.udp->receive();
    if (datagrams.empty()) return;
    give(datagrams, now);
  }
}

void Shard::receive_tcp(uint32_t connection, uint32_t events, Now now) {
  if (events & EPOLLOUT) sockets_.tcp->on_writable(connection);
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) give(sockets_.tcp->receive(connection, now.mono), now);
}

void Shard::give(std::span<const Datagram> datagrams, Now now) {
  if (shards_ == 1) return driver_->on_datagrams(datagrams, now);
  own_.clear();
  for (const Datagram& datagram : datagrams) {
    const size_t owner = steering_.decide_owner(datagram.from, datagram.bytes, now.mono);
    if (owner == index_) {
      own_.push_back(datagram);
    } else {
      ++counters_.steered_out;
      hand_over(owner, datagram.from, datagram.bytes, false);
    }
  }
  driver_->on_datagrams(own_, now);
}

void Shard::hand_over(size_t shard, const Path& path, ByteView bytes, bool is_outgoing) {
  Ring& ring = *siblings_[shard]->inbound_[index_];
  Handoff* handoff = bytes.size() > kMaxHandoff ? nullptr : ring.begin_push();
  if (!handoff) {
    ++counters_.ring_full;
    return;
  }
  handoff->path = path;
  handoff->size = static_cast<uint16_t>(bytes.size());
  handoff->is_outgoing = is_outgoing;
  std::memcpy(handoff->bytes.data(), bytes.data(), bytes.size());
  ring.end_push();
  siblings_[shard]->wake();
}

void Shard::take_handoffs(Now now) {
  for (const auto& ring : inbound_) {
    if (!ring) continue;
    for (size_t i = 0; i < kRingSlots; ++i) {
      const Handoff* handoff = ring->front();
      if (!handoff) break;
      const ByteView bytes = ByteView(handoff->bytes).first(handoff->size);
      if (handoff->is_outgoing) {
        if (sockets_.tcp) sockets_.tcp->send_one(handoff->path.tcp_connection, bytes);
      } else {
        const Datagram datagram{handoff->path, bytes};
        driver_->on_datagrams(std::span(&datagram, 1), now);
      }
      ring->pop();
    }
  }
}

void Shard::run_tasks(Now now) {
  {
    const std::lock_guard lock(tasks_mutex_);
    running_.swap(tasks_);
  }
  for (ShardTask& task : running_) {
    ++counters_.tasks;
    task(now);
  }
  running_.clear();
}

void Shard::send() {
  PacketBatch& batch = driver_->packets();
  if (!batch.empty()) {
    sockets_.udp->send(batch);
    if (sockets_.tcp) sockets_.tcp->send(batch);
    if (shards_ > 1) {
      for (const PacketBatch::Run& run : batch.runs()) {
        const size_t holder = TcpAcceptor::shard_of(run.path.tcp_connection);
        if (run.path.protocol != PathProtocol::kTcp || holder == index_) continue;
        for (uint32_t i = run.first; i < run.first + run.count; ++i) {
          hand_over(holder, run.path, batch.datagram(batch.entries()[i]), true);
        }
      }
    }
    batch.clear();
  }
  watch_udp();
}

void Shard::watch_udp() {
  const bool wants_write = sockets_.udp->has_backlog();
  if (wants_write == watches_write_) return;
  watches_write_ = wants_write;
  epoll_event event{};
  event.events = wants_write ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u64 = kUdpTag;
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, sockets_.udp->fd(), &event);
}

}  // namespace parley::shard
