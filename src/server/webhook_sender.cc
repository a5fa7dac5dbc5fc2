#include "server/webhook_sender.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <chrono>

#include "base/log.h"
#include "media/shard/clock.h"

namespace parley::server {
namespace {

constexpr TimeDelta kTokenValidity = TimeDelta::seconds(300);
constexpr TimeDelta kPostTimeout = TimeDelta::seconds(10);

std::chrono::steady_clock::time_point to_steady(Timestamp at) {
  return std::chrono::steady_clock::time_point(std::chrono::microseconds(at.us()));
}

}  // namespace

WebhookSender::WebhookSender(std::vector<std::string> urls, livekit::ApiKey key)
    : urls_(std::move(urls)), key_(std::move(key)), waiting_(urls_.size()), thread_([this] { run(); }) {}

WebhookSender::~WebhookSender() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  client_.stop();
}

void WebhookSender::post(const livekit::WebhookOut& event) {
  std::string body;
  if (!google::protobuf::util::MessageToJsonString(event.event, &body).ok()) return;
  {
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < urls_.size(); ++i) {
      if (waiting_[i] >= kMaxWaiting) {
        ++counts_.dropped;
        continue;
      }
      ++waiting_[i];
      lanes_[{i, event.room}].items.push_back({body, 0});
    }
  }
  changed_.notify_all();
}

bool WebhookSender::drain(TimeDelta patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::microseconds(patience.us()), [this] { return lanes_.empty(); });
}

WebhookSender::Counts WebhookSender::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

Timestamp WebhookSender::next_deadline() const {
  Timestamp at = Timestamp::never();
  for (const auto& [key, lane] : lanes_) {
    if (!lane.is_sending) at = earlier(at, lane.next_try);
  }
  return at;
}

void WebhookSender::run() {
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    send_due(shard::read_clock().mono);
    const Timestamp next = next_deadline();
    if (next.is_never()) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, to_steady(next));
    }
  }
}

void WebhookSender::send_due(Timestamp now) {
  for (auto& [key, lane] : lanes_) {
    if (!lane.is_sending && lane.next_try <= now) send(key, lane);
  }
}

void WebhookSender::send(const LaneKey& key, Lane& lane) {
  lane.is_sending = true;
  Item& item = lane.items.front();
  ++item.tries;
  livekit::Claims claims;
  claims.body_sha256 = livekit::body_hash(item.body);
  // Reference 6.4: the bare token, without "Bearer".
  const std::string token = livekit::make_token(claims, key_, shard::read_clock().wall, kTokenValidity);
  client_.post({.url = urls_[key.first],
                .headers = {{"Content-Type", "application/webhook+json"}, {"Authorization", token}},
                .body = item.body,
                .timeout = kPostTimeout},
               [this, key](const Result<net::HttpClientResponse>& response) {
                 on_answer(key, response && response->status < 300);
               });
}

void WebhookSender::on_answer(const LaneKey& key, bool is_delivered) {
  {
    const std::lock_guard lock(mutex_);
    const auto it = lanes_.find(key);
    if (it == lanes_.end()) return;
    Lane& lane = it->second;
    lane.is_sending = false;
    const int tries = lane.items.front().tries;
    if (is_delivered || tries >= kMaxTries) {
      ++(is_delivered ? counts_.delivered : counts_.given_up);
      if (!is_delivered) log::warn("webhook_given_up", {{"room", key.second}, {"tries", tries}});
      lane.items.pop_front();
      lane.next_try = Timestamp();
      --waiting_[key.first];
      if (lane.items.empty()) lanes_.erase(it);
    } else {
      ++counts_.retried;
      const TimeDelta pause = std::min(kFirstPause * (int64_t{1} << (tries - 1)), kMaxPause);
      // Jitter of up to half: receivers that come back are not met by everyone at once.
      lane.next_try = shard::read_clock().mono + pause +
                      TimeDelta::micros(static_cast<int64_t>(jitter_() % static_cast<uint64_t>(pause.us() / 2)));
    }
  }
  changed_.notify_all();
}

}  // namespace parley::server
