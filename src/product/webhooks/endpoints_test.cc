#include "product/webhooks/event_types.h"
#include "product/webhooks/test_webhooks.h"

namespace parley::product::webhooks {
namespace {

class WebhookEndpoints : public WebhookTest {};
PARLEY_ON_BOTH_DATABASES(WebhookEndpoints);

TEST_P(WebhookEndpoints, AreMadeListedChangedAndDeleted) {
  const auto made =
      try_create({"https://app.example.com/hook?x=1", "ours", {"user.updated", "ban.added", "ban.added"}});
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->secret.reveal().starts_with("whsec_"));
  EXPECT_EQ(made->view.event_types, (std::vector<std::string>{"ban.added", "user.updated"}));
  advance(TimeDelta::seconds(1));
  const auto changed = write([&](Tx& tx) {
    return update_endpoint(tx, {}, made->view.id,
                           {.url = "https://app.example.com/other", .description = "", .event_types = {{}}},
                           UrlPolicy::kHttpsOnly, now_);
  });
  ASSERT_TRUE(changed);
  EXPECT_TRUE(changed->event_types.empty());
  EXPECT_EQ(changed->updated_at, now_);
  const auto listed = act([&](Tx& tx) { return list_endpoints(tx, {}); });
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].url, "https://app.example.com/other");
  EXPECT_TRUE(write([&](Tx& tx) { return delete_endpoint(tx, {}, made->view.id); }));
  EXPECT_EQ(code_of(write([&](Tx& tx) { return delete_endpoint(tx, {}, made->view.id); })), "not_found");
}

TEST_P(WebhookEndpoints, WithAnUnfitAddressAreRefusedWithThePlace) {
  for (const char* url :
       {"http://app.example.com/", "ftp://app.example.com", "https://", "https://:443/", "https://a@b.example",
        "https://a.example/#x", "https://a.example/\\x", "https://ünlü.example/", "https://a.example/ x", "", "//a"}) {
    const auto refused = try_create({url, "", {}});
    ASSERT_FALSE(refused) << url;
    ASSERT_EQ(refused.error().errors.size(), 1u) << url;
    EXPECT_EQ(refused.error().errors[0].pointer, "/url") << url;
  }
  EXPECT_FALSE(try_create({"https://a.example/" + std::string(2048, 'x'), "", {}}));
  EXPECT_TRUE(try_create({"http://127.0.0.1:3000/hook", "", {}}, {}, UrlPolicy::kHttpToo));
}

TEST_P(WebhookEndpoints, AreToldNoEventsThatStayInside) {
  for (const char* type : {"access.changed", "voice.move_requested", "user.blocked", "webhook.test", "*", "user"})
    EXPECT_EQ(code_of(try_create({"https://a.example/", "", {"user.updated", type}})), "invalid_request") << type;
  EXPECT_TRUE(is_event_type("user.updated"));
  EXPECT_FALSE(is_event_type("access.changed"));
}

TEST_P(WebhookEndpoints, OfOneKeyAreNotThereForAnother) {
  const ApiKeyId ours = make_key("ours");
  const ApiKeyId theirs = make_key("theirs");
  const HookId id = make_endpoint({}, ours);
  EXPECT_EQ(code_of(read([&](Tx& tx) { return get_endpoint(tx, ours, id); })), "done");
  EXPECT_EQ(code_of(read([&](Tx& tx) { return get_endpoint(tx, std::nullopt, id); })), "done");
  EXPECT_EQ(code_of(read([&](Tx& tx) { return get_endpoint(tx, theirs, id); })), "not_found");
  EXPECT_EQ(code_of(write([&](Tx& tx) { return delete_endpoint(tx, theirs, id); })), "not_found");
  EXPECT_TRUE(act([&](Tx& tx) { return list_endpoints(tx, theirs); }).empty());
  const HookId admins = make_endpoint();
  EXPECT_EQ(code_of(read([&](Tx& tx) { return get_endpoint(tx, ours, admins); })), "not_found");
}

TEST_P(WebhookEndpoints, HaveALimitForEachKeyAndForTheServer) {
  for (int key = 0; key < 5; ++key) {
    const ApiKeyId id = make_key("k" + std::to_string(key));
    for (int i = 0; i < kMaxEndpointsOfKey; ++i) make_endpoint({}, id);
    EXPECT_EQ(code_of(try_create({"https://a.example/", "", {}}, id)), "limit_reached");
  }
  EXPECT_EQ(code_of(try_create({"https://a.example/", "", {}})), "limit_reached");
}

TEST_P(WebhookEndpoints, AreSignedForWithBothSecretsWhileTheGraceLasts) {
  const auto made = try_create({"https://a.example/", "", {}});
  const HookId id = made->view.id;
  const auto rotate = [&](TimeDelta grace) {
    return *write([&](Tx& tx) { return rotate_secret(tx, {}, id, grace, now_, rng_); });
  };
  const auto second = rotate(TimeDelta::seconds(60));
  EXPECT_NE(second.secret, made->secret);
  EXPECT_EQ(second.view.old_secret_until, std::optional(WallTime{now_.unix_us + 60'000'000}));
  tell({event(1)});
  const auto both = take(id).at(0).secrets;
  EXPECT_EQ(both.current, second.secret);
  EXPECT_EQ(both.old, std::optional(made->secret));
  advance(TimeDelta::seconds(60));
  EXPECT_FALSE(take(id).at(0).secrets.old);
  const auto third = rotate(TimeDelta::zero());
  advance(kLease);
  EXPECT_EQ(take(id).at(0).secrets.current, third.secret);
  act([&](Tx& tx) { return sweep(tx, now_); });
  EXPECT_EQ(act([&](Tx& tx) {
              return *one<int64_t>(tx, "select count(*) from webhook_endpoints where old_secret is not null");
            }),
            0);
}

}  // namespace
}  // namespace parley::product::webhooks
