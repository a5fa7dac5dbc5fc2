#pragma once

#include <functional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "adapters/store/database.h"

namespace parley::server {

/// Tells the events of the outbox to those in this process who want them, each resource's in order, each at least once.
class OutboxRelay {
 public:
  /// Blocks until the event has had its effect; a problem means: again, a little later.
  using Listener = std::function<product::Outcome<void>(const product::OutboxEvent& event, Timestamp deadline)>;

  OutboxRelay(store::Database& database, std::vector<Listener> listeners);
  ~OutboxRelay() { stop(); }
  void stop();

 private:
  void work(const std::stop_token& stop);
  /// Whether everything that was pending has been told.
  bool tell_pending();
  bool tell(const store::PendingEvent& event);

  store::Database& database_;
  const std::vector<Listener> listeners_;
  std::jthread thread_;
};

}  // namespace parley::server
