#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "adapters/store/database.h"
#include "edge/api/idempotency.h"

namespace parley::server {

/// Does what is due once in a while: erases accounts whose time has come, forgets expired sessions, tokens and answers,
/// webhooks that were delivered long ago, and what is older than the rules of retention allow.
class Housekeeper {
 public:
  static constexpr TimeDelta kInterval = TimeDelta::seconds(600);

  Housekeeper(store::Database& database, api::Idempotency& idempotency, Rng& rng);
  ~Housekeeper() { stop(); }
  void stop();

 private:
  void work(const std::stop_token& stop);
  void clean();

  store::Database& database_;
  api::Idempotency& idempotency_;
  Rng& rng_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;
};

/// An account that is erased leaves its communities: a listener of the outbox.
product::Outcome<void> leave_when_erased(store::Database& database, Rng& rng, const product::OutboxEvent& event,
                                         Timestamp deadline);

}  // namespace parley::server
