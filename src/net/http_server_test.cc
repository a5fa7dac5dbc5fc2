#include "net/http_server.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "net/test_socket.h"

namespace parley::net {
namespace {

/// A server on a free port whose handler is replaced by each test.
class HttpServerTest : public testing::Test {
 protected:
  void start(HttpServer::Handler handler, HttpServerOptions options = {}) {
    options.bind_addresses = {"127.0.0.1"};
    server_.emplace(std::move(options), std::move(handler));
    const auto started = server_->start();
    ASSERT_TRUE(started) << started.error().message;
  }
  TestSocket connect() { return TestSocket(server_->port()); }
  /// Sends, reads until the server closes.
  std::string talk(std::string_view request) {
    TestSocket socket = connect();
    socket.send(request);
    return socket.read_all();
  }

  std::optional<HttpServer> server_;
};

void echo(std::shared_ptr<HttpExchange> exchange) {
  const HttpRequest& request = exchange->request();
  exchange->respond(make_text_response(200, request.method + " " + request.path + " " + request.body));
}

TEST_F(HttpServerTest, AnswersARequest) {
  start(echo);
  const std::string answer = talk("GET /a%20b?x=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_NE(answer.find("\r\nContent-Length: 9\r\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\r\nDate: "), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("Connection: close\r\n\r\nGET /a b ")) << answer;
}

TEST_F(HttpServerTest, TellsWhatIsNoRequestAsAProblemWithACode) {
  start(echo);
  const std::string bad = talk("GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(bad.contains("\r\nContent-Type: application/problem+json\r\n")) << bad;
  EXPECT_TRUE(bad.ends_with(R"({"type":"about:blank","title":"Bad Request","status":400,"code":"bad_request"})"))
      << bad;
  EXPECT_TRUE(talk("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n").contains("body_too_large"));
}

TEST_F(HttpServerTest, KeepsTheConnectionForTheNextRequest) {
  start(echo);
  TestSocket socket = connect();
  for (const std::string path : {"/1", "/2", "/3"}) {
    socket.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_NE(socket.read_until("GET " + path + " ").find("keep-alive"), std::string::npos);
  }
  EXPECT_EQ(server_->stats().accepted, 1u);
  EXPECT_EQ(server_->stats().requests, 3u);
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrderEvenWhenTheFirstIsSlow) {
  std::promise<std::shared_ptr<HttpExchange>> first;
  start([&](std::shared_ptr<HttpExchange> exchange) {
    if (exchange->request().path == "/slow") return first.set_value(std::move(exchange));
    echo(std::move(exchange));
  });
  TestSocket socket = connect();
  socket.send(
      "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
      "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
      "GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto slow = first.get_future().get();
  std::thread other([&] { slow->respond(make_text_response(200, "slow")); });
  const std::string answers = socket.read_all();
  other.join();
  const size_t a = answers.find("\r\n\r\nslow");
  const size_t b = answers.find("POST /b hi");
  const size_t c = answers.find("GET /c ");
  ASSERT_NE(c, std::string::npos) << answers;
  EXPECT_LT(a, b);
  EXPECT_LT(b, c);
}

TEST_F(HttpServerTest, ReadsChunkedBodies) {
  start(echo);
  const std::string answer = talk(
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("POST / abcde")) << answer;
}

TEST_F(HttpServerTest, InvitesABodyThatWaitsForIt) {
  start(echo);
  TestSocket socket = connect();
  socket.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.send("hi");
  EXPECT_TRUE(socket.read_all().ends_with("POST / hi"));
}

TEST_F(HttpServerTest, OmitsTheContentForHead) {
  start(echo);
  const std::string answer = talk("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 8\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(HttpServerTest, ClosesAfterAnHttp10Request) {
  start(echo);
  EXPECT_TRUE(talk("GET / HTTP/1.0\r\n\r\n").ends_with("GET / "));
}

TEST_F(HttpServerTest, AcceptsALongUrl) {
  start(echo);
  const std::string path = "/" + std::string(32 * 1024, 'x');
  const std::string answer = talk("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("GET " + path + " ")) << answer.substr(0, 200);
}

TEST_F(HttpServerTest, RefusesWhatIsNoRequestAndCloses) {
  HttpServerOptions options;
  options.limits.body = 10;
  start(echo, options);
  EXPECT_TRUE(talk("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(talk("GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(talk("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n").starts_with("HTTP/1.1 413 "));
  EXPECT_TRUE(talk("GET /" + std::string(70'000, 'x')).starts_with("HTTP/1.1 414 "));
  EXPECT_TRUE(talk("GET / HTTP/1.1\r\nX: " + std::string(70'000, 'x')).starts_with("HTTP/1.1 431 "));
  EXPECT_EQ(server_->stats().bad_requests, 5u);
  EXPECT_EQ(server_->stats().requests, 0u);
}

TEST_F(HttpServerTest, AnswersAHalfRequestWith408AndDropsASilentClient) {
  HttpServerOptions options;
  options.head_timeout = TimeDelta::millis(40);
  start(echo, options);
  EXPECT_TRUE(talk("GET / HTTP/1.1\r\n").starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(talk(""), "");
  EXPECT_EQ(server_->stats().timeouts, 1u);
}

TEST_F(HttpServerTest, ClosesAnIdleConnectionWithoutAWord) {
  HttpServerOptions options;
  options.idle_timeout = TimeDelta::millis(40);
  start(echo, options);
  EXPECT_TRUE(talk("GET / HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("GET / "));
  EXPECT_EQ(server_->stats().timeouts, 0u);
}

TEST_F(HttpServerTest, GivesUpOnABodyThatDoesNotCome) {
  HttpServerOptions options;
  options.body_timeout = TimeDelta::millis(40);
  start(echo, options);
  EXPECT_TRUE(talk("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab").starts_with("HTTP/1.1 408 "));
}

TEST_F(HttpServerTest, DropsAClientThatDoesNotReadItsAnswer) {
  HttpServerOptions options;
  options.write_timeout = TimeDelta::millis(40);
  start(
      [](std::shared_ptr<HttpExchange> exchange) {
        exchange->respond(make_text_response(200, std::string(64 * 1024 * 1024, 'x')));
      },
      options);
  TestSocket socket(server_->port(), 4096);
  socket.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  // The stop has to wait for the connection, and the connection goes with its timeout, long before the patience ends.
  socket.read_until("\r\n\r\n");
  server_->stop(TimeDelta::seconds(60));
  EXPECT_EQ(server_->stats().timeouts, 1u);
}

TEST_F(HttpServerTest, AnswersADroppedExchangeWith500) {
  start([](std::shared_ptr<HttpExchange>) {});
  EXPECT_TRUE(talk("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 500 "));
  EXPECT_EQ(server_->stats().unanswered, 1u);
}

TEST_F(HttpServerTest, LetsTheFirstAnswerCount) {
  start([](std::shared_ptr<HttpExchange> exchange) {
    exchange->respond(make_text_response(200, "first"));
    exchange->respond(make_text_response(500, "second"));
    EXPECT_EQ(exchange->accept_websocket({}), nullptr);
  });
  const std::string answer = talk("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("\r\n\r\nfirst")) << answer;
}

TEST_F(HttpServerTest, KeepsLineBreaksOutOfHeaders) {
  start([](std::shared_ptr<HttpExchange> exchange) {
    exchange->respond({302, {{"Location", "/a\r\nSet-Cookie: x=1"}}, {}, nullptr});
  });
  const std::string answer = talk("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Location: /a  Set-Cookie: x=1\r\n"), std::string::npos) << answer;
}

TEST_F(HttpServerTest, TellsTheAddressOfThePeer) {
  start([](std::shared_ptr<HttpExchange> exchange) {
    exchange->respond(make_text_response(200, exchange->request().remote_address));
  });
  EXPECT_TRUE(talk("GET / HTTP/1.0\r\n\r\n").ends_with("\r\n\r\n127.0.0.1"));
}

TEST_F(HttpServerTest, TellsAnIpv4PeerOfADualStackSocketAsIpv4) {
  server_.emplace(HttpServerOptions{}, [](std::shared_ptr<HttpExchange> exchange) {
    exchange->respond(make_text_response(200, exchange->request().remote_address));
  });
  ASSERT_TRUE(server_->start());
  EXPECT_TRUE(talk("GET / HTTP/1.0\r\n\r\n").ends_with("\r\n\r\n127.0.0.1"));
}

TEST_F(HttpServerTest, RefusesConnectionsBeyondTheLimit) {
  HttpServerOptions options;
  options.max_connections = 2;
  start(echo, options);
  TestSocket a = connect();
  TestSocket b = connect();
  for (TestSocket* socket : {&a, &b}) {
    socket->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    socket->read_until("GET / ");
  }
  EXPECT_EQ(connect().read_all(), "");
  EXPECT_EQ(server_->stats().refused_over_limit, 1u);
}

TEST_F(HttpServerTest, ServesWhileManyConnectionsAreHalfOpen) {
  start(echo);
  std::vector<TestSocket> idle;
  for (int i = 0; i < 500; ++i) {
    idle.push_back(connect());
    ASSERT_TRUE(idle.back().is_connected());
    idle.back().send("GET / HT");
  }
  EXPECT_TRUE(talk("GET /x HTTP/1.0\r\n\r\n").ends_with("GET /x "));
}

TEST_F(HttpServerTest, SaysWhichPortIsTaken) {
  start(echo);
  HttpServerOptions options;
  options.bind_addresses = {"127.0.0.1"};
  options.port = server_->port();
  HttpServer second(options, echo);
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Error::Code::kUnavailable);
  EXPECT_NE(started.error().message.find(std::to_string(options.port)), std::string::npos);
}

TEST_F(HttpServerTest, RefusesAHostNameToBind) {
  HttpServerOptions options;
  options.bind_addresses = {"localhost"};
  const auto started = HttpServer(options, echo).start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Error::Code::kInvalidArgument);
}

TEST_F(HttpServerTest, FinishesRunningRequestsBeforeItStops) {
  std::promise<std::shared_ptr<HttpExchange>> arrived;
  start([&](std::shared_ptr<HttpExchange> exchange) { arrived.set_value(std::move(exchange)); });
  TestSocket socket = connect();
  socket.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto exchange = arrived.get_future().get();
  std::thread stopper([&] { server_->stop(TimeDelta::seconds(60)); });
  exchange->respond(make_text_response(200, "done"));
  exchange.reset();
  EXPECT_NE(socket.read_until("done").find("\r\n\r\ndone"), std::string::npos);
  socket.close();
  stopper.join();
  EXPECT_FALSE(connect().is_connected());
}

TEST_F(HttpServerTest, DropsWhatDoesNotEndWithinThePatience) {
  std::promise<std::shared_ptr<HttpExchange>> arrived;
  start([&](std::shared_ptr<HttpExchange> exchange) { arrived.set_value(std::move(exchange)); });
  TestSocket socket = connect();
  socket.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto exchange = arrived.get_future().get();
  server_->stop(TimeDelta::millis(10));
  EXPECT_EQ(socket.read_all(), "");
  exchange->respond(make_text_response(200, "too late"));
  EXPECT_EQ(server_->stats().connections_now, 0u);
}

/// A server that keeps its exchanges, watches them, and says when a client has gone.
class AbortTest : public HttpServerTest {
 protected:
  void SetUp() override {
    start([this](std::shared_ptr<HttpExchange> exchange) {
      exchange->watch_abort([this, path = exchange->request().path] { gone_.push(path); });
      waiting_.push(std::move(exchange));
    });
  }
  template <class T>
  class Queue {
   public:
    void push(T value) {
      const std::lock_guard lock(mutex_);
      values_.push_back(std::move(value));
      there_.notify_all();
    }
    T pop() {
      std::unique_lock lock(mutex_);
      there_.wait(lock, [this] { return !values_.empty(); });
      T value = std::move(values_.front());
      values_.erase(values_.begin());
      return value;
    }

   private:
    std::mutex mutex_;
    std::condition_variable there_;
    std::vector<T> values_;
  };
  static std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"; }

  Queue<std::shared_ptr<HttpExchange>> waiting_;
  Queue<std::string> gone_;
};

TEST_F(AbortTest, TellsWhenTheClientGoesAwayBeforeItsAnswer) {
  TestSocket socket = connect();
  socket.send(get("/1"));
  const auto exchange = waiting_.pop();
  socket.close();
  EXPECT_EQ(gone_.pop(), "/1");
  exchange->respond(make_text_response(200));  // Too late, and harmless.
}

TEST_F(AbortTest, SaysNothingAboutAnsweredRequestsAndServesTheNext) {
  TestSocket socket = connect();
  for (const char* path : {"/1", "/2", "/3"}) {
    socket.send(get(path));
    waiting_.pop()->respond(make_text_response(200, path));
    EXPECT_TRUE(socket.read_until(path).ends_with(path));
  }
  socket.send(get("/4"));
  const auto exchange = waiting_.pop();
  socket.close();
  EXPECT_EQ(gone_.pop(), "/4") << "and of the others nothing";
}

TEST_F(AbortTest, LeavesARequestThatCameTooEarlyForLater) {
  TestSocket socket = connect();
  socket.send(get("/1"));
  auto first = waiting_.pop();
  socket.send(get("/2"));
  first->respond(make_text_response(200, "one"));
  EXPECT_TRUE(socket.read_until("one").ends_with("one"));
  waiting_.pop()->respond(make_text_response(200, "two"));
  EXPECT_TRUE(socket.read_until("two").ends_with("two"));
}

}  // namespace
}  // namespace parley::net
