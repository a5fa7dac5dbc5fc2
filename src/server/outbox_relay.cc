#include "server/outbox_relay.h"

#include <unordered_set>

#include "base/log.h"
#include "net/clock.h"

namespace parley::server {
namespace {

constexpr size_t kBatch = 256;
constexpr TimeDelta kPatience = TimeDelta::seconds(5);
/// Other processes' commits (`parley` commands, migrations) wake nobody here.
constexpr TimeDelta kLookAnyway = TimeDelta::millis(500);
constexpr TimeDelta kRetry = TimeDelta::millis(300);
/// An event that nobody could be told for so long is given up: what it should have done, a reconciliation does.
constexpr TimeDelta kGiveUp = TimeDelta::seconds(120);

Timestamp deadline() { return net::read_clock().mono + kPatience; }

}  // namespace

OutboxRelay::OutboxRelay(store::Database& database, Recorder recorder, std::vector<Listener> listeners)
    : database_(database),
      recorder_(std::move(recorder)),
      listeners_(std::move(listeners)),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

void OutboxRelay::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

bool OutboxRelay::tell(const store::PendingEvent& event) {
  const product::OutboxEvent told{event.type, event.resource, event.payload};
  for (const Listener& listener : listeners_) {
    const auto done = listener(told, deadline());
    if (done) continue;
    log::warn("event_not_told", {{"type", event.type}, {"problem", product::info(done.error().code).name}});
    return net::read_clock().wall.unix_us - event.created_at.unix_us > kGiveUp.us();
  }
  return true;
}

bool OutboxRelay::record(const std::vector<store::PendingEvent>& pending) {
  std::vector<store::PendingEvent> fresh;
  for (const store::PendingEvent& event : pending) {
    if (!recorded_.contains(event.id)) fresh.push_back(event);
  }
  if (fresh.empty()) return true;
  const auto done = recorder_(fresh, deadline());
  if (!done) {
    log::warn("events_not_recorded", {{"problem", product::info(done.error().code).name}});
    return false;
  }
  for (const store::PendingEvent& event : fresh) recorded_.insert(event.id);
  return true;
}

bool OutboxRelay::tell_pending() {
  const auto pending = database_.outbox().fetch(deadline(), kBatch);
  if (!pending || !record(*pending)) return false;
  std::vector<int64_t> told;
  // What follows an event of the same resource that could not be told waits with it.
  std::unordered_set<std::string> held;
  for (const store::PendingEvent& event : *pending) {
    if (held.contains(event.resource)) continue;
    if (tell(event)) {
      told.push_back(event.id);
    } else {
      held.insert(event.resource);
    }
  }
  if (!told.empty() && !database_.outbox().remove(deadline(), told)) return false;
  for (const int64_t id : told) recorded_.erase(id);
  return held.empty() && pending->size() < kBatch;
}

void OutboxRelay::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const uint64_t seen = database_.outbox().commits();
    const bool is_all = tell_pending();
    const Timestamp now = net::read_clock().mono;
    // A stop is noticed within kLookAnyway.
    database_.outbox().wait(is_all ? seen : database_.outbox().commits(), now + (is_all ? kLookAnyway : kRetry));
  }
}

}  // namespace parley::server
