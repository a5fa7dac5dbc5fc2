#include "security/running_product.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace parley::security {

using product::Tx;

constexpr size_t kMaxBody = size_t{10} * 1024 * 1024;

void RunningProduct::SetUp() {
  config_.is_dev = true;
  config_.data_dir = store_.folder().file("data");
  config_.database_url = Redacted(store_.url());
  config_.keys = {{"own", Redacted(std::string("a secret of this server, long enough too"))}};
  config_.trusted_proxies = {"127.0.0.1"};
  // Nobody listens there.
  config_.livekit_url = "ws://127.0.0.1:9";
  config_.livekit_api_key = kRoomKey;
  config_.livekit_api_secret = Redacted(std::string(kRoomSecret));
  configure(config_);
  auto started = server::Product::start(config_, {});
  ASSERT_TRUE(started) << started.error().message;
  product_ = std::move(*started);
  server_ = std::make_unique<net::HttpServer>(
      net::HttpServerOptions{.bind_addresses = {"127.0.0.1"},
                             .plan_body =
                                 [this](const net::HttpRequest& head) {
                                   return files_api::plan_body(head, server::file_limits(config_), kMaxBody);
                                 }},
      [this](std::shared_ptr<net::HttpExchange> exchange) { product_->handle(std::move(exchange)); });
  const auto listening = server_->start();
  ASSERT_TRUE(listening) << listening.error().message;
}

void RunningProduct::TearDown() {
  if (product_) product_->stop();
  server_.reset();
  product_.reset();
}

api::TestAnswer RunningProduct::call(const Ask& ask) {
  ++asked_;
  std::string text = ask.line + " HTTP/1.1\r\nHost: chat.example.com\r\nConnection: close\r\n" + ask.headers;
  if (!ask.headers.contains("X-Forwarded-For")) {
    text += fmt::format("X-Forwarded-For: 10.{}.{}.{}\r\n", asked_ >> 16 & 255, asked_ >> 8 & 255, asked_ & 255);
  }
  if (!ask.body.empty()) {
    if (!ask.content_type.empty()) text += "Content-Type: " + ask.content_type + "\r\n";
    text += "Content-Length: " + std::to_string(ask.body.size()) + "\r\n";
  }
  net::TestSocket socket(server_->port());
  socket.send(text + "\r\n" + ask.body);
  return api::TestAnswer::parse(socket.read_all());
}

std::vector<Operation> RunningProduct::operations() {
  std::vector<Operation> out;
  const auto document = call({.line = "GET /api/v1/openapi.json"}).json();
  for (const auto& [path, methods] : document.at("paths").as_object()) {
    for (const auto& [method, operation] : methods.as_object()) {
      std::string upper(method);
      std::ranges::transform(upper, upper.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
      const auto& description = operation.as_object();
      out.push_back({std::string(description.at("operationId").as_string()), upper, std::string(path), description});
    }
  }
  return out;
}

int64_t RunningProduct::traces() {
  // Not the rows of the outbox: they are taken from it while the test looks.
  const std::string events = GetParam() == store::Engine::kSqlite
                                 ? "select seq from sqlite_sequence where name = 'outbox'"
                                 : "select last_value from outbox_id_seq";
  int64_t sum = 0;
  const auto done = store_->run_read(soon(), [&](Tx& tx) {
    sum = product::one<int64_t>(tx, events).value_or(0);
    for (const char* table :
         {"audit_log", "users", "api_keys", "blocks", "refresh_tokens", "recovery_codes", "webhook_endpoints",
          "conversations", "conversation_members", "messages", "message_reactions", "drafts"}) {
      sum += product::one<int64_t>(tx, std::string("select count(*) from ") + table).value_or(-1);
    }
    return true;
  });
  EXPECT_TRUE(done) << done.error().detail;
  return sum;
}

std::string RunningProduct::result(const api::TestAnswer& answer) {
  // 303: on to another page.
  if (answer.status >= 200 && answer.status < 400) return {};
  const std::string code = answer.code();
  return code.empty() ? "?" + std::to_string(answer.status) : code;
}

}  // namespace parley::security
