#pragma once

#include <string>
#include <vector>

#include "edge/identity/test_identity_api.h"
#include "edge/webhooks/routes.h"
#include "product/webhooks/deliveries.h"
#include "product/webhooks/dispatch.h"

namespace parley::api::webhooks {

namespace rules = product::webhooks;

/// The routes of webhooks and of identity behind the real frame and server, on a database.
class WebhookApi : public identity::IdentityApi {
 protected:
  void SetUp() override {
    IdentityApi::SetUp();
    admin_ = make_admin().header();
    key_ = bearer(make_key({.id = "", .session = "", .access = admin_.substr(22, admin_.size() - 24), .refresh = ""}));
  }

  void add_more_routes(RouteTable& table) override {
    add_webhook_routes(table, {.policy = rules::UrlPolicy::kHttpsOnly, .wake = [this] { ++wakes_; }});
  }

  WallTime now() const { return WallTime{1'800'000'000'000'000 + now_us_}; }
  template <class F>
  auto act(F body) {
    using T = std::invoke_result_t<F&, product::Tx&>;
    return *store_->write(store::after(TimeDelta::seconds(60)),
                          [&](product::Tx& tx) -> product::Outcome<T> { return body(tx); });
  }
  std::string make_endpoint(const std::string& who, const std::string& more = {}) {
    const auto made = post("/api/v1/webhooks/endpoints", R"({"url":"https://app.example.com/hook")" + more + "}", who);
    EXPECT_EQ(made.status, 201) << made.body;
    return made.status == 201 ? text(made.json(), "id") : "";
  }
  static std::string path(const std::string& endpoint, const std::string& rest = {}) {
    return "/api/v1/webhooks/endpoints/" + endpoint + rest;
  }
  void tell(int64_t id, const std::string& resource = "user:1", const std::string& type = "user.updated") {
    const std::vector<rules::OutboxRecord> events{{id, type, resource, "{}", now()}};
    act([&](product::Tx& tx) { return rules::enqueue(tx, events, now(), rng_); });
  }
  /// Sends everything that is due, as it were, and gets `status` each time.
  void answer_all(const std::string& endpoint, int status) {
    act([&](product::Tx& tx) {
      const auto claimed = rules::claim(tx, product::HookId(endpoint), 100, now());
      for (const auto& one : claimed)
        rules::finish(tx, {one.id, one.lease, now(), TimeDelta::millis(12), status, {}}, now(), rng_);
      return claimed.size();
    });
  }

  std::string admin_;  ///< Headers of an administrator's requests.
  std::string key_;    ///< Of a server API key's.
  std::atomic<int> wakes_ = 0;
};

}  // namespace parley::api::webhooks
