#include <set>

#include "product/webhooks/event_types.h"
#include "product/webhooks/test_webhooks.h"

namespace parley::product::webhooks {
namespace {

class WebhookDeliveries : public WebhookTest {
 protected:
  Outcome<Delivery> replay(const HookId& endpoint, const DeliveryId& id) {
    return write([&](Tx& tx) { return replay_delivery(tx, {}, endpoint, id, now_); });
  }
  /// Answers with `status` until nothing is due; returns the numbers of what was sent.
  std::string drain(const HookId& endpoint, int status) {
    std::string sent;
    for (auto claimed = take(endpoint); !claimed.empty(); claimed = take(endpoint)) {
      sent += (sent.empty() ? "" : " ") + numbers(claimed);
      for (const Claimed& one : claimed) answer(one, status);
    }
    return sent;
  }
  void set_enabled(const HookId& endpoint, bool is_enabled) {
    EXPECT_TRUE(write([&](Tx& tx) {
      return update_endpoint(tx, {}, endpoint, {.is_enabled = is_enabled}, UrlPolicy::kHttpsOnly, now_);
    }));
  }
};
PARLEY_ON_BOTH_DATABASES(WebhookDeliveries);

TEST_P(WebhookDeliveries, AreMadeForWhoWantsTheEventAndForNobodyElse) {
  const HookId everything = make_endpoint();
  const HookId bans = make_endpoint({"ban.added"});
  EXPECT_EQ(tell({event(1), event(2, "community:1", "ban.added"), event(3, "community:1", "access.changed")}), 3);
  EXPECT_EQ(list(everything).size(), 2u);
  ASSERT_EQ(list(bans).size(), 1u);
  EXPECT_EQ(list(bans)[0].type, "ban.added");
}

TEST_P(WebhookDeliveries, OfAnEventToldTwiceAreMadeOnce) {
  const HookId id = make_endpoint();
  EXPECT_EQ(tell({event(1), event(2)}), 2);
  EXPECT_EQ(tell({event(1), event(2), event(3)}), 1);
  EXPECT_EQ(list(id).size(), 3u);
  EXPECT_EQ(drain(id, 200), "1 2 3");
  EXPECT_EQ(tell({event(1), event(2), event(3)}), 0);
  EXPECT_EQ(take(id).size(), 0u);
}

TEST_P(WebhookDeliveries, SayWhatHappenedWhenAndToWhat) {
  const HookId id = make_endpoint();
  tell({event(5, "channel:9", "voice.left")});
  EXPECT_EQ(take(id).at(0).body,
            R"({"type":"voice.left","timestamp":"2027-01-15T08:00:00.000Z","resource":"channel:9","data":{"n":5}})");
}

TEST_P(WebhookDeliveries, AreNotMadeForDisabledEndpointsAndRevokedKeys) {
  const ApiKeyId key = make_key("app");
  const HookId id = make_endpoint({}, key);
  tell({event(1)});
  set_enabled(id, false);
  EXPECT_EQ(endpoint(id).disabled_reason, std::optional(DisabledReason::kByOwner));
  EXPECT_EQ(tell({event(2)}), 0);
  EXPECT_EQ(take(id).size(), 0u);
  set_enabled(id, true);
  EXPECT_FALSE(endpoint(id).disabled_reason.has_value());
  EXPECT_EQ(tell({event(3)}), 1);
  revoke(key);
  EXPECT_EQ(tell({event(4)}), 0);
  EXPECT_EQ(take(id).size(), 0u);
  EXPECT_TRUE(act([&](Tx& tx) { return endpoints_due(tx); }).empty());
  EXPECT_FALSE(act([&](Tx& tx) { return has_active_endpoint(tx); }));
}

TEST_P(WebhookDeliveries, AreListedThroughPagesAndByStateAndType) {
  const HookId id = make_endpoint();
  for (int i = 1; i <= 5; ++i) {
    advance(TimeDelta::millis(1));  // Ids of one millisecond have no order.
    tell({event(i, "user:" + std::to_string(i), i % 2 == 0 ? "user.updated" : "user.created")});
  }
  answer(take(id, 1).at(0), 204);
  std::string types;
  DeliveryPlace place{.after = "", .limit = 2};
  for (;;) {
    const auto page = *read([&](Tx& tx) { return list_deliveries(tx, {}, id, {}, place); });
    for (const Delivery& one : page) types += one.resource.substr(5) + " ";
    if (page.size() < 2) break;
    place.after = page.back().id.text();
  }
  EXPECT_EQ(types, "5 4 3 2 1 ");
  EXPECT_EQ(list(id, {.state = DeliveryState::kDelivered, .type = {}}).size(), 1u);
  EXPECT_EQ(list(id, {.state = DeliveryState::kPending, .type = "user.updated"}).size(), 2u);
}

TEST_P(WebhookDeliveries, TellTheirAttempts) {
  const HookId id = make_endpoint();
  tell({event(1)});
  answer(take(id).at(0), 503);
  advance(TimeDelta::seconds(5));
  const Claimed again = take(id).at(0);
  act([&](Tx& tx) {
    return finish(tx, {again.id, again.lease, now_, kAttemptTimeout, {}, AttemptError::kTimeout}, now_, rng_);
  });
  const auto told = details(id, again.id);
  EXPECT_EQ(told.body.text, again.body);
  EXPECT_EQ(told.attempts, 2);
  ASSERT_EQ(told.last_attempts.size(), 2u);
  EXPECT_EQ(told.last_attempts[0].error, std::optional(AttemptError::kTimeout));
  EXPECT_FALSE(told.last_attempts[0].status.has_value());
  EXPECT_EQ(told.last_attempts[0].duration_ms, 10'000);
  EXPECT_EQ(told.last_attempts[1].status, std::optional<int64_t>(503));
  EXPECT_EQ(told.last_attempts[1].duration_ms, 7);
  const HookId other = make_endpoint();
  EXPECT_EQ(code_of(read([&](Tx& tx) { return get_delivery(tx, {}, other, again.id); })), "not_found");
}

TEST_P(WebhookDeliveries, KeepOnlyTheNewestAttempts) {
  const HookId id = make_endpoint();
  tell({event(1)});
  for (int i = 0; i < kMaxAttemptsKept + 5; ++i) {
    const auto claimed = take(id);
    ASSERT_EQ(claimed.size(), 1u);
    answer(claimed[0], 200);
    ASSERT_TRUE(replay(id, claimed[0].id));
  }
  const auto told = details(id, list(id).at(0).id);
  EXPECT_EQ(told.attempts, kMaxAttemptsKept + 5);
  ASSERT_EQ(std::ssize(told.last_attempts), kMaxAttemptsKept);
  EXPECT_EQ(told.last_attempts.back().number, 6);
}

TEST_P(WebhookDeliveries, AreReplayedUnderTheSameIdWithAWindowOfTheirOwn) {
  const HookId id = make_endpoint();
  tell({event(1)});
  const Claimed first = take(id).at(0);
  answer(first, 200);
  advance(TimeDelta::seconds(3 * 86'400));
  EXPECT_EQ(replay(id, first.id)->state, DeliveryState::kPending);
  const Claimed second = take(id).at(0);
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(answer(second, 500), Fate::kRetried);
  EXPECT_EQ(code_of(replay(id, DeliveryId("none"))), "not_found");
}

TEST_P(WebhookDeliveries, ThatArePendingAreTriedAtOnceButNeverTwiceAtATime) {
  const HookId id = make_endpoint();
  tell({event(1)});
  const Claimed first = take(id).at(0);
  ASSERT_TRUE(replay(id, first.id));
  EXPECT_EQ(take(id).size(), 0u);
  answer(first, 500);
  EXPECT_EQ(take(id).size(), 0u);
  ASSERT_TRUE(replay(id, first.id));
  EXPECT_EQ(take(id).size(), 1u);
}

TEST_P(WebhookDeliveries, ThatFailedSinceAnInstantAreReplayedInOrder) {
  const HookId id = make_endpoint();
  tell({event(1, "user:1"), event(2, "user:2")});
  advance(TimeDelta::seconds(10));
  const WallTime since = now_;
  tell({event(3, "user:1"), event(4, "user:1"), event(5, "user:2")});
  for (int i = 0; i < 2; ++i) {
    advance(kRetryWindow);
    drain(id, 500);
  }
  ASSERT_EQ(list(id, {.state = DeliveryState::kFailed, .type = {}}).size(), 5u);
  const auto replayed = *write([&](Tx& tx) { return replay_failed(tx, {}, id, since, now_); });
  EXPECT_EQ(replayed.replayed, 3);
  EXPECT_TRUE(replayed.is_complete);
  EXPECT_EQ(drain(id, 200), "3 5 4");
}

TEST_P(WebhookDeliveries, AreNeitherTestedNorReplayedWhileTheirEndpointIsDisabled) {
  const HookId id = make_endpoint();
  tell({event(1)});
  set_enabled(id, false);
  EXPECT_EQ(code_of(replay(id, list(id).at(0).id)), "webhook_disabled");
  EXPECT_EQ(code_of(write([&](Tx& tx) { return replay_failed(tx, {}, id, {}, now_); })), "webhook_disabled");
  EXPECT_EQ(code_of(write([&](Tx& tx) { return send_test(tx, {}, id, now_, rng_); })), "webhook_disabled");
}

TEST_P(WebhookDeliveries, OfTestsWaitForNothing) {
  const HookId id = make_endpoint({"ban.added"});
  const auto made = *write([&](Tx& tx) { return send_test(tx, {}, id, now_, rng_); });
  const auto other = *write([&](Tx& tx) { return send_test(tx, {}, id, now_, rng_); });
  EXPECT_EQ(made.type, kTestType);
  const auto claimed = take(id);
  ASSERT_EQ(claimed.size(), 2u);
  EXPECT_NE(made.id, other.id);
  EXPECT_TRUE(claimed[0].body.contains(id.text()));
}

}  // namespace
}  // namespace parley::product::webhooks
