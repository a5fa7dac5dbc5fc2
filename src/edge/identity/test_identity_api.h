#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "adapters/identity/argon2_hasher.h"
#include "adapters/store/test_store.h"
#include "edge/api/test_api.h"
#include "edge/identity/authenticator.h"
#include "edge/identity/services.h"
#include "product/identity/accounts.h"

namespace parley::api::identity {

/// Keeps what is sent.
class KeptMail : public product::Mailer {
 public:
  product::Outcome<void> send(product::Mail mail) override {
    mails_.with([&](auto& mails) { mails.push_back(std::move(mail)); });
    return {};
  }
  size_t size() const {
    return mails_.with([](const auto& mails) { return mails.size(); });
  }
  /// The secret in the last mail's link.
  std::string last_token() const {
    return mails_.with([](const auto& mails) {
      const std::string& text = mails.back().text;
      const size_t at = text.find("#token=") + 7;
      return text.substr(at, text.find('\n', at) - at);
    });
  }
  product::Mail last() const {
    return mails_.with([](const auto& mails) { return mails.back(); });
  }

 private:
  Guarded<std::vector<product::Mail>> mails_;
};

/// Counts what costs time.
class CountingHasher : public product::PasswordHasher {
 public:
  explicit CountingHasher(product::PasswordHasher& inner) : inner_(inner) {}
  Outcome<std::string> hash(std::string_view password, Timestamp deadline) override {
    ++count_;
    return inner_.hash(password, deadline);
  }
  Outcome<bool> verify(std::string_view password, std::string_view hash, Timestamp deadline) override {
    ++count_;
    return inner_.verify(password, hash, deadline);
  }
  bool is_outdated(std::string_view hash) const override { return inner_.is_outdated(hash); }
  int count() const { return count_; }

 private:
  product::PasswordHasher& inner_;
  std::atomic<int> count_ = 0;
};

/// Identity's routes behind the real frame and server, on a database.
class IdentityApi : public ApiTest, public testing::WithParamInterface<store::Engine> {
 protected:
  static constexpr const char* kPassword = "doğru at pil zımba";

  void SetUp() override { start_identity({.allowed_origins = {"https://app.example.com"}}); }
  void start_identity(ApiOptions options) {
    services_.options.is_https = options.is_https;
    options.cursor_key = Redacted(std::string("0123456789abcdef"));
    options.clock = [this] { return Now{Timestamp::micros(now_us_), WallTime{1'800'000'000'000'000 + now_us_}}; };
    RouteTable table;
    add_identity_routes(table, services_);
    add_more_routes(table);
    auto made = Api::make(std::move(options), std::move(table), {*store_, store_authenticator_, rng_});
    ASSERT_TRUE(made) << made.error().message;
    api_ = std::move(*made);
    server_ = std::make_unique<net::HttpServer>(
        net::HttpServerOptions{.bind_addresses = {"127.0.0.1"}},
        [this](std::shared_ptr<net::HttpExchange> exchange) { api_->handle(std::move(exchange)); });
    ASSERT_TRUE(server_->start());
  }

  /// For tests of what other areas add.
  virtual void add_more_routes(RouteTable& /*table*/) {}

  static std::string bearer(const std::string& token) { return "Authorization: Bearer " + token + "\r\n"; }
  static std::string text(const boost::json::value& value, std::string_view key) {
    return std::string(value.at(key).as_string());
  }
  /// What a client keeps after signing in.
  struct Client {
    std::string id;
    std::string session;
    std::string access;
    std::string refresh;
    std::string header() const { return bearer(access); }
  };
  static Client client_of(const TestAnswer& answer) {
    EXPECT_EQ(answer.headers.get("Cache-Control"), "no-store");
    if (answer.status / 100 != 2) {
      ADD_FAILURE() << answer.body;
      return {};
    }
    const auto body = answer.json();
    const auto& tokens = body.as_object().contains("tokens") ? body.at("tokens") : body;
    return {text(tokens, "userId"), text(tokens, "sessionId"), text(tokens, "accessToken"),
            tokens.as_object().contains("refreshToken") ? text(tokens, "refreshToken") : ""};
  }
  Client join(const std::string& username, const std::string& email = {}) {
    const std::string mail = email.empty() ? "" : R"(,"email":")" + email + "\"";
    return client_of(post("/api/v1/auth/register",
                          R"({"username":")" + username + R"(","password":")" + kPassword + "\"" + mail + "}", ""));
  }
  TestAnswer sign_in(const std::string& login, const std::string& password = kPassword, const std::string& more = {}) {
    return post("/api/v1/auth/sign-in", R"({"login":")" + login + R"(","password":")" + password + "\"" + more + "}",
                "");
  }
  Client make_admin(const std::string& username = "kök") {
    rules::Kit kit{*store_, hasher_, rng_};
    rules::NewAccount account;
    account.username = username;
    account.password = Redacted(std::string(kPassword));
    const WallTime now{1'800'000'000'000'000 + now_us_};
    EXPECT_TRUE(
        rules::create_account(kit, account, rules::AdminRight::kAdmin, {now, store::after(TimeDelta::seconds(60))}));
    return client_of(sign_in(username));
  }
  /// The secret of a new server API key.
  std::string make_key(const Client& admin) {
    return text(post("/api/v1/admin/api-keys", R"({"name":"app"})", admin.header()).json(), "secret");
  }

  store::TestStore store_{GetParam()};
  KeptMail mail_;
  identity_adapter::Argon2Hasher hasher_{{.passes = 1, .memory = 8192}};
  StoreAuthenticator store_authenticator_{*store_};
  CountingHasher counted_{hasher_};
  IdentityServices services_{counted_, mail_, {.site_url = "https://chat.example.com"}};
};

/// One cookie of an answer, with its attributes; empty when it is not set.
inline std::string cookie_line(const TestAnswer& answer, std::string_view name) {
  for (const auto& [field, value] : answer.headers.fields()) {
    if (net::equals_ignoring_case(field, "Set-Cookie") && value.starts_with(std::string(name) + "=")) return value;
  }
  return {};
}
/// "name=value".
inline std::string cookie_pair(const TestAnswer& answer, std::string_view name) {
  const std::string line = cookie_line(answer, name);
  return line.substr(0, line.find(';'));
}

}  // namespace parley::api::identity
