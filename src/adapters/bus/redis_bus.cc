#include "adapters/bus/redis_bus.h"

#include "base/check.h"
#include "base/log.h"

namespace parley::bus {
namespace {

constexpr size_t kIdLength = 12;
/// How often the connections look at their times: a reconnection is late by so much.
constexpr TimeDelta kTick = TimeDelta::millis(50);
/// Bytes given to the socket at a time.
constexpr size_t kBatchBytes = size_t{64} * 1024;

}  // namespace

RedisBus::RedisBus(RedisUrl url, Rng& rng)
    : url_(std::move(url)),
      rng_(rng),
      id_(rng.base62(kIdLength)),
      prefix_("parley:" + std::to_string(url_.database) + ":"),
      loop_(std::make_shared<net::Loop>(kTick)) {
  stats_.is_up = false;
}

void RedisBus::subscribe(std::string_view channel, Handler handler) {
  PARLEY_CHECK(!speaker_);
  PARLEY_CHECK(handlers_.emplace(prefix_ + std::string(channel), std::move(handler)).second);
}

void RedisBus::on_joined(std::function<void()> on_joined) {
  PARLEY_CHECK(!speaker_);
  joined_.push_back(std::move(on_joined));
}

void RedisBus::start() {
  speaker_ = make_speaker();
  listener_ = make_listener();
  loop_->start();
  loop_->post([this] {
    loop_->add(speaker_);
    loop_->add(listener_);
  });
}

void RedisBus::stop() {
  loop_->stop();
  const std::lock_guard lock(mutex_);
  is_joined_ = stats_.is_up = false;
}

std::shared_ptr<RedisLink> RedisBus::make_speaker() {
  return std::make_shared<RedisLink>(*loop_, url_, rng_,
                                     RedisLink::Handlers{.on_up = [this] { look_whether_joined(); },
                                                         .on_down = [this](const std::string& why) { on_lost(why); },
                                                         .on_value = [](const RespValue&) {},
                                                         .take = [this] { return take_waiting(); }});
}

std::shared_ptr<RedisLink> RedisBus::make_listener() {
  return std::make_shared<RedisLink>(
      *loop_, url_, rng_,
      RedisLink::Handlers{.on_up =
                              [this] {
                                has_subscribed_ = false;
                                confirmed_ = 0;
                                look_whether_joined();
                              },
                          .on_down = [this](const std::string& why) { on_lost(why); },
                          .on_value = [this](const RespValue& value) { on_pushed(value); },
                          .take = [this] { return subscriptions(); }});
}

std::string RedisBus::subscriptions() {
  std::string commands;
  if (std::exchange(has_subscribed_, true)) return commands;
  for (const auto& [channel, handler] : handlers_) commands += make_command({"SUBSCRIBE", channel});
  return commands;
}

void RedisBus::on_pushed(const RespValue& value) {
  if (value.kind != RespValue::Kind::kArray || value.items.size() != 3) return;  // The answer to a ping.
  const std::string& kind = value.items[0].text;
  if (kind == "message") return on_message(value.items[1].text, value.items[2].text);
  if (kind != "subscribe") return;
  ++confirmed_;
  look_whether_joined();
}

void RedisBus::on_message(std::string_view channel, std::string_view text) {
  const size_t end = text.find('\n');
  const auto handler = handlers_.find(channel);
  if (end == std::string_view::npos || text.size() - end > kMaxPayload + 1 || handler == handlers_.end()) return;
  const Message message{text.substr(0, end), text.substr(end + 1)};
  if (message.sender == id_) return;
  {
    const std::lock_guard lock(mutex_);
    ++stats_.received;
  }
  handler->second(message);
}

void RedisBus::look_whether_joined() {
  if (!speaker_->is_up() || !listener_->is_up() || confirmed_ < handlers_.size()) return;
  const bool is_again = std::exchange(was_joined_, true);
  {
    const std::lock_guard lock(mutex_);
    if (is_joined_) return;
    is_joined_ = stats_.is_up = true;
    if (is_again) ++stats_.reconnects;
  }
  is_loss_said_ = false;
  log::info("bus_connected", {{"instance", id_}, {"again", is_again ? "yes" : "no"}});
  for (const auto& joined : joined_) joined();
}

void RedisBus::on_lost(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    // What was to be said now is old when the others can hear it again.
    stats_.dropped += waiting_.size();
    waiting_.clear();
    waiting_bytes_ = 0;
    is_joined_ = stats_.is_up = false;
  }
  if (!loop_->is_stopping() && !std::exchange(is_loss_said_, true)) log::warn("bus_lost", {{"reason", why}});
}

void RedisBus::publish(std::string_view channel, std::string_view payload) {
  const std::string name = prefix_ + std::string(channel);
  std::string text = id_ + "\n";
  text += payload;
  std::string command = make_command({"PUBLISH", name, text});
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    if (!is_joined_ || payload.size() > kMaxPayload) {
      ++stats_.dropped;
      return;
    }
    was_empty = waiting_.empty();
    waiting_bytes_ += command.size();
    waiting_.push_back(std::move(command));
    while (waiting_.size() > kMaxWaiting || waiting_bytes_ > kMaxWaitingBytes) {
      waiting_bytes_ -= waiting_.front().size();
      waiting_.pop_front();
      ++stats_.dropped;
    }
  }
  if (was_empty) loop_->post([this] { speaker_->flush(); });
}

std::string RedisBus::take_waiting() {
  const std::lock_guard lock(mutex_);
  std::string batch;
  while (!waiting_.empty() && batch.size() < kBatchBytes) {
    batch += waiting_.front();
    waiting_bytes_ -= waiting_.front().size();
    waiting_.pop_front();
    ++stats_.published;
  }
  return batch;
}

product::BusStats RedisBus::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

}  // namespace parley::bus
