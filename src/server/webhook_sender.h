#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "media/livekit/context.h"
#include "net/http_client.h"

namespace parley::server {

/// Delivers webhooks: signed, one after the other per room and receiver, tried again with growing pauses. Runs on a
/// thread of its own; a slow or dead receiver delays nothing but its own rooms' events. Thread-safe.
class WebhookSender {
 public:
  /// Events that may wait for one receiver, over all rooms. 10,000 are about 20 MB; when full, the new event is
  /// dropped and counted, so that what is delivered stays in order.
  static constexpr size_t kMaxWaiting = 10'000;
  /// Tries of one event before the next of its room gets its turn: about five minutes.
  static constexpr int kMaxTries = 10;
  static constexpr TimeDelta kFirstPause = TimeDelta::millis(500);
  static constexpr TimeDelta kMaxPause = TimeDelta::seconds(60);

  WebhookSender(std::vector<std::string> urls, livekit::ApiKey key);
  ~WebhookSender();

  void post(const livekit::WebhookOut& event);
  /// Waits until everything is delivered, at most `patience`. True when nothing is left.
  bool drain(TimeDelta patience);

  struct Counts {
    uint64_t delivered = 0;
    uint64_t retried = 0;
    uint64_t given_up = 0;  ///< After kMaxTries.
    uint64_t dropped = 0;   ///< kMaxWaiting was reached.
  };
  Counts counts() const;

 private:
  struct Item {
    std::string body;
    int tries = 0;
  };
  /// The events of one room for one receiver.
  struct Lane {
    std::deque<Item> items;
    Timestamp next_try;
    bool is_sending = false;
  };
  using LaneKey = std::pair<size_t, std::string>;  ///< Receiver and room.

  void run();
  void send_due(Timestamp now);
  void send(const LaneKey& key, Lane& lane);
  void on_answer(const LaneKey& key, bool is_delivered);
  Timestamp next_deadline() const;

  const std::vector<std::string> urls_;
  const livekit::ApiKey key_;
  net::HttpClient client_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<LaneKey, Lane> lanes_;
  std::vector<size_t> waiting_;  ///< Per receiver.
  Counts counts_;
  std::minstd_rand jitter_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace parley::server
