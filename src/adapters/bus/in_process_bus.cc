#include "adapters/bus/in_process_bus.h"

#include "base/check.h"

namespace parley::bus {

namespace {
constexpr size_t kIdLength = 12;
}  // namespace

InProcessBus::InProcessBus(Rng& rng, std::shared_ptr<Wire> wire) : id_(rng.base62(kIdLength)), wire_(std::move(wire)) {}

void InProcessBus::subscribe(std::string_view channel, Handler handler) {
  PARLEY_CHECK(!is_up_);
  PARLEY_CHECK(handlers_.emplace(std::string(channel), std::move(handler)).second);
}

void InProcessBus::on_joined(std::function<void()> on_joined) {
  PARLEY_CHECK(!is_up_);
  joined_.push_back(std::move(on_joined));
}

void InProcessBus::start() {
  {
    const std::lock_guard lock(wire_->mutex_);
    if (is_up_.exchange(true)) return;
    wire_->members_.push_back(this);
  }
  for (const auto& joined : joined_) joined();
}

void InProcessBus::stop() {
  const std::lock_guard lock(wire_->mutex_);
  is_up_ = false;
  std::erase(wire_->members_, this);
}

void InProcessBus::publish(std::string_view channel, std::string_view payload) {
  const std::lock_guard lock(wire_->mutex_);
  if (!is_up_ || payload.size() > kMaxPayload) {
    ++dropped_;
    return;
  }
  ++published_;
  for (InProcessBus* member : wire_->members_) {
    if (member != this) member->hear(channel, {id_, payload});
  }
}

void InProcessBus::hear(std::string_view channel, const Message& message) {
  const auto handler = handlers_.find(channel);
  if (handler == handlers_.end()) return;
  ++received_;
  handler->second(message);
}

product::BusStats InProcessBus::stats() const {
  return {.is_up = is_up_, .published = published_, .received = received_, .dropped = dropped_, .reconnects = 0};
}

}  // namespace parley::bus
