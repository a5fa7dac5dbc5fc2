#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "adapters/bus/redis_url.h"
#include "adapters/bus/resp.h"
#include "base/rng.h"
#include "net/loop.h"

namespace parley::bus {

/// One connection to Redis that is made again whenever it is lost, with growing pauses and jitter. Lives on its loop's
/// thread; answers and pushed messages are told as they come, and so is every change of its state.
class RedisLink final : public net::LoopMember, public std::enable_shared_from_this<RedisLink> {
 public:
  /// From the look-up of the name to the last answer to what is said first.
  static constexpr TimeDelta kConnectTime = TimeDelta::seconds(5);
  /// After a loss: the first pause, doubled up to the longest; each is shortened by up to a half.
  static constexpr TimeDelta kFirstPause = TimeDelta::millis(100);
  static constexpr TimeDelta kLongestPause = TimeDelta::seconds(5);
  /// When nothing has come for so long, the other is asked whether it is there; and is taken for lost when it says
  /// nothing for kSilence.
  static constexpr TimeDelta kPingAfter = TimeDelta::seconds(5);
  static constexpr TimeDelta kSilence = TimeDelta::seconds(15);

  struct Handlers {
    std::function<void()> on_up;                          ///< The other has answered: what is sent now arrives.
    std::function<void(const std::string& why)> on_down;  ///< Lost, or an attempt has failed.
    std::function<void(const RespValue&)> on_value;       ///< Answers to pings included.
    std::function<std::string()> take;                    ///< What is to be sent next; empty: nothing now.
  };
  RedisLink(net::Loop& loop, RedisUrl url, Rng& rng, Handlers handlers)
      : loop_(loop), url_(std::move(url)), rng_(rng), handlers_(std::move(handlers)), resolver_(loop.context()) {}

  /// There is something to take. On the loop's thread, as all that follows.
  void flush();
  bool is_up() const { return state_ == State::kUp; }

  void on_tick(Timestamp now) override;
  void on_drain() override {}
  void abort() override;

 private:
  enum class State : unsigned char { kWaiting, kConnecting, kGreeting, kUp, kEnded };
  using Resolver = boost::asio::ip::tcp::resolver;

  void connect(Timestamp now);
  void on_connected();
  void read(uint64_t life);
  void on_read(size_t size);
  void on_greeted(const RespValue& value);
  void write(std::string bytes);
  void lose(const std::string& why);

  net::Loop& loop_;
  const RedisUrl url_;
  Rng& rng_;
  const Handlers handlers_;
  Resolver resolver_;
  /// Shared with what Asio has under way on it, which looks at it once more when it was aborted.
  std::shared_ptr<net::Socket> socket_;
  State state_ = State::kWaiting;
  uint64_t life_ = 0;  ///< Counts connections, so that what an old one says is not taken for the new one's.
  Timestamp due_;      ///< Of the next attempt, or the end of the one that runs.
  TimeDelta pause_ = kFirstPause;
  size_t greetings_ = 0;  ///< Answers that are missing until it is up.
  Timestamp heard_at_;
  bool is_pinged_ = false;
  std::array<char, size_t{16} * 1024> reading_{};
  std::string writing_;
  std::string next_;  ///< Waits for writing_: pings and greetings, so it is short.
  RespParser parser_;
};

}  // namespace parley::bus
