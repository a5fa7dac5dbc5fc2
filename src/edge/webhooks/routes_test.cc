#include "edge/webhooks/test_webhook_api.h"

namespace parley::api::webhooks {
namespace {

class WebhookRoutes : public WebhookApi {};
PARLEY_ON_BOTH_DATABASES(WebhookRoutes);

TEST_P(WebhookRoutes, AKeyMakesSeesChangesAndRemovesItsEndpoints) {
  const auto made =
      post("/api/v1/webhooks/endpoints",
           R"({"url":"https://app.example.com/hook","description":"ours","eventTypes":["ban.added"]})", key_);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.header("Cache-Control"), "no-store");
  EXPECT_TRUE(text(made.json(), "secret").starts_with("whsec_"));
  const std::string id = text(made.json(), "id");
  const auto seen = call("GET " + path(id), key_);
  EXPECT_FALSE(seen.body.contains("whsec_"));
  EXPECT_EQ(seen.json().at("eventTypes").as_array().size(), 1u);
  const auto changed = call("PATCH " + path(id), key_ + kJson, R"({"isEnabled":false,"eventTypes":[]})");
  EXPECT_EQ(text(changed.json(), "disabledReason"), "by_owner");
  EXPECT_EQ(text(changed.json(), "description"), "ours");
  EXPECT_EQ(call("GET /api/v1/webhooks/endpoints", key_).json().at("items").as_array().size(), 1u);
  EXPECT_EQ(call("DELETE " + path(id), key_).status, 204);
  EXPECT_EQ(call("GET " + path(id), key_).code(), "not_found");
}

TEST_P(WebhookRoutes, WhatCannotBeIsRefusedWithItsPlace) {
  const auto pointer = [&](const std::string& body) {
    const auto answer = post("/api/v1/webhooks/endpoints", body, key_);
    EXPECT_EQ(answer.code(), "invalid_request") << body;
    return text(answer.json().at("errors").at(0), "pointer");
  };
  EXPECT_EQ(pointer("{}"), "/url");
  EXPECT_EQ(pointer(R"({"url":"http://app.example.com/"})"), "/url");
  EXPECT_EQ(pointer(R"({"url":"https://a.example/","eventTypes":["ban.added","nothing"]})"), "/eventTypes/1");
  EXPECT_EQ(pointer(R"({"url":"https://a.example/","secret":"whsec_AAAA"})"), "/secret");
  EXPECT_EQ(pointer(R"({"url":"https://a.example/","apiKeyId":"x"})"), "/apiKeyId");
  const std::string id = make_endpoint(key_);
  EXPECT_EQ(call("PATCH " + path(id), key_ + kJson, R"({"url":"https://u@a.example/"})").code(), "invalid_request");
  EXPECT_EQ(post(path(id, "/rotate-secret"), R"({"graceSeconds":604801})", key_).code(), "invalid_request");
  EXPECT_EQ(call("GET " + path(id, "/deliveries?state=lost"), key_).code(), "invalid_request");
}

TEST_P(WebhookRoutes, ANewSecretIsShownOnceAndTheOldOneStaysForItsGrace) {
  const std::string id = make_endpoint(key_);
  const auto rotated = post(path(id, "/rotate-secret"), R"({"graceSeconds":60})", key_);
  ASSERT_EQ(rotated.status, 200) << rotated.body;
  EXPECT_TRUE(text(rotated.json(), "secret").starts_with("whsec_"));
  EXPECT_FALSE(rotated.json().at("oldSecretUntil").is_null());
  EXPECT_FALSE(call("GET " + path(id), key_).body.contains("whsec_"));
  EXPECT_TRUE(post(path(id, "/rotate-secret"), R"({"graceSeconds":0})", key_).json().at("oldSecretUntil").is_null());
}

TEST_P(WebhookRoutes, DeliveriesAreListedThroughPagesFilteredAndShownWithTheirAttempts) {
  const std::string id = make_endpoint(key_);
  for (int i = 1; i <= 3; ++i) {
    advance(TimeDelta::millis(1));  // Ids of one millisecond have no order.
    tell(i, "user:" + std::to_string(i));
  }
  answer_all(id, 503);
  std::string resources;
  std::string cursor;
  std::string last;
  for (int pages = 0; pages < 2; ++pages) {
    const auto page = call("GET " + path(id, "/deliveries?limit=2" + cursor), key_).json();
    for (const auto& item : page.at("items").as_array()) resources += text(item, "resource") + " ";
    last = text(page.at("items").as_array().back(), "id");
    if (!page.at("next").is_null()) cursor = "&cursor=" + text(page, "next");
    EXPECT_EQ(page.at("next").is_null(), pages == 1);
  }
  EXPECT_EQ(resources, "user:3 user:2 user:1 ");
  const auto shown = call("GET " + path(id, "/deliveries/" + last), key_).json();
  EXPECT_EQ(shown.at("attempts").as_int64(), 1);
  EXPECT_EQ(shown.at("lastAttempts").at(0).at("status").as_int64(), 503);
  EXPECT_EQ(text(shown.at("body"), "type"), "user.updated");
  const auto count = [&](const std::string& filter) {
    return call("GET " + path(id, "/deliveries?" + filter), key_).json().at("items").as_array().size();
  };
  EXPECT_EQ(count("state=pending"), 3u);
  EXPECT_EQ(count("state=delivered"), 0u);
  EXPECT_EQ(count("type=user.updated"), 3u);
  EXPECT_EQ(count("type=ban.added"), 0u);
  EXPECT_EQ(call("GET " + path(id, "/deliveries?state=failed" + cursor), key_).code(), "invalid_request");
}

TEST_P(WebhookRoutes, ATestAndReplaysAreSentAndWakeTheSender) {
  const std::string id = make_endpoint(key_);
  const auto sent = post(path(id, "/test"), "", key_);
  ASSERT_EQ(sent.status, 202) << sent.body;
  EXPECT_EQ(wakes_, 1);
  EXPECT_EQ(text(sent.json(), "type"), "webhook.test");
  const std::string delivery = path(id, "/deliveries/" + text(sent.json(), "id"));
  answer_all(id, 200);
  EXPECT_EQ(text(call("GET " + delivery, key_).json(), "state"), "delivered");
  const auto replayed = post(delivery + "/replay", "", key_);
  ASSERT_EQ(replayed.status, 202) << replayed.body;
  EXPECT_EQ(text(replayed.json(), "state"), "pending");
  EXPECT_EQ(wakes_, 2);
  advance(rules::kRetryWindow);
  answer_all(id, 500);
  const auto all = post(path(id, "/deliveries/replay-failed"), R"({"since":"2020-01-01T00:00:00Z"})", key_);
  ASSERT_EQ(all.status, 202) << all.body;
  EXPECT_EQ(all.json().at("replayed").as_int64(), 1);
  EXPECT_TRUE(all.json().at("isComplete").as_bool());
}

TEST_P(WebhookRoutes, AnEndpointThatWasGoneSaysSoUntilItIsEnabled) {
  const std::string id = make_endpoint(key_);
  tell(1);
  answer_all(id, 410);
  EXPECT_EQ(text(call("GET " + path(id), key_).json(), "disabledReason"), "gone");
  const auto refused = call("POST " + path(id, "/test"), key_ + "Accept-Language: az\r\n");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.code(), "webhook_disabled");
  EXPECT_EQ(text(refused.json(), "title"), "Bu webhook ünvanı deaktivdir; əvvəlcə aktivləşdirin.");
  EXPECT_TRUE(call("PATCH " + path(id), key_ + kJson, R"({"isEnabled":true})").json().at("disabledReason").is_null());
  EXPECT_EQ(post(path(id, "/test"), "", key_).status, 202);
}

TEST_P(WebhookRoutes, TheTypesOfEventsAreListed) {
  const auto types = call("GET /api/v1/webhooks/event-types", key_);
  EXPECT_TRUE(types.body.contains("\"voice.state_changed\""));
  EXPECT_FALSE(types.body.contains("access.changed"));
}

/// All of webhooks' operations, with ids of something that is there.
std::vector<std::string> lines(const std::string& endpoint, const std::string& delivery) {
  const std::string one = "/api/v1/webhooks/endpoints/" + endpoint;
  return {"GET " + one,
          "PATCH " + one,
          "POST " + one + "/rotate-secret",
          "POST " + one + "/test",
          "GET " + one + "/deliveries",
          "GET " + one + "/deliveries/" + delivery,
          "POST " + one + "/deliveries/" + delivery + "/replay",
          "POST " + one + "/deliveries/replay-failed",
          "DELETE " + one,
          "POST /api/v1/webhooks/endpoints",
          "GET /api/v1/webhooks/endpoints",
          "GET /api/v1/webhooks/event-types"};
}
/// How many of these are about one endpoint.
constexpr size_t kOfOne = 9;

class WebhookSecurity : public WebhookApi {
 protected:
  TestAnswer attempt(const std::string& line, const std::string& who) {
    const std::string body = line.starts_with("PATCH") || line.ends_with("rotate-secret") ? "{}"
                             : line.ends_with("replay-failed")           ? R"({"since":"2020-01-01T00:00:00Z"})"
                             : line == "POST /api/v1/webhooks/endpoints" ? R"({"url":"https://b.example/"})"
                                                                         : "";
    return call(line, who + (body.empty() ? "" : kJson), body);
  }
  /// An endpoint of the key's, with one delivery.
  std::vector<std::string> prepare() {
    const std::string id = make_endpoint(key_);
    tell(++told_);
    const auto items = call("GET " + path(id, "/deliveries"), key_).json().at("items");
    return lines(id, text(items.at(0), "id"));
  }
  int64_t rows() {
    return act([&](product::Tx& tx) {
      return *product::one<int64_t>(tx, "select count(*) from webhook_endpoints") +
             *product::one<int64_t>(tx, "select coalesce(sum(attempts), 0) + count(*) from webhook_deliveries");
    });
  }
  std::string new_key() {
    return bearer(text(post("/api/v1/admin/api-keys", R"({"name":"other"})", admin_).json(), "secret"));
  }
  int64_t told_ = 0;
};
PARLEY_ON_BOTH_DATABASES(WebhookSecurity);

TEST_P(WebhookSecurity, TheLinesAreEveryRouteOfWebhooks) {
  RouteTable table;
  add_webhook_routes(table, {});
  std::set<std::string> found;
  for (const std::string& line : lines("e", "d")) {
    const size_t space = line.find(' ');
    const auto match = table.find(line.substr(0, space), line.substr(space + 1));
    ASSERT_NE(match.route, nullptr) << line;
    EXPECT_EQ(match.route->info.access, Access::kKeyOrAdmin) << line;
    found.insert(match.route->info.id);
  }
  EXPECT_EQ(found.size(), table.routes().size());
}

TEST_P(WebhookSecurity, StrangersPlainUsersAndRevokedKeysAreRefusedWithoutATrace) {
  const std::string user = join("selin").header();
  const auto all = prepare();
  const std::string revoked = new_key();
  const auto keys = call("GET /api/v1/admin/api-keys", admin_).json().at("items");
  for (const auto& item : keys.as_array())
    if (text(item, "name") == "other") call("DELETE /api/v1/admin/api-keys/" + text(item, "id"), admin_);
  const int64_t before = rows();
  for (const std::string& line : all) {
    EXPECT_EQ(attempt(line, "").code(), "unauthenticated") << line;
    EXPECT_EQ(attempt(line, bearer("pk_forged")).code(), "token_invalid") << line;
    // No browser holds a key; and without an origin a cookie does nothing at all.
    EXPECT_EQ(attempt(line, "Cookie: parley_session=" + key_.substr(22)).code(),
              line.starts_with("GET") ? "token_invalid" : "origin_not_allowed")
        << line;
    EXPECT_EQ(attempt(line, user).code(), "forbidden") << line;
    EXPECT_EQ(attempt(line, user + "Parley-User: x\r\n").code(), "forbidden") << line;
    EXPECT_EQ(attempt(line, revoked).code(), "session_revoked") << line;
  }
  EXPECT_EQ(rows(), before);
}

TEST_P(WebhookSecurity, ForAnotherKeyNothingIsThere) {
  const auto all = prepare();
  const std::string other = new_key();
  const int64_t before = rows();
  for (size_t i = 0; i < kOfOne; ++i) EXPECT_EQ(attempt(all[i], other).code(), "not_found") << all[i];
  EXPECT_EQ(rows(), before);
  EXPECT_TRUE(call("GET /api/v1/webhooks/endpoints", other).json().at("items").as_array().empty());
}

TEST_P(WebhookSecurity, ADeliveryOfAnotherEndpointIsNotThere) {
  const auto mine = prepare();
  const std::string delivery = mine[5].substr(mine[5].rfind('/') + 1);
  const std::string second = make_endpoint(key_);
  EXPECT_EQ(call("GET " + path(second, "/deliveries/" + delivery), key_).code(), "not_found");
  EXPECT_EQ(post(path(second, "/deliveries/" + delivery + "/replay"), "", key_).code(), "not_found");
}

TEST_P(WebhookSecurity, ItsKeyAndAdministratorsGetThroughEverywhere) {
  for (const std::string& who : {key_, admin_}) {
    for (const std::string& line : prepare()) EXPECT_LT(attempt(line, who).status, 300) << line;
  }
}

}  // namespace
}  // namespace parley::api::webhooks
