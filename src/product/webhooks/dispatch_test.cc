#include "product/webhooks/dispatch.h"

#include "product/webhooks/test_webhooks.h"

namespace parley::product::webhooks {
namespace {

class WebhookDispatch : public WebhookTest {
 protected:
  Tended tended(int64_t max_waiting = kMaxWaiting) {
    return act([&](Tx& tx) { return tend(tx, now_, max_waiting); });
  }
  int64_t count(std::string_view table) {
    return act([&](Tx& tx) { return *one<int64_t>(tx, "select count(*) from " + std::string(table)); });
  }
};
PARLEY_ON_BOTH_DATABASES(WebhookDispatch);

TEST_P(WebhookDispatch, AnEarlierEventOfAResourceHoldsBackTheLaterOnesAndNoOthers) {
  const HookId id = make_endpoint();
  tell({event(1, "user:1"), event(2, "user:1"), event(3, "user:2")});
  auto claimed = take(id);
  ASSERT_EQ(numbers(claimed), "1 3");
  EXPECT_EQ(answer(claimed[0], 500), Fate::kRetried);
  EXPECT_EQ(answer(claimed[1], 204), Fate::kDelivered);
  tell({event(4, "user:1"), event(5, "user:2")});
  EXPECT_EQ(numbers(take(id)), "5");
  advance(TimeDelta::seconds(2));
  claimed = take(id);
  ASSERT_EQ(numbers(claimed), "1");
  answer(claimed[0], 200);
  claimed = take(id);
  ASSERT_EQ(numbers(claimed), "2");
  answer(claimed[0], 200);
  EXPECT_EQ(numbers(take(id)), "4");
}

TEST_P(WebhookDispatch, OneEndpointDoesNotHoldBackAnother) {
  const HookId dead = make_endpoint();
  const HookId alive = make_endpoint();
  tell({event(1), event(2)});
  answer(take(dead).at(0), 500);
  auto claimed = take(alive);
  answer(claimed.at(0), 200);
  EXPECT_EQ(numbers(take(alive)), "2");
}

TEST_P(WebhookDispatch, OnlyOneSenderHasADeliveryUntilItsLeaseEnds) {
  const HookId id = make_endpoint();
  tell({event(1)});
  const auto first = take(id);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(take(id).size(), 0u);
  advance(kLease);
  const auto second = take(id);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].id, first[0].id);
  EXPECT_EQ(answer(first[0], 500), Fate::kObsolete);
  EXPECT_EQ(take(id).size(), 0u);
  EXPECT_EQ(answer(second[0], 200), Fate::kDelivered);
}

TEST_P(WebhookDispatch, ASuccessThatComesTooLateIsStillOne) {
  const HookId id = make_endpoint();
  tell({event(1)});
  const Claimed first = take(id).at(0);
  advance(kLease);
  const Claimed second = take(id).at(0);
  EXPECT_EQ(answer(first, 200), Fate::kDelivered);
  EXPECT_EQ(answer(second, 500), Fate::kObsolete);
  EXPECT_EQ(list(id).at(0).state, DeliveryState::kDelivered);
}

TEST_P(WebhookDispatch, WhatIsGivenBackIsDueAtOnce) {
  const HookId id = make_endpoint();
  tell({event(1)});
  const Claimed first = take(id).at(0);
  act([&](Tx& tx) { return release(tx, first.id, first.lease, now_), 0; });
  const Claimed second = take(id).at(0);
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(details(id, first.id).attempts, 0);
}

TEST_P(WebhookDispatch, OnlyStatusesOfTwoHundredDeliver) {
  const HookId id = make_endpoint();
  for (const int status : {100, 199, 300, 301, 304, 400, 404, 429, 500, 599}) {
    tell({event(status, "user:" + std::to_string(status))});
    EXPECT_EQ(answer(take(id).at(0), status), Fate::kRetried) << status;
  }
  for (const int status : {200, 204, 299}) {
    tell({event(status, "user:" + std::to_string(status))});
    EXPECT_EQ(answer(take(id).at(0), status), Fate::kDelivered) << status;
  }
}

TEST_P(WebhookDispatch, IsGivenUpAfterADayAndTheNextOneIsTriedAtLeastOnce) {
  const HookId id = make_endpoint();
  tell({event(1), event(2)});
  const WallTime start = now_;
  std::string sent;
  int attempts = 0;
  for (;; ++attempts) {
    const auto due = act([&](Tx& tx) { return endpoints_due(tx); }).at(0).due_at;
    if (!due) break;
    now_ = *due;
    const auto claimed = take(id);
    ASSERT_EQ(claimed.size(), 1u);
    if (!sent.ends_with(numbers(claimed))) sent += numbers(claimed);
    answer(claimed[0], 500);
  }
  EXPECT_EQ(sent, "12");
  EXPECT_EQ(now_.unix_us - start.unix_us, kRetryWindow.us());
  EXPECT_GE(attempts, 30);
  EXPECT_EQ(list(id, {.state = DeliveryState::kFailed, .type = {}}).size(), 2u);
}

