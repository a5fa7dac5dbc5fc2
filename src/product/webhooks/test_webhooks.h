#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "adapters/store/test_store.h"
#include "product/webhooks/deliveries.h"
#include "product/webhooks/dispatch.h"
#include "product/webhooks/endpoints.h"

namespace parley::product::webhooks {

/// Webhooks on an empty database, with a clock that stands.
class WebhookTest : public store::OnBothDatabases {
 protected:
  /// write() of what has no problems.
  template <class F>
  auto act(F body) {
    using T = std::invoke_result_t<F&, Tx&>;
    return *write([&](Tx& tx) -> Outcome<T> { return body(tx); });
  }
  void advance(TimeDelta delta) { now_.unix_us += delta.us(); }

  ApiKeyId make_key(const std::string& name) {
    const auto id = make_id<ApiKeyId>(now_, rng_);
    act([&](Tx& tx) {
      return execute(tx, "insert into api_keys (id, name, hash, created_at) values ($1, $2, $2, $3)", id, name, now_);
    });
    return id;
  }
  void revoke(const ApiKeyId& key) {
    act([&](Tx& tx) { return execute(tx, "update api_keys set revoked_at = $1 where id = $2", now_, key); });
  }
  Outcome<EndpointWithSecret> try_create(const NewEndpoint& wanted, const Viewer& owner = {},
                                         UrlPolicy policy = UrlPolicy::kHttpsOnly) {
    return write([&](Tx& tx) { return create_endpoint(tx, owner, wanted, policy, now_, rng_); });
  }
  HookId make_endpoint(std::vector<std::string> types = {}, const Viewer& owner = {}) {
    auto made = try_create({"https://app.example.com/hook", "", std::move(types)}, owner);
    EXPECT_TRUE(made);
    return made ? made->view.id : HookId();
  }
  EndpointView endpoint(const HookId& id) {
    return *read([&](Tx& tx) { return get_endpoint(tx, {}, id); });
  }
  OutboxRecord event(int64_t id, const std::string& resource = "user:1",
                     const std::string& type = "user.updated") const {
    return {id, type, resource, R"({"n":)" + std::to_string(id) + "}", now_};
  }
  int64_t tell(const std::vector<OutboxRecord>& events) {
    return act([&](Tx& tx) { return enqueue(tx, events, now_, rng_); });
  }
  std::vector<Claimed> take(const HookId& id, int64_t limit = 100) {
    return act([&](Tx& tx) { return claim(tx, id, limit, now_); });
  }
  Fate answer(const Claimed& claimed, int status) {
    return act([&](Tx& tx) {
      return finish(tx, {claimed.id, claimed.lease, now_, TimeDelta::millis(7), status, {}}, now_, rng_);
    });
  }
  std::vector<Delivery> list(const HookId& id, const DeliveryFilter& filter = {}) {
    return *read([&](Tx& tx) { return list_deliveries(tx, {}, id, filter, {.after = "", .limit = 10'000}); });
  }
  DeliveryDetails details(const HookId& id, const DeliveryId& delivery) {
    return *read([&](Tx& tx) { return get_delivery(tx, {}, id, delivery); });
  }
  /// "1 2": the numbers of the events that are in what was claimed.
  static std::string numbers(const std::vector<Claimed>& claimed) {
    std::string out;
    for (const Claimed& one : claimed) out += (out.empty() ? "" : " ") + std::to_string(number(one));
    return out;
  }
  static int64_t number(const Claimed& claimed) {
    return std::atoll(claimed.body.c_str() + claimed.body.find("\"n\":") + 4);
  }
  static std::string code_of(const auto& outcome) {
    return outcome ? "done" : std::string(info(outcome.error().code).name);
  }

  WallTime now_{1'800'000'000'000'000};
  SeededRng rng_{42};
};

}  // namespace parley::product::webhooks
