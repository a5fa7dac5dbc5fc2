#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <deque>

#include "adapters/bus/in_process_bus.h"
#include "base/locked_rng.h"
#include "edge/gateway/test_gateway.h"
#include "edge/realtime/realtime.h"
#include "net/clock.h"
#include "product/chat/test_chat.h"
#include "product/events/log.h"

namespace parley::realtime {

/// Everybody's token is his id.
class IdsAreTokens : public api::Authenticator {
 public:
  product::Outcome<api::Caller> authenticate(const api::Credentials& credentials, Now now,
                                             Timestamp /*until*/) override {
    api::Caller caller;
    caller.kind = api::Caller::Kind::kUser;
    caller.user = product::UserId(credentials.secret.reveal());
    caller.session = product::SessionId("session-of-" + caller.user.text());
    caller.expires_at = WallTime{now.wall.unix_us + life.us()};
    return caller;
  }
  TimeDelta life = TimeDelta::seconds(900);
};

/// A client that reads events one after the other.
class TestListener {
 public:
  TestListener(uint16_t port, const product::UserId& user, std::string_view more = "") : wire_(port) {
    answer = wire_.connect(R"({"token":")" + user.text() + "\"" + std::string(more) + "}");
    if (const auto at = answer.find(R"("pid":")"); at != std::string::npos)
      pid = answer.substr(at + 7, answer.find('"', at + 7) - at - 7);
  }
  /// The next event of this name; what comes before is kept in `skipped`.
  boost::json::object next(std::string_view name) {
    for (;;) {
      const std::string packet = wire_.next();
      if (!packet.starts_with("42[")) {
        EXPECT_TRUE(packet.starts_with("43")) << "waiting for " << name << ", got " << packet;
        if (!packet.starts_with("43")) return {};
        continue;
      }
      boost::json::array event = boost::json::parse(std::string_view(packet).substr(2)).as_array();
      if (event.size() > 2 && event[2].is_string()) offset = std::string(event[2].as_string());
      if (event[0].as_string() == name) return event[1].as_object();
      skipped.emplace_back(event[0].as_string());
    }
  }
  /// What the server answers to an event.
  boost::json::object ask(std::string_view name, std::string_view argument) {
    wire_.send("421[\"" + std::string(name) + "\"," + std::string(argument) + "]");
    for (;;) {
      const std::string packet = wire_.next();
      if (packet.starts_with("431"))
        return boost::json::parse(std::string_view(packet).substr(3)).as_array()[0].as_object();
      if (!packet.starts_with("42[")) {
        ADD_FAILURE() << "waiting for an answer, got " << packet;
        return {};
      }
    }
  }
  std::string next_packet() { return wire_.next(); }
  void drop() { wire_.drop(); }

  std::string answer;  ///< To its CONNECT.
  std::string pid;
  std::string offset;
  std::vector<std::string> skipped;

 private:
  gateway::TestClient wire_;
};

inline std::string text_of(const boost::json::object& message) { return std::string(message.at("text").as_string()); }
inline std::string event_id_of(const boost::json::object& event) {
  return std::string(event.at("eventId").as_string());
}

/// An instance: the product's gateway on a free port, on a database and a wire that it shares with others.
class Instance {
 public:
  Instance(product::Store& store, api::Authenticator& tokens, std::shared_ptr<bus::Wire> wire)
      : bus_(rng_, std::move(wire)) {
    auto made = Realtime::make({}, {store, tokens, rates_, rng_, bus_});
    EXPECT_TRUE(made) << made.error().message;
    realtime_ = std::move(*made);
    EXPECT_TRUE(realtime_->start(net::read_clock().mono + TimeDelta::seconds(60)));
    bus_.start();
    server_ = std::make_unique<net::HttpServer>(
        net::HttpServerOptions{.bind_addresses = {"127.0.0.1"}},
        [this](std::shared_ptr<net::HttpExchange> exchange) { realtime_->handle(std::move(exchange)); });
    EXPECT_TRUE(server_->start());
  }
  ~Instance() {
    bus_.stop();
    realtime_->stop();
    server_.reset();
  }
  uint16_t port() const { return server_->port(); }
  Realtime& realtime() { return *realtime_; }

 private:
  /// Each has an id of its own on the wire.
  static uint64_t next_seed() {
    static std::atomic<uint64_t> count = 7;
    return count++;
  }

  LockedRng<SeededRng> rng_{SeededRng(next_seed())};
  api::RateGate rates_{api::default_rate_limits(), 1024, rng_};
  bus::InProcessBus bus_;
  std::unique_ptr<Realtime> realtime_;
  std::unique_ptr<net::HttpServer> server_;
};

/// The product's gateway on a free port; what the test does is told as the server's relay tells it.
class RealtimeTest : public product::chat::ChatTest {
 protected:
  void SetUp() override {
    instance_ = std::make_unique<Instance>(*store_, tokens_, wire_);
    owner_ = user("aysel");
    guest_ = user("ibrahim");
    group_ = group(owner_, {guest_});
    tell();
  }
  void TearDown() override { instance_.reset(); }
  uint16_t port() const { return instance_->port(); }

  /// Gives what has happened its place in the log, and says so.
  void tell() {
    const auto pending = store_->outbox().fetch(soon(), 10'000);
    ASSERT_TRUE(pending);
    if (pending->empty()) return;
    std::vector<int64_t> ids;
    for (const auto& event : *pending) ids.push_back(event.id);
    ASSERT_TRUE(store_->write(
        soon(), [&](product::Tx& tx) -> product::Outcome<int64_t> { return product::events::append(tx, ids.back()); }));
    ASSERT_TRUE(store_->outbox().remove(soon(), ids));
    instance_->realtime().on_log_grown();
  }
  void say_and_tell(const product::UserId& who, const std::string& text) {
    say(who, group_, text);
    tell();
  }

  IdsAreTokens tokens_;
  std::shared_ptr<bus::Wire> wire_ = std::make_shared<bus::Wire>();
  std::unique_ptr<Instance> instance_;
  product::UserId owner_;
  product::UserId guest_;
  product::ConversationId group_;
};

}  // namespace parley::realtime
