#include "server/webhook_dispatcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "adapters/store/test_store.h"
#include "base/locked_rng.h"
#include "net/clock.h"
#include "net/http_server.h"
#include "product/webhooks/deliveries.h"

namespace parley::server {
namespace {

namespace rules = product::webhooks;
using product::HookId;
using product::Tx;

/// Notes what comes; answers by `answer`, or not at all while that is 0.
class Receiver {
 public:
  Receiver() : server_({.bind_addresses = {"127.0.0.1"}}, [this](auto exchange) { on_request(std::move(exchange)); }) {
    EXPECT_TRUE(server_.start());
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()) + "/hook"; }
  void set_answer(int status) {
    const std::lock_guard lock(mutex_);
    answer_ = status;
  }
  /// Waits until so many requests have come.
  bool wait_for(size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return requests_.size() >= count; });
  }
  std::vector<net::HttpRequest> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void on_request(std::shared_ptr<net::HttpExchange> exchange) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(exchange->request());
      if (answer_ == 0) {
        held_.push_back(std::move(exchange));
      } else {
        exchange->respond(net::make_text_response(answer_, ""));
      }
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int answer_ = 204;
  std::vector<net::HttpRequest> requests_;
  std::vector<std::shared_ptr<net::HttpExchange>> held_;
  net::HttpServer server_;
};

class WebhookDispatcherTest : public store::OnBothDatabases {
 protected:
  rules::EndpointWithSecret make_endpoint(const std::string& url) {
    return *store_->write(soon(), [&](Tx& tx) {
      return rules::create_endpoint(tx, {}, {url, "", {}}, rules::UrlPolicy::kHttpToo, net::read_clock().wall, rng_);
    });
  }
  static store::PendingEvent event(int64_t id, int64_t resources = 1) {
    return {id, "user.updated", "user:" + std::to_string(id % resources), std::to_string(id), net::read_clock().wall};
  }
  std::vector<rules::Delivery> list(const HookId& endpoint) {
    return *store_->read(
        soon(), [&](Tx& tx) { return rules::list_deliveries(tx, {}, endpoint, {}, {.after = "", .limit = 1000}); });
  }
  /// Asks again until it holds: what the dispatcher writes comes after what the receiver sees.
  template <class F>
  bool eventually(F check) {
    const Timestamp until = soon();
    while (!check()) {
      if (store::now() >= until) return false;
    }
    return true;
  }
  bool all_delivered(const HookId& endpoint, size_t count) {
    return eventually([&] {
      const auto deliveries = list(endpoint);
      return deliveries.size() == count && std::ranges::all_of(deliveries, [](const rules::Delivery& one) {
               return one.state == rules::DeliveryState::kDelivered;
             });
    });
  }

  LockedRng<SeededRng> rng_{SeededRng(42)};
};
PARLEY_ON_BOTH_DATABASES(WebhookDispatcherTest);

TEST_P(WebhookDispatcherTest, PostsWhatIsRecordedSignedOverExactlyWhatIsSent) {
  Receiver receiver;
  const auto made = make_endpoint(receiver.url());
  WebhookDispatcher dispatcher(*store_, rng_, net::Reach::kAnywhere);
  ASSERT_TRUE(dispatcher.record({event(1)}, soon()));
  ASSERT_TRUE(receiver.wait_for(1));
  const net::HttpRequest request = receiver.requests().at(0);
  const std::string id(request.headers.get("webhook-id"));
  const int64_t at = std::atoll(std::string(request.headers.get("webhook-timestamp")).c_str());
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(request.headers.get("webhook-signature"),
            rules::sign(made.secret, id, WallTime{at * 1'000'000}, request.body));
  ASSERT_TRUE(all_delivered(made.view.id, 1));
  EXPECT_EQ(list(made.view.id).at(0).id.text(), id);
  dispatcher.stop();
  EXPECT_TRUE(dispatcher.to_prometheus().contains("{outcome=\"delivered\"} 1\n"));
}

TEST_P(WebhookDispatcherTest, TwoInstancesSendEachDeliveryOnceAndInOrder) {
  Receiver receiver;
  const auto made = make_endpoint(receiver.url());
  const auto other_store = store_.open_another();
  WebhookDispatcher one(*store_, rng_, net::Reach::kAnywhere);
  WebhookDispatcher other(*other_store, rng_, net::Reach::kAnywhere);
  constexpr int64_t kEvents = 120;
  for (int64_t id = 1; id <= kEvents; id += 10) {
    std::vector<store::PendingEvent> events;
    for (int64_t i = id; i < id + 10; ++i) events.push_back(event(i, 7));
    // Told twice, as a relay may that was killed.
    ASSERT_TRUE(one.record(events, soon()));
    ASSERT_TRUE(other.record(events, soon()));
  }
  ASSERT_TRUE(all_delivered(made.view.id, kEvents));
  std::map<std::string, std::vector<int64_t>> received;
  for (const net::HttpRequest& request : receiver.requests()) {
    const size_t data = request.body.find("\"data\":") + 7;
    const int64_t id = std::atoll(request.body.c_str() + data);
    received["user:" + std::to_string(id % 7)].push_back(id);
  }
  EXPECT_EQ(receiver.requests().size(), size_t{kEvents});
  for (const auto& [resource, ids] : received) EXPECT_TRUE(std::ranges::is_sorted(ids)) << resource;
}

TEST_P(WebhookDispatcherTest, AtItsEndGivesBackWhatWasNotAnswered) {
  Receiver receiver;
  receiver.set_answer(0);
  const auto made = make_endpoint(receiver.url());
  {
    WebhookDispatcher dispatcher(*store_, rng_, net::Reach::kAnywhere);
    ASSERT_TRUE(dispatcher.record({event(1)}, soon()));
    ASSERT_TRUE(receiver.wait_for(1));
  }
  EXPECT_EQ(list(made.view.id).at(0).attempts, 0);
  receiver.set_answer(200);
  WebhookDispatcher next(*store_, rng_, net::Reach::kAnywhere);
  ASSERT_TRUE(receiver.wait_for(2));
  EXPECT_EQ(receiver.requests().at(0).headers.get("webhook-id"), receiver.requests().at(1).headers.get("webhook-id"));
}

TEST_P(WebhookDispatcherTest, GoesIntoNoInnerNetworkUnlessItMay) {
  Receiver receiver;
  const auto made = make_endpoint(receiver.url());
  WebhookDispatcher dispatcher(*store_, rng_, net::Reach::kPublicOnly);
  ASSERT_TRUE(dispatcher.record({event(1)}, soon()));
  ASSERT_TRUE(eventually([&] { return list(made.view.id).at(0).attempts > 0; }));
  dispatcher.stop();
  const auto id = list(made.view.id).at(0).id;
  const auto told = *store_->read(soon(), [&](Tx& tx) { return rules::get_delivery(tx, {}, made.view.id, id); });
  EXPECT_EQ(told.last_attempts.at(0).error, std::optional(rules::AttemptError::kAddressNotAllowed));
  EXPECT_TRUE(receiver.requests().empty());
}

}  // namespace
}  // namespace parley::server
