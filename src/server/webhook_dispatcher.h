#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "adapters/store/database.h"
#include "base/rng.h"
#include "net/http_client.h"
#include "product/webhooks/dispatch.h"

namespace parley::server {

/// Sends the product's webhooks: takes what is due from the database, on a thread of its own, and posts it. An endpoint
/// that is slow or dead delays nothing but its own deliveries: each has a place that no other can take.
///
/// (The webhooks about rooms that a LiveKit server sends are WebhookSender's.)
class WebhookDispatcher {
 public:
  /// POSTs to one endpoint at a time. One more is one more connection to somebody else's server.
  static constexpr int64_t kParallel = 4;
  /// To one whose last answer was none, or a bad one.
  static constexpr int64_t kParallelFailing = 1;
  /// Altogether, but for the first one of each endpoint.
  static constexpr size_t kParallelOverall = 128;
  /// Other instances and commands wake nobody here.
  static constexpr TimeDelta kLookAnyway = TimeDelta::seconds(2);
  /// Between two looks at backlogs.
  static constexpr TimeDelta kTendInterval = TimeDelta::seconds(30);
  /// At the end, for POSTs that are under way; the rest is given back.
  static constexpr TimeDelta kDrain = TimeDelta::seconds(3);

  WebhookDispatcher(store::Database& database, Rng& rng, net::Reach reach);
  ~WebhookDispatcher() { stop(); }

  /// Enqueues events of the outbox, before anybody is told of them. kDatabaseUnavailable and the like: again.
  product::Outcome<void> record(const std::vector<store::PendingEvent>& events, Timestamp deadline);
  /// There may be something to send. From any thread; never blocks.
  void wake();
  /// Idempotent.
  void stop();
  /// Prometheus text format 0.0.4.
  std::string to_prometheus() const;

 private:
  struct InFlight {
    int64_t count = 0;
    bool is_failing = false;
  };
  struct Finished {
    product::HookId endpoint;
    product::webhooks::AttemptResult result;
  };

  void work(const std::stop_token& stop);
  /// Writes down what has been answered. False: the database did not take it; it is kept.
  bool write_finished();
  /// Claims and posts what is due and has a place. Returns when to look again.
  WallTime send_due();
  void tend();
  void post(product::webhooks::Claimed claimed);
  void on_answer(Finished finished);
  void wait(const std::stop_token& stop, WallTime until);
  void drain();
  int64_t places(const product::HookId& endpoint) const;

  store::Database& database_;
  Rng& rng_;
  net::HttpClient client_;

  // The thread's own.
  std::unordered_map<product::HookId, InFlight> endpoints_;
  size_t in_flight_ = 0;
  std::unordered_map<std::string, WallTime> leases_;  ///< Of what is under way, by delivery.
  std::vector<Finished> unwritten_;
  WallTime next_tend_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Finished> finished_;  ///< Under mutex_.
  bool is_woken_ = false;           ///< Under mutex_.

  std::array<std::atomic<uint64_t>, 4> fates_{};  ///< By product::webhooks::Fate.
  std::atomic<int64_t> waiting_ = 0;
  std::jthread thread_;  ///< Last: it uses all the rest.
};

}  // namespace parley::server
