#include "server/voice_feed.h"

#include <algorithm>

#include "base/log.h"
#include "net/clock.h"

namespace parley::server {
namespace {

/// Written in one unit of work: more would hold the writer for long.
constexpr size_t kBatch = 256;
constexpr TimeDelta kPatience = TimeDelta::seconds(10);
/// After a failure; the database or the media server is away.
constexpr TimeDelta kRetry = TimeDelta::seconds(1);

Timestamp deadline() { return net::read_clock().mono + kPatience; }

}  // namespace

VoiceFeed::VoiceFeed(voice::Keeper& keeper, Source source, TimeDelta interval)
    : keeper_(keeper),
      source_(source),
      interval_(interval),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

void VoiceFeed::post(product::voice::RoomEvent event) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= kMaxWaiting) {
    ++dropped_;
    needs_reconcile_ = true;
    return;
  }
  waiting_.push_back(std::move(event));
  changed_.notify_one();
}

void VoiceFeed::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

uint64_t VoiceFeed::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

std::vector<product::voice::RoomEvent> VoiceFeed::peek() const {
  const std::lock_guard lock(mutex_);
  const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kBatch));
  return {waiting_.begin(), waiting_.begin() + count};
}

void VoiceFeed::drop_front(size_t count) {
  const std::lock_guard lock(mutex_);
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
}

void VoiceFeed::work(const std::stop_token& stop) {
  bool is_cleared = source_ == Source::kExternal;
  while (!stop.stop_requested()) {
    product::Outcome<void> done;
    if (!is_cleared) {
      done = keeper_.clear(deadline());
      is_cleared = done.has_value();
    }
    const auto events = peek();
    if (done && !events.empty()) {
      done = keeper_.on_room_events(events, deadline());
      if (done) drop_front(events.size());
    }
    std::unique_lock lock(mutex_);
    if (done && is_due(net::read_clock().mono)) {
      needs_reconcile_ = false;
      lock.unlock();
      done = keeper_.reconcile(deadline());
      lock.lock();
      next_reconcile_ = net::read_clock().mono + (done ? interval_ : kRetry);
    }
    if (!done) log::warn("voice_feed_waits", {{"problem", product::info(done.error().code).name}});
    const TimeDelta pause = done ? next_reconcile_ - net::read_clock().mono : kRetry;
    changed_.wait_for(lock, stop, std::chrono::microseconds(std::max(pause, TimeDelta::zero()).us()),
                      [&] { return done && !waiting_.empty(); });
  }
}

}  // namespace parley::server
