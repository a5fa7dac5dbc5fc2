#pragma once

#include <functional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "adapters/store/database.h"

namespace parley::server {

/// Tells the events of the outbox to those in this process who want them, each resource's in order, each at least once.
class OutboxRelay {
 public:
  /// Blocks until the event has had its effect; a problem means: again, a little later.
  using Listener = std::function<product::Outcome<void>(const product::OutboxEvent& event, Timestamp deadline)>;

  /// Is given the events before the listeners, and an event that it has not taken is neither told nor given up. May be
  /// given an event again, after a restart.
  using Recorder =
      std::function<product::Outcome<void>(const std::vector<store::PendingEvent>& events, Timestamp deadline)>;

  OutboxRelay(store::Database& database, Recorder recorder, std::vector<Listener> listeners);
  ~OutboxRelay() { stop(); }
  void stop();

 private:
  void work(const std::stop_token& stop);
  /// Whether everything that was pending has been told.
  bool tell_pending();
  bool record(const std::vector<store::PendingEvent>& pending);
  bool tell(const store::PendingEvent& event);

  store::Database& database_;
  const Recorder recorder_;
  const std::vector<Listener> listeners_;
  std::unordered_set<int64_t> recorded_;  ///< Of what is pending, so that nothing is recorded at each retry.
  std::jthread thread_;
};

}  // namespace parley::server
