#pragma once

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>

#include "base/bytes.h"
#include "base/time.h"

namespace parley::net {

/// Sockets and timers know their loop's executor by type: cheaper than the erased one.
using LoopExecutor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, LoopExecutor>;
using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, LoopExecutor>;
using LoopTimer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                    boost::asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>;

/// Something that lives on a loop. All calls come on the loop's thread.
class LoopMember {
 public:
  virtual ~LoopMember() = default;
  /// Regularly, for timeouts.
  virtual void on_tick(Timestamp now) = 0;
  /// The server wants to end: finish what runs, begin nothing.
  virtual void on_drain() = 0;
  /// End at once; calls Loop::remove().
  virtual void abort() = 0;
};

/// One thread with its event loop and the connections that live on it. The loop owns its members until they remove
/// themselves. Shared, because exchanges and WebSockets in the hands of other threads may outlive the server.
class Loop : public std::enable_shared_from_this<Loop> {
 public:
  explicit Loop(TimeDelta tick) : tick_(tick), timer_(context_) {}

  void start();
  /// Aborts all members, runs what is queued and joins. Not from the loop's thread.
  void stop();
  /// Runs `work` on the loop's thread, in the order of calls. False, and `work` is dropped, once the loop has stopped.
  bool post(std::move_only_function<void()> work);

  // On the loop's thread:
  void add(std::shared_ptr<LoopMember> member);
  void remove(LoopMember& member);
  void drain();
  bool is_draining() const { return is_draining_; }
  /// Members are being aborted; a new one must not begin.
  bool is_stopping() const { return is_stopping_; }
  static Timestamp now();
  /// For reading: what is in it is gone with the next callback.
  std::span<char> scratch() { return scratch_; }
  /// IMF-fixdate of the present second (RFC 9110 section 5.6.7).
  const std::string& http_date();

  // On any thread:
  boost::asio::io_context& context() { return context_; }
  /// Waits until there is no member left; false when `patience` runs out first.
  bool wait_until_empty(TimeDelta patience);

 private:
  void schedule_tick();
  void run_posted();
  std::vector<std::shared_ptr<LoopMember>> snapshot() const;

  const TimeDelta tick_;
  boost::asio::io_context context_{1};
  LoopTimer timer_;
  std::optional<boost::asio::executor_work_guard<LoopExecutor>> guard_;
  std::thread thread_;
  std::unordered_set<std::shared_ptr<LoopMember>> members_;
  std::array<char, 64 * 1024> scratch_;
  bool is_draining_ = false;
  bool is_stopping_ = false;
  std::string date_;
  int64_t date_second_ = -1;

  std::mutex mutex_;
  std::condition_variable emptied_;
  bool accepts_work_ = false;                            ///< Under mutex_.
  std::vector<std::move_only_function<void()>> posted_;  ///< Under mutex_; not empty: run_posted() will come.
  size_t member_count_ = 0;                              ///< Under mutex_; size of members_ for other threads.
};

}  // namespace parley::net
