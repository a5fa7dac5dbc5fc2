#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/bus/redis_link.h"
#include "product/ports/bus.h"

namespace parley::bus {

/// The bus of several instances: Redis's PUBLISH and SUBSCRIBE, one connection for each, on a thread of its own.
/// Nothing is stored in Redis. Channels carry the database's number, because Redis keeps those of all databases
/// together.
class RedisBus final : public product::Bus {
 public:
  /// What waits to be sent: some seconds of a busy instance. Beyond it the oldest go.
  static constexpr size_t kMaxWaiting = 4096;
  static constexpr size_t kMaxWaitingBytes = size_t{4} * 1024 * 1024;

  /// `rng` outlives it and is thread-safe.
  RedisBus(RedisUrl url, Rng& rng);
  ~RedisBus() override { stop(); }

  void subscribe(std::string_view channel, Handler handler) override;
  void on_joined(std::function<void()> on_joined) override;
  void start() override;
  void stop() override;
  void publish(std::string_view channel, std::string_view payload) override;
  bool is_shared() const override { return true; }
  product::BusStats stats() const override;

 private:
  std::shared_ptr<RedisLink> make_speaker();
  std::shared_ptr<RedisLink> make_listener();
  // On the loop's thread:
  void on_pushed(const RespValue& value);
  void on_message(std::string_view channel, std::string_view text);
  void look_whether_joined();
  void on_lost(const std::string& why);
  std::string take_waiting();
  std::string subscriptions();

  const RedisUrl url_;
  Rng& rng_;
  const std::string id_;
  const std::string prefix_;                              ///< Of the channels' names in Redis.
  std::map<std::string, Handler, std::less<>> handlers_;  ///< By name in Redis; not changed after start().
  std::vector<std::function<void()>> joined_;             ///< Not changed after start().

  std::shared_ptr<net::Loop> loop_;
  // Of the loop's thread; the loop owns them, too, until it ends:
  std::shared_ptr<RedisLink> speaker_;
  std::shared_ptr<RedisLink> listener_;
  bool has_subscribed_ = false;  ///< The command has been given.
  size_t confirmed_ = 0;         ///< Channels that the server has confirmed.
  bool was_joined_ = false;
  bool is_loss_said_ = false;  ///< In the log, once until it is joined.

  mutable std::mutex mutex_;
  std::deque<std::string> waiting_;  ///< Under mutex_: commands.
  size_t waiting_bytes_ = 0;         ///< Under mutex_.
  bool is_joined_ = false;           ///< Under mutex_.
  product::BusStats stats_;          ///< Under mutex_.
};

}  // namespace parley::bus
