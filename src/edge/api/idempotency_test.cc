#include "edge/api/idempotency.h"

#include <gtest/gtest.h>

#include <future>
#include <latch>

#include "adapters/store/test_store.h"
#include "edge/api/test_api.h"

namespace parley::api {
namespace {

using product::Outcome;
using product::ProblemCode;

struct Order {
  json::Text<1, 20> what;
};
BOOST_DESCRIBE_STRUCT(Order, (), (what))
struct Receipt {
  int64_t number = 0;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Receipt, (), (number, text))

/// A shop that numbers its orders, so that one that ran twice shows.
class IdempotencyTest : public ApiTest, public testing::WithParamInterface<store::Engine> {
 protected:
  void SetUp() override {
    RouteTable table;
    table.add({.method = Method::kPost,
               .path = "/api/v1/orders",
               .id = "order",
               .status = 201,
               .problems = {ProblemCode::kConflict}},
              [this](Request<Order>& request) { return order(request); });
    start(std::move(table), {}, *store_);
  }
  Outcome<Reply<Receipt>> order(Request<Order>& request) {
    const int64_t number = ++orders_;
    const std::string_view what = request.body.what;
    if (what == "wait") {
      running_.count_down();
      release_.wait();
    }
    if (what == "conflict") return product::refuse(ProblemCode::kConflict);
    if (what == "overload") return product::refuse(ProblemCode::kOverloaded);
    Reply<Receipt> reply{{number, "a\n\u0085\"b"}, 0, {}};
    reply.headers.add("Location", "/api/v1/orders/" + std::to_string(number));
    return reply;
  }
  TestAnswer send(const std::string& what, const std::string& key, const std::string& who = kAlice) {
    return post("/api/v1/orders", R"({"what":")" + what + "\"}", who + "Idempotency-Key: " + key + "\r\n");
  }

  std::atomic<int64_t> orders_ = 0;
  std::latch running_{1};
  std::latch release_{1};
  store::TestStore store_{GetParam()};
};

TEST_P(IdempotencyTest, ARepeatGetsTheSameAnswerAndDoesNothing) {
  const TestAnswer first = send("tea", "k1");
  const TestAnswer second = send("tea", "k1");
  EXPECT_EQ(first.status, 201) << first.body;
  EXPECT_FALSE(first.headers.has("Idempotency-Replayed"));
  EXPECT_EQ(second.status, 201);
  EXPECT_EQ(second.header("Idempotency-Replayed"), "true");
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(second.header("Location"), "/api/v1/orders/1");
  EXPECT_EQ(orders_, 1);
}

TEST_P(IdempotencyTest, AnotherBodyUnderTheSameKeyIsRefused) {
  send("tea", "k1");
  const TestAnswer other = send("coffee", "k1");
  EXPECT_EQ(other.status, 422);
  EXPECT_EQ(other.code(), "idempotency_key_reused");
  EXPECT_EQ(orders_, 1);
}

TEST_P(IdempotencyTest, ARepeatOfARunningRequestIsAskedToWait) {
  auto first = std::async(std::launch::async, [&] { return send("wait", "k1"); });
  running_.wait();
  const TestAnswer second = send("wait", "k1");
  EXPECT_EQ(second.status, 409);
  EXPECT_EQ(second.code(), "request_in_progress");
  EXPECT_EQ(second.header("Retry-After"), "1");
  release_.count_down();
  EXPECT_EQ(first.get().status, 201);
  EXPECT_EQ(send("wait", "k1").header("Idempotency-Replayed"), "true");
}

TEST_P(IdempotencyTest, KeysBelongToTheirMaker) {
  send("tea", "k1");
  EXPECT_EQ(send("coffee", "k1", "Authorization: Bearer bob\r\n").status, 201);
  EXPECT_EQ(orders_, 2);
}

TEST_P(IdempotencyTest, ARefusalIsKeptButAFailureIsNot) {
  EXPECT_EQ(send("conflict", "k1").code(), "conflict");
  const TestAnswer repeated = send("conflict", "k1");
  EXPECT_EQ(repeated.code(), "conflict");
  EXPECT_EQ(repeated.header("Idempotency-Replayed"), "true");
  EXPECT_EQ(orders_, 1);
  EXPECT_EQ(send("overload", "k2").status, 503);
  EXPECT_EQ(send("overload", "k2").status, 503);
  EXPECT_EQ(orders_, 3);
}

TEST_P(IdempotencyTest, AnswersAreKeptForADay) {
  send("tea", "k1");
  advance(kKeepAnswers - TimeDelta::seconds(1));
  EXPECT_EQ(send("tea", "k1").header("Idempotency-Replayed"), "true");
  advance(TimeDelta::seconds(1));
  EXPECT_EQ(send("coffee", "k1").status, 201);
  EXPECT_EQ(orders_, 2);
}

TEST_P(IdempotencyTest, WhatWasCutOffMayRunAgain) {
  Idempotency idempotency(*store_);
  const IdempotentUse use{"u:alice", "k1", "hash"};
  const Now now{{}, WallTime{1'000'000'000}};
  const Timestamp soon = store::after(TimeDelta::seconds(30));
  EXPECT_EQ(idempotency.begin(use, now, soon).value(), std::nullopt);
  EXPECT_EQ(idempotency.begin(use, now, soon).error().code, ProblemCode::kRequestInProgress);
  const Now later{{}, WallTime{now.wall.unix_us + kAbandonedAfter.us()}};
  EXPECT_EQ(idempotency.begin(use, later, soon).value(), std::nullopt);
  EXPECT_EQ(idempotency.begin(use, later, soon).error().code, ProblemCode::kRequestInProgress);
}

TEST_P(IdempotencyTest, SweepingForgetsWhatIsOld) {
  send("tea", "k1");
  const Timestamp soon = store::after(TimeDelta::seconds(30));
  const WallTime made = WallTime{1'800'000'000'000'000 + now_us_};
  ASSERT_TRUE(api_->idempotency().sweep(made, soon));
  EXPECT_EQ(send("tea", "k1").header("Idempotency-Replayed"), "true");
  ASSERT_TRUE(api_->idempotency().sweep(WallTime{made.unix_us + kKeepAnswers.us() + 1}, soon));
  EXPECT_EQ(send("tea", "k1").headers.has("Idempotency-Replayed"), false);
}

TEST_P(IdempotencyTest, OfManyAtOnceExactlyOneRuns) {
  std::vector<std::future<TestAnswer>> answers;
  for (int i = 0; i < 12; ++i) answers.push_back(std::async(std::launch::async, [&] { return send("tea", "k1"); }));
  for (auto& answer : answers) {
    const int status = answer.get().status;
    EXPECT_TRUE(status == 201 || status == 409) << status;
  }
  EXPECT_EQ(orders_, 1);
}

TEST_P(IdempotencyTest, AKeyIsVisibleAscii) {
  EXPECT_EQ(send("tea", "a b").code(), "invalid_request");
  EXPECT_EQ(send("tea", std::string(256, 'a')).code(), "invalid_request");
  EXPECT_EQ(orders_, 0);
}

PARLEY_ON_BOTH_DATABASES(IdempotencyTest);

}  // namespace
}  // namespace parley::api
