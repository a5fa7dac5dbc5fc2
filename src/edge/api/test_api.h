#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <memory>
#include <string>

#include "base/locked_rng.h"
#include "edge/api/api.h"
#include "net/test_socket.h"

namespace parley::api {

/// An answer, taken apart for tests.
struct TestAnswer {
  int status = 0;
  std::string head;
  net::HttpHeaders headers;
  std::string body;

  static TestAnswer parse(std::string_view bytes) {
    TestAnswer out;
    const size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return out;
    out.head = bytes.substr(0, end);
    out.body = bytes.substr(end + 4);
    out.status = std::atoi(out.head.c_str() + 9);
    std::string_view rest = std::string_view(out.head).substr(out.head.find("\r\n") + 2);
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find("\r\n"));
      rest.remove_prefix(std::min(rest.size(), line.size() + 2));
      const size_t colon = line.find(": ");
      out.headers.add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 2)));
    }
    return out;
  }
  std::string header(std::string_view name) const { return std::string(headers.get(name)); }
  boost::json::value json() const { return boost::json::parse(body); }
  /// `code` of a problem; empty when the body is none.
  std::string code() const {
    if (header("Content-Type") != "application/problem+json") return {};
    return std::string(json().at("code").as_string());
  }
};

/// Knows "alice" and "admin" by their tokens, the key "key-1", and what is wrong with "old".
class TestAuthenticator : public Authenticator {
 public:
  product::Outcome<Caller> authenticate(const Credentials& credentials, Now /*now*/, Timestamp /*until*/) override {
    const std::string& secret = credentials.secret.reveal();
    Caller caller;
    if (secret == "old") return product::refuse(product::ProblemCode::kTokenExpired);
    if (secret == "key-1") {
      caller.kind = Caller::Kind::kApiKey;
      caller.api_key = product::ApiKeyId("key-1");
      caller.user = product::UserId(credentials.act_as);
      return caller;
    }
    if (secret != "alice" && secret != "bob" && secret != "admin") {
      return product::refuse(product::ProblemCode::kTokenInvalid);
    }
    caller.kind = Caller::Kind::kUser;
    caller.user = product::UserId(secret);
    caller.is_admin = secret == "admin";
    return caller;
  }
};

/// For routes that keep nothing.
class NoStore : public product::Store {
 public:
  product::Outcome<void> run_write(Timestamp /*deadline*/, const Body& /*body*/) override {
    return product::refuse(product::ProblemCode::kDatabaseUnavailable);
  }
  product::Outcome<void> run_read(Timestamp /*deadline*/, const Body& /*body*/) override {
    return product::refuse(product::ProblemCode::kDatabaseUnavailable);
  }
};

/// The API behind a real server on loopback, with routes of the test's own and a clock that stands.
class ApiTest : public testing::Test {
 protected:
  void start(RouteTable table, ApiOptions options = {}) { start(std::move(table), std::move(options), no_store_); }
  void start(RouteTable table, ApiOptions options, product::Store& store) {
    options.cursor_key = Redacted(std::string("0123456789abcdef"));
    options.clock = [this] { return Now{Timestamp::micros(now_us_), WallTime{1'800'000'000'000'000 + now_us_}}; };
    auto made = Api::make(std::move(options), std::move(table), {store, authenticator_, rng_});
    ASSERT_TRUE(made) << made.error().message;
    api_ = std::move(*made);
    server_ = std::make_unique<net::HttpServer>(
        net::HttpServerOptions{.bind_addresses = {"127.0.0.1"}},
        [this](std::shared_ptr<net::HttpExchange> exchange) { api_->handle(std::move(exchange)); });
    const auto started = server_->start();
    ASSERT_TRUE(started) << started.error().message;
  }
  void TearDown() override {
    if (api_) api_->stop();
    server_.reset();
    api_.reset();
  }

  /// `headers` are whole lines, each with its CRLF.
  TestAnswer call(const std::string& line, const std::string& headers = {}, const std::string& body = {}) {
    net::TestSocket socket(server_->port());
    socket.send(request_text(line, headers, body));
    return TestAnswer::parse(socket.read_all());
  }
  static std::string request_text(const std::string& line, const std::string& headers, const std::string& body) {
    std::string text = line + " HTTP/1.1\r\nHost: chat.example.com\r\nConnection: close\r\n" + headers;
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return text + "\r\n" + body;
  }
  TestAnswer post(const std::string& path, const std::string& body, const std::string& headers = kAlice) {
    return call("POST " + path, headers + kJson, body);
  }
  void advance(TimeDelta delta) { now_us_ += delta.us(); }

  static inline const std::string kAlice = "Authorization: Bearer alice\r\n";
  static inline const std::string kJson = "Content-Type: application/json\r\n";

  std::atomic<int64_t> now_us_ = 1'000'000'000;
  NoStore no_store_;
  TestAuthenticator authenticator_;
  LockedRng<SeededRng> rng_{SeededRng(42)};
  std::unique_ptr<Api> api_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace parley::api
