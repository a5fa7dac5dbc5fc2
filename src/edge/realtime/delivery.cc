#include "edge/realtime/delivery.h"

#include <algorithm>

#include "base/log.h"
#include "edge/realtime/event_table.h"
#include "net/clock.h"

namespace parley::realtime {
namespace {

using product::Outcome;
using product::Tx;
using product::events::LoggedEvent;

constexpr int64_t kBatch = 512;
constexpr TimeDelta kPatience = TimeDelta::seconds(5);
/// Events kept for those who connect: what happens between a look at the database and the first event.
constexpr size_t kRecent = 4096;

}  // namespace

Delivery::Delivery(product::Store& store, gateway::Gateway& gateway)
    : store_(store), gateway_(gateway), audience_(store, gateway) {}

Outcome<void> Delivery::start(Timestamp deadline) {
  const auto range =
      store_.read(deadline, [](Tx& tx) -> Outcome<product::events::LogRange> { return product::events::range(tx); });
  if (!range) return std::unexpected(range.error());
  position_ = range->last;
  told_position_ = position_;
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  return {};
}

void Delivery::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(mutex_);
  waiting_.clear();
}

void Delivery::wake() {
  {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
  }
  changed_.notify_one();
}

void Delivery::at(int64_t position, Task task) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({position, std::move(task)});
    is_woken_ = true;
  }
  changed_.notify_one();
}

void Delivery::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const bool has_more = tell_batch();
    run_tasks();
    if (!has_more) wait(stop);
  }
}

void Delivery::wait(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, std::chrono::microseconds(kLookAnyway.us()), [&] { return is_woken_; });
  is_woken_ = false;
}

void Delivery::run_tasks() {
  std::vector<Waiting> due;
  {
    const std::lock_guard lock(mutex_);
    std::vector<Waiting> later;
    for (Waiting& one : waiting_) (one.position <= position_ ? due : later).push_back(std::move(one));
    waiting_ = std::move(later);
  }
  for (Waiting& one : due) one.task(position_);
}

bool Delivery::tell_batch() {
  int64_t first = 0;  // What is kept begins here.
  const auto batch = store_.read(net::read_clock().mono + kPatience, [&](Tx& tx) -> Outcome<std::vector<LoggedEvent>> {
    auto events = product::events::read_after(tx, position_, kBatch);
    first = events.empty() ? product::events::range(tx).first : events.front().position;
    return events;
  });
  if (!batch) {
    log::warn("log_not_read", {{"problem", product::info(batch.error().code).name}});
    return false;
  }
  if (first > position_ + 1) skip_to(first);
  for (const LoggedEvent& event : *batch) {
    const auto told = tell_all(event);
    if (!told) {
      log::warn("event_not_told", {{"type", event.type}, {"problem", product::info(told.error().code).name}});
      // The rest waits: order is a promise. The caller waits a moment and comes again.
      return false;
    }
    remember(event);
  }
  return std::ssize(*batch) == kBatch;
}

void Delivery::skip_to(int64_t first) {
  skipped_ += static_cast<uint64_t>(first - position_ - 1);
  position_ = first - 1;
  told_position_ = position_;
  recent_.clear();
  gateway_.emit("/", {}, {.name = "resync", .arguments = {R"({"reason":"events_forgotten"})"}});
}

void Delivery::remember(LoggedEvent event) {
  position_ = event.position;
  told_position_ = position_;
  recent_.push_back(std::move(event));
  if (recent_.size() > kRecent) recent_.pop_front();
}

std::vector<std::string> Delivery::rooms_for(const LoggedEvent& event, Now now) {
  if (event.type != "user.updated") return {room_of_resource(event.resource)};
  // Whoever shares a place with him sees his name there.
  const product::UserId user(event.resource.substr(event.resource.find(':') + 1));
  const auto rooms = store_.read(
      now.mono + kPatience, [&](Tx& tx) -> Outcome<std::set<std::string>> { return rooms_of(tx, user, now.wall); });
  if (!rooms) return {event.resource};
  return {rooms->begin(), rooms->end()};
}

Outcome<void> Delivery::tell_all(const LoggedEvent& event) {
  const Now now = net::read_clock();
  if (auto done = audience_.before(event, now); !done) return done;
  if (const EventRow* row = find_row(event.type); row && emitted_ < event.position) {
    const std::vector<std::string> rooms = rooms_for(event, now);
    const std::string argument = make_argument(event);
    gateway_.emit("/", {.rooms = {rooms.begin(), rooms.end()}}, {.name = row->name, .arguments = {argument}});
  }
  emitted_ = event.position;
  return audience_.after(event, now);
}

void Delivery::tell(gateway::Socket& socket, const LoggedEvent& event) {
  const EventRow* row = find_row(event.type);
  if (!row) return;
  const std::string argument = make_argument(event);
  socket.emit({.name = row->name, .arguments = {argument}});
}

Outcome<std::vector<LoggedEvent>> Delivery::since(int64_t after, Now now) {
  if (after >= position_) return std::vector<LoggedEvent>();
  if (!recent_.empty() && recent_.front().position <= after + 1) {
    const auto first = recent_.begin() + (after + 1 - recent_.front().position);
    return std::vector<LoggedEvent>(first, recent_.end());
  }
  const int64_t count = position_ - after;
  return store_.read(now.mono + kPatience, [&](Tx& tx) -> Outcome<std::vector<LoggedEvent>> {
    return product::events::read_after(tx, after, count);
  });
}

Delivery::Stats Delivery::stats() const { return {told_position_, skipped_}; }

}  // namespace parley::realtime
