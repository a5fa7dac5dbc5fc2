#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "edge/api/answer.h"
#include "edge/api/api.h"

namespace parley::api {

/// One request on its way. admit() runs on the connection's thread, run() on the worker pool, on_refused() on any; the
/// first answer counts.
class Call {
 public:
  Call(Api& api, std::shared_ptr<net::HttpExchange> exchange);

  /// Everything that needs neither the database nor time: match, origin, sizes, types, addresses. False when the answer
  /// is given already.
  bool admit();
  /// Who, how often, again?, then the handler.
  void run();
  void on_refused(net::WorkerPool::Refusal why);
  /// On the steady clock, whatever clock the options name.
  Timestamp deadline() const {
    return posted_ + (work() == Work::kTransfer ? api_.options_.transfer_deadline : api_.options_.deadline);
  }
  /// Of the route. Once it is admitted.
  Work work() const { return match_.route->info.work; }

 private:
  const net::HttpRequest& http() const { return exchange_->request(); }
  /// A preflight, or a path or method that is not offered.
  void answer_unmatched();
  product::Outcome<void> check_request() const;
  Credentials credentials() const;
  std::string caller_key() const;

  product::Outcome<void> authenticate();
  product::Outcome<void> check_access() const;
  product::Outcome<void> spend_route_bucket();
  product::Outcome<void> spend(Bucket bucket, std::string_view key);
  /// Runs under the Idempotency-Key, if the request has one that counts.
  product::Outcome<Written> perform();
  product::Outcome<Written> perform_once(const IdempotentUse& use);
  product::Outcome<Written> call_handler();

  void answer(Written written);
  void answer(const product::Problem& problem);
  void answer_problem(const product::Problem& problem, const RateState* rate);
  /// False when there was an answer already.
  bool respond(net::HttpResponse response);
  Written write_problem(const product::Problem& problem) const;
  void report(const product::Problem& problem) const;

  Api& api_;
  const std::shared_ptr<net::HttpExchange> exchange_;
  const Now started_;       ///< By the options' clock.
  const Timestamp posted_;  ///< By the steady one.
  std::string request_id_;
  std::string_view language_;
  std::string client_ip_;
  Origins::Source source_ = Origins::Source::kUnknown;
  RouteTable::Match match_;
  Caller caller_;
  std::string allow_;  ///< Methods, for 405.
  bool is_replayed_ = false;
  std::atomic<bool> is_answered_ = false;
  std::optional<RateState> rate_;  ///< On the thread of admit(), then of run().
};

}  // namespace parley::api
