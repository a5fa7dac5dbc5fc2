#include "net/http_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "net/http_server.h"

namespace parley::net {
namespace {

class HttpClientTest : public testing::Test {
 protected:
  void start(HttpServer::Handler handler) {
    HttpServerOptions options;
    options.bind_addresses = {"127.0.0.1"};
    server_.emplace(options, std::move(handler));
    ASSERT_TRUE(server_->start());
  }
  std::string url(std::string_view path) {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + std::string(path);
  }
  Result<HttpClientResponse> fetch(HttpClient& client, HttpClientRequest request) {
    std::promise<Result<HttpClientResponse>> done;
    client.send(std::move(request), [&](auto response) { done.set_value(std::move(response)); });
    return done.get_future().get();
  }

  std::optional<HttpServer> server_;
};

void describe(std::shared_ptr<HttpExchange> exchange) {
  const HttpRequest& request = exchange->request();
  std::string text = request.method + " " + request.path + " " + std::string(request.headers.get("X-Test")) + " " +
                     std::string(request.headers.get("Content-Type")) + " " + request.body;
  exchange->respond(make_text_response(request.path == "/404" ? 404 : 200, std::move(text)));
}

TEST_F(HttpClientTest, PostsABodyWithHeaders) {
  start(describe);
  HttpClient client;
  const auto response =
      fetch(client, {"POST", url("/hook"), {{"X-Test", "1"}, {"Content-Type", "application/webhook+json"}}, "{}"});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_TRUE(response->ok());
  EXPECT_EQ(response->body, "POST /hook 1 application/webhook+json {}");
}

TEST_F(HttpClientTest, TellsTheHeadersOfAnAnswer) {
  start([](std::shared_ptr<HttpExchange> exchange) {
    exchange->respond({200, {{"ETag", "\"abc\""}, {"X-Two", "1"}, {"X-Two", "2"}}, "12345", nullptr});
  });
  HttpClient client;
  const auto response = fetch(client, {.method = "HEAD", .url = url("/")});
  EXPECT_EQ(response->headers.get("etag"), "\"abc\"");
  EXPECT_EQ(response->headers.count("X-Two"), 2u);
  EXPECT_EQ(response->headers.get("Content-Length"), "5");
}

TEST_F(HttpClientTest, KnowsTheOtherMethods) {
  start(describe);
  HttpClient client;
  EXPECT_EQ(fetch(client, {.url = url("/")})->body, "GET /   ");
  EXPECT_EQ(fetch(client, {.method = "HEAD", .url = url("/")})->body, "");
  EXPECT_TRUE(fetch(client, {.method = "PUT", .url = url("/"), .body = "x"})->body.starts_with("PUT / "));
  EXPECT_TRUE(fetch(client, {.method = "DELETE", .url = url("/")})->body.starts_with("DELETE / "));
}

TEST_F(HttpClientTest, TellsStatusesOtherThanSuccess) {
  start(describe);
  HttpClient client;
  const auto response = fetch(client, {.url = url("/404")});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 404);
  EXPECT_FALSE(response->ok());
}

TEST_F(HttpClientTest, DoesNotFollowRedirects) {
  start([](std::shared_ptr<HttpExchange> exchange) {
    exchange->respond({302, {{"Location", "/elsewhere"}}, {}, nullptr});
  });
  HttpClient client;
  EXPECT_EQ(fetch(client, {.url = url("/")})->status, 302);
  EXPECT_EQ(server_->stats().requests, 1u);
}

TEST_F(HttpClientTest, ReportsARefusedConnection) {
  start(describe);
  const std::string gone = url("/");
  server_.reset();
  HttpClient client;
  const auto response = fetch(client, {.url = gone});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Error::Code::kUnavailable);
}

TEST_F(HttpClientTest, RefusesOtherSchemesAndWhatIsNoUrl) {
  HttpClient client;
  for (const char* bad : {"file:///etc/passwd", "gopher://127.0.0.1/", "", "http://"}) {
    const auto response = fetch(client, {.url = bad});
    ASSERT_FALSE(response) << bad;
    EXPECT_FALSE(response.error().message.empty()) << bad;
  }
}

