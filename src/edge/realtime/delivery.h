#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "edge/gateway/gateway.h"
#include "edge/realtime/audience.h"
#include "product/events/log.h"
#include "product/ports/store.h"

namespace parley::realtime {

/// Tells the sockets of this instance what has happened: reads the log in its order, and nothing but the log, so that a
/// hint that is lost, late or doubled changes nothing. All reliable events leave on its one thread.
class Delivery {
 public:
  /// Without a hint, the log is looked at so often.
  static constexpr TimeDelta kLookAnyway = TimeDelta::millis(500);

  Delivery(product::Store& store, gateway::Gateway& gateway);
  ~Delivery() { stop(); }
  /// Begins behind the newest event. kDatabaseUnavailable and the like.
  product::Outcome<void> start(Timestamp deadline);
  /// Idempotent; tasks that wait are dropped.
  void stop();

  /// There may be something new. From any thread; never blocks.
  void wake();
  /// Runs `task` on the delivering thread, between two events, once everything up to `position` has been told; `task`
  /// is given the position that has been reached.
  using Task = std::move_only_function<void(int64_t position)>;
  void at(int64_t position, Task task);

  /// On the delivering thread: the events in (after, position reached], from memory or the database.
  product::Outcome<std::vector<product::events::LoggedEvent>> since(int64_t after, Now now);
  /// On the delivering thread: emits one event to one socket.
  static void tell(gateway::Socket& socket, const product::events::LoggedEvent& event);

  struct Stats {
    int64_t position = 0;
    uint64_t skipped = 0;  ///< Positions that were forgotten before they were read; every socket was told to resync.
  };
  Stats stats() const;

 private:
  struct Waiting {
    int64_t position;
    Task task;
  };
  void work(const std::stop_token& stop);
  /// Reads and tells one batch. False when there was nothing, or it could not be read.
  bool tell_batch();
  /// This instance has slept for a day, and what comes before `first` is forgotten, perhaps all there was: whoever is
  /// connected must look for himself.
  void skip_to(int64_t first);
  product::Outcome<void> tell_all(const product::events::LoggedEvent& event);
  void remember(product::events::LoggedEvent event);
  void run_tasks();
  void wait(const std::stop_token& stop);
  std::vector<std::string> rooms_for(const product::events::LoggedEvent& event, Now now);

  product::Store& store_;
  gateway::Gateway& gateway_;
  Audience audience_;
  int64_t position_ = 0;  ///< Of the delivering thread.
  /// Of the delivering thread: emitted already, while what must follow is tried again.
  int64_t emitted_ = 0;
  std::deque<product::events::LoggedEvent> recent_;  ///< Of the delivering thread: dense, up to position_.
  std::atomic<int64_t> told_position_ = 0;
  std::atomic<uint64_t> skipped_ = 0;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool is_woken_ = false;         ///< Under mutex_.
  std::vector<Waiting> waiting_;  ///< Under mutex_.
  std::jthread thread_;           ///< Last: it uses all the rest.
};

}  // namespace parley::realtime