TEST_P(WebhookDispatch, AnEndpointThatIsGoneIsDisabledWithTheReason) {
  const HookId id = make_endpoint();
  tell({event(1), event(2)});
  EXPECT_EQ(answer(take(id).at(0), 410), Fate::kFailed);
  EXPECT_FALSE(endpoint(id).is_enabled);
  EXPECT_EQ(endpoint(id).disabled_reason, std::optional(DisabledReason::kGone));
  EXPECT_EQ(take(id).size(), 0u);
  EXPECT_EQ(tell({event(3)}), 0);
}

TEST_P(WebhookDispatch, WhatADisabledEndpointIsOwedEndsWithItsWindow) {
  const HookId id = make_endpoint();
  tell({event(1), event(2)});
  answer(take(id).at(0), 410);
  advance(kRetryWindow - TimeDelta::seconds(1));
  EXPECT_EQ(tended().failed, 0);
  advance(TimeDelta::seconds(1));
  const Tended late = tended();
  EXPECT_EQ(late.failed, 1);
  EXPECT_EQ(late.waiting, 0);
  EXPECT_EQ(list(id, {.state = DeliveryState::kFailed, .type = {}}).size(), 2u);
}

TEST_P(WebhookDispatch, WhatIsNotLateGoesOnWhenItsEndpointIsEnabledAgain) {
  const HookId id = make_endpoint();
  tell({event(1)});
  answer(take(id).at(0), 500);
  advance(TimeDelta::seconds(3600));
  tell({event(2)});
  const auto set_enabled = [&](bool is_enabled) {
    EXPECT_TRUE(write(
        [&](Tx& tx) { return update_endpoint(tx, {}, id, {.is_enabled = is_enabled}, UrlPolicy::kHttpsOnly, now_); }));
  };
  set_enabled(false);
  advance(kRetryWindow - TimeDelta::seconds(1800));
  EXPECT_EQ(tended().failed, 1);
  set_enabled(true);
  EXPECT_EQ(numbers(take(id)), "2");
}

TEST_P(WebhookDispatch, AnEndpointForWhichTooMuchWaitsIsDisabled) {
  const HookId slow = make_endpoint();
  const HookId other = make_endpoint({"ban.added"});
  tell({event(1), event(2), event(3)});
  EXPECT_EQ(tended(3).disabled, 0);
  tell({event(4)});
  const Tended full = tended(3);
  EXPECT_EQ(full.disabled, 1);
  EXPECT_EQ(full.waiting, 4);
  EXPECT_EQ(endpoint(slow).disabled_reason, std::optional(DisabledReason::kBacklogFull));
  EXPECT_TRUE(endpoint(other).is_enabled);
}

TEST_P(WebhookDispatch, WhatEndedIsForgottenAWeekOrAMonthLaterWithItsAttempts) {
  const HookId id = make_endpoint();
  tell({event(1), event(2, "user:2"), event(3, "user:3")});
  const auto claimed = take(id);
  answer(claimed.at(0), 200);
  answer(claimed.at(1), 410);
  const auto swept = [&] { return act([&](Tx& tx) { return sweep(tx, now_); }); };
  advance(kKeepDelivered);
  EXPECT_EQ(swept(), 0);
  advance(TimeDelta::seconds(1));
  EXPECT_EQ(swept(), 1);
  advance(kKeepFailed - kKeepDelivered);
  EXPECT_EQ(swept(), 1);
  EXPECT_EQ(count("webhook_attempts"), 0);
  EXPECT_EQ(count("webhook_deliveries"), 1);
}

TEST_P(WebhookDispatch, OfADeletedEndpointNothingIsLeftAndLateAnswersDoNothing) {
  const HookId id = make_endpoint();
  tell({event(1), event(2, "user:2")});
  const auto claimed = take(id);
  answer(claimed.at(0), 200);
  ASSERT_TRUE(write([&](Tx& tx) { return delete_endpoint(tx, {}, id); }));
  EXPECT_EQ(answer(claimed.at(1), 200), Fate::kObsolete);
  EXPECT_EQ(count("webhook_deliveries") + count("webhook_attempts"), 0);
}

}  // namespace
}  // namespace parley::product::webhooks
