// The apps that poll (product.md 1.1, item 1): the limits that stop an attacker must not stop them.
#include <gtest/gtest.h>

#include <atomic>

#include "edge/chat/routes.h"
#include "edge/community/test_community_api.h"
#include "product/chat/test_chat.h"

namespace parley::chat_api {
namespace {

using product::ConversationId;
using product::UserId;

class PollingTest : public product::chat::ChatTest {
 protected:
  void SetUp() override {
    clock_us_ = now_.unix_us;
    api::RouteTable table;
    add_chat_routes(table);
    api::ApiOptions options;  // With the limits that everybody gets.
    options.cursor_key = Redacted(std::string("0123456789abcdef"));
    options.clock = [this] { return Now{Timestamp::micros(clock_us_), WallTime{clock_us_}}; };
    auto made = api::Api::make(std::move(options), std::move(table), {*store_, tokens_, safe_rng_});
    ASSERT_TRUE(made) << made.error().message;
    api_ = std::move(*made);
    server_ = std::make_unique<net::HttpServer>(
        net::HttpServerOptions{.bind_addresses = {"127.0.0.1"}},
        [this](std::shared_ptr<net::HttpExchange> exchange) { api_->handle(std::move(exchange)); });
    ASSERT_TRUE(server_->start());
  }
  void TearDown() override {
    api_->stop();
    server_.reset();
    api_.reset();
  }

  /// One route that is asked again and again, with the ETag of the answer before.
  struct Poller {
    std::string path;
    std::string etag;
    int changed = 0;
    int same = 0;
  };
  void poll(Poller& poller) {
    std::string text = "GET " + poller.path + " HTTP/1.1\r\nHost: chat.example.com\r\nAuthorization: Bearer app\r\n";
    if (!poller.etag.empty()) text += "If-None-Match: " + poller.etag + "\r\n";
    net::TestSocket socket(server_->port());
    socket.send(text + "Connection: close\r\n\r\n");
    const auto answer = api::TestAnswer::parse(socket.read_all());
    ASSERT_TRUE(answer.status == 200 || answer.status == 304) << poller.path << ": " << answer.status << answer.body;
    ++(answer.status == 200 ? poller.changed : poller.same);
    if (answer.status == 200) poller.etag = answer.header("ETag");
    ASSERT_FALSE(poller.etag.empty()) << poller.path;
  }
  void advance_to(int64_t us) {
    clock_us_ = us;
    now_.unix_us = us;
  }

  std::atomic<int64_t> clock_us_ = 0;
  community_api::TokenTable tokens_;
  LockedRng<SeededRng> safe_rng_{SeededRng(42)};
  std::unique_ptr<api::Api> api_;
  std::unique_ptr<net::HttpServer> server_;
};

TEST_P(PollingTest, MSG7_AnAppThatPollsForAnHourIsNeverTurnedAwayAndMostlyToldThatNothingIsNew) {
  const UserId app = user("app");
  const UserId friend_of = user("dost");
  tokens_.add("app", app);
  const ConversationId conversation = direct(friend_of, app);
  Poller messages{.path = "/api/v1/conversations/" + conversation.text() + "/messages?limit=50"};
  Poller live{.path = "/api/v1/conversations"};
  Poller rest{.path = "/api/v1/sync"};
  const int64_t begin = now_.unix_us;
  constexpr int64_t kHalfSecond = 500'000;
  constexpr int kHour = 7200;
  for (int tick = 0; tick < kHour && !HasFatalFailure(); ++tick) {
    advance_to(begin + tick * kHalfSecond);
    if (tick % 120 == 0) say(friend_of, conversation, "dəqiqə " + std::to_string(tick / 120));
    if (tick % 3 == 0) poll(messages);
    if (tick % 4 == 0) poll(live);
    if (tick % 20 == 0) poll(rest);
  }
  EXPECT_EQ(messages.changed, 60);
  EXPECT_EQ(messages.same, 2400 - 60);
  EXPECT_EQ(live.changed + live.same, 1800);
  EXPECT_GT(live.same, live.changed);
  EXPECT_EQ(rest.changed + rest.same, 360);
}

INSTANTIATE_TEST_SUITE_P(Store, PollingTest, testing::Values(store::Engine::kSqlite), store::engine_name);

}  // namespace
}  // namespace parley::chat_api