TEST_F(HttpClientTest, ConnectsToNoInnerAddressWhenItsReachIsPublicOnly) {
  start(describe);
  HttpClient client({.reach = Reach::kPublicOnly});
  const std::string port = std::to_string(server_->port());
  for (const char* host : {"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f000001", "2130706433"}) {
    const auto refused = fetch(client, {.url = "http://" + std::string(host) + ":" + port + "/"});
    ASSERT_FALSE(refused) << host;
    EXPECT_EQ(refused.error().code, Error::Code::kPermissionDenied) << host;
  }
  EXPECT_EQ(server_->stats().requests, 0u);
}

TEST_F(HttpClientTest, GivesUpAfterTheTimeout) {
  std::promise<std::shared_ptr<HttpExchange>> kept;
  start([&](std::shared_ptr<HttpExchange> exchange) { kept.set_value(std::move(exchange)); });
  HttpClient client;
  EXPECT_FALSE(fetch(client, {.url = url("/"), .timeout = TimeDelta::millis(50)}));
  server_.reset();  // Its handler refers to what lives here.
}

TEST_F(HttpClientTest, RefusesAnAnswerThatIsTooLarge) {
  start([](std::shared_ptr<HttpExchange> exchange) {
    exchange->respond(make_text_response(200, std::string(1001, 'x')));
  });
  HttpClient client({.max_response = 1000});
  const auto response = fetch(client, {.url = url("/")});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message, "the answer is too large");
}

TEST_F(HttpClientTest, RunsManyRequestsOverFewConnections) {
  start(describe);
  HttpClient client({.max_connections_per_host = 2});
  std::atomic<int> left = 200;
  std::promise<void> done;
  for (int i = 0; i < 200; ++i) {
    client.post({.url = url("/"), .body = "x"}, [&](const auto& response) {
      EXPECT_TRUE(response && response->body.starts_with("POST "));
      if (--left == 0) done.set_value();
    });
  }
  done.get_future().get();
  EXPECT_LE(server_->stats().accepted, 2u);
}

TEST_F(HttpClientTest, SendsToAnotherHostWhileOneIsStuck) {
  std::vector<std::shared_ptr<HttpExchange>> kept;
  start([&](std::shared_ptr<HttpExchange> exchange) { kept.push_back(std::move(exchange)); });
  HttpServerOptions options;
  options.bind_addresses = {"127.0.0.1"};
  HttpServer other(options, describe);
  ASSERT_TRUE(other.start());
  HttpClient client({.max_connections_per_host = 1});
  client.send({.url = url("/1")}, nullptr);
  client.send({.url = url("/2")}, nullptr);
  const auto response = fetch(client, {.url = "http://127.0.0.1:" + std::to_string(other.port()) + "/"});
  EXPECT_TRUE(response && response->ok());
  client.stop();
  EXPECT_LE(server_->stats().accepted, 1u);
  server_.reset();  // Its handler refers to what lives here.
}

TEST_F(HttpClientTest, FailsBeyondItsLimitAndEndsTheRestWhenStopped) {
  std::mutex mutex;
  std::vector<std::shared_ptr<HttpExchange>> kept;
  start([&](std::shared_ptr<HttpExchange> exchange) {
    const std::lock_guard lock(mutex);
    kept.push_back(std::move(exchange));
  });
  std::atomic<int> ended = 0;
  const auto count = [&](const auto& response) { ended += response ? 0 : 1; };
  HttpClient client({.max_pending = 2});
  client.send({.url = url("/")}, count);
  client.send({.url = url("/")}, count);
  const auto third = fetch(client, {.url = url("/")});
  EXPECT_EQ(third.error().code, Error::Code::kResourceExhausted);
  EXPECT_EQ(ended, 0);
  client.stop();
  EXPECT_EQ(ended, 2);
  client.send({.url = url("/")}, count);
  EXPECT_EQ(ended, 2);
  server_.reset();  // Its handler refers to what lives here.
}

}  // namespace
}  // namespace parley::net
