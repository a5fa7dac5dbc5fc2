#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "base/guarded.h"
#include "base/locked_rng.h"
#include "edge/api/test_api.h"
#include "edge/community/routes.h"
#include "product/community/test_community.h"

namespace parley::community_api {

/// Knows users by tokens of the test's own, and "old" as one that has expired.
class TokenTable : public api::Authenticator {
 public:
  void add(const std::string& token, const product::UserId& user) {
    users_.with([&](auto& users) { users[token] = user; });
  }
  product::Outcome<api::Caller> authenticate(const api::Credentials& credentials, Now /*now*/,
                                             Timestamp /*until*/) override {
    if (credentials.secret.reveal() == "old") return product::refuse(product::ProblemCode::kTokenExpired);
    api::Caller caller;
    caller.kind = api::Caller::Kind::kUser;
    users_.with([&](const auto& users) {
      if (const auto user = users.find(credentials.secret.reveal()); user != users.end()) caller.user = user->second;
    });
    if (caller.user.is_empty()) return product::refuse(product::ProblemCode::kTokenInvalid);
    return caller;
  }

 private:
  Guarded<std::map<std::string, product::UserId>> users_;
};

/// The routes of communities behind a real server, on either database.
class CommunityApiTest : public product::community::CommunityTest {
 protected:
  void SetUp() override {
    api::RouteTable table;
    add_community_routes(table);
    api::ApiOptions options;
    options.cursor_key = Redacted(std::string("0123456789abcdef"));
    options.clock = [this] { return Now{Timestamp::micros(now_.unix_us), now_}; };
    // The clock stands, so no bucket would ever be filled again.
    for (auto& limit : options.rate_limits)
      limit = {.count = 1'000'000, .period = TimeDelta::seconds(1), .burst = 1'000'000};
    prepare(table, options);
    auto made = api::Api::make(std::move(options), std::move(table), {*store_, tokens_, safe_rng_});
    ASSERT_TRUE(made) << made.error().message;
    api_ = std::move(*made);
    server_ = std::make_unique<net::HttpServer>(
        server_options(), [this](std::shared_ptr<net::HttpExchange> exchange) { api_->handle(std::move(exchange)); });
    const auto started = server_->start();
    ASSERT_TRUE(started) << started.error().message;
  }
  void TearDown() override {
    if (api_) api_->stop();
    server_.reset();
    api_.reset();
  }

  /// For tests of further routes, or under other conditions.
  virtual void prepare(api::RouteTable& /*table*/, api::ApiOptions& /*options*/) {}
  virtual net::HttpServerOptions server_options() { return {.bind_addresses = {"127.0.0.1"}}; }

  /// `line` is "GET /path"; an empty token sends none; `headers` are whole lines, each with its CRLF.
  api::TestAnswer call(const std::string& token, const std::string& line, const std::string& body = {},
                       const std::string& headers = {}) {
    std::string text = line + " HTTP/1.1\r\nHost: chat.example.com\r\nConnection: close\r\n" + headers;
    if (!token.empty()) text += "Authorization: Bearer " + token + "\r\n";
    if (!body.empty() && !headers.contains("Content-Type")) text += "Content-Type: application/json\r\n";
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    net::TestSocket socket(server_->port());
    socket.send(text + "\r\n" + body);
    return api::TestAnswer::parse(socket.read_all());
  }
  /// A user who is known by his name.
  product::UserId enter(const std::string& name) {
    const product::UserId id = user(name);
    tokens_.add(name, id);
    return id;
  }
  static std::string text_of(const boost::json::value& value) { return std::string(value.as_string()); }

  TokenTable tokens_;
  LockedRng<SeededRng> safe_rng_{SeededRng(42)};
  std::unique_ptr<api::Api> api_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace parley::community_api
