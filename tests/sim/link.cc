#include "sim/link.h"

#include <algorithm>

namespace parley::sim {

bool Link::is_lost() {
  if (options_.loss <= 0) {
    is_in_burst_ = false;
    return false;
  }
  // Gilbert's model: bursts of geometric length, spaced so that the share is right.
  const double leave = 1 / std::max(options_.burst, 1.0);
  const double enter = options_.loss * leave / (1 - std::min(options_.loss, 0.99));
  is_in_burst_ = rng_.unit() < (is_in_burst_ ? 1 - leave : enter);
  // With bursts of one packet the state has no memory.
  if (options_.burst <= 1) is_in_burst_ = rng_.unit() < options_.loss;
  return is_in_burst_;
}

Timestamp Link::arrival_of(size_t size, Timestamp now) {
  Timestamp begin = now;
  if (options_.rate.bps() > 0) {
    begin = std::max(now, free_at_);
    if (begin - now > options_.max_queue) return Timestamp::never();
    begin += TimeDelta::micros(static_cast<int64_t>(size) * 8'000'000 / options_.rate.bps());
    free_at_ = begin;
  }
  Timestamp at = begin + options_.delay;
  if (options_.jitter > TimeDelta()) {
    at += TimeDelta::micros(static_cast<int64_t>(rng_.unit() * static_cast<double>(options_.jitter.us())));
  }
  at = std::max(at, last_arrival_);
  last_arrival_ = at;
  if (options_.reorder > 0 && rng_.unit() < options_.reorder) at += options_.reorder_delay;
  return at;
}

void Link::send(const Path& from, const Path& to, ByteView datagram, Timestamp now) {
  ++sent_;
  const Timestamp at = is_lost() ? Timestamp::never() : arrival_of(datagram.size(), now);
  if (at.is_never()) {
    ++dropped_;
    return;
  }
  put(from, to, datagram, at);
  if (options_.duplicate > 0 && rng_.unit() < options_.duplicate) put(from, to, datagram, at + TimeDelta::millis(3));
}

void Link::put(const Path& from, const Path& to, ByteView datagram, Timestamp at) {
  if (free_.empty()) {
    free_.push_back(slots_.size());
    slots_.emplace_back();
  }
  const size_t slot = free_.back();
  free_.pop_back();
  slots_[slot].from = from;
  slots_[slot].to = to;
  slots_[slot].bytes.assign(datagram.begin(), datagram.end());
  pending_.push_back({at, next_order_++, slot});
  std::push_heap(pending_.begin(), pending_.end(), std::greater<>());
}

const Link::Delivery* Link::receive(Timestamp now) {
  free_.insert(free_.end(), taken_.begin(), taken_.end());
  taken_.clear();
  if (pending_.empty() || pending_.front().at > now) return nullptr;
  std::pop_heap(pending_.begin(), pending_.end(), std::greater<>());
  taken_.push_back(pending_.back().slot);
  pending_.pop_back();
  return &slots_[taken_.front()];
}

}  // namespace parley::sim
