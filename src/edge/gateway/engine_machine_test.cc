#include "edge/gateway/engine_machine.h"

#include <gtest/gtest.h>

namespace parley::gateway {
namespace {

constexpr Timestamp kStart = Timestamp::seconds(100);

/// A machine with virtual time; every call keeps its effects in `effects_`.
class EngineMachineTest : public testing::Test {
 protected:
  void start(TransportKind transport) { machine_.emplace(options_, transport, now_); }
  template <class F>
  EngineEffects& step(F&& call) {
    effects_ = {};
    call();
    return effects_;
  }
  bool poll() {
    bool is_taken = false;
    step([&] { is_taken = machine_->on_poll(now_, effects_); });
    return is_taken;
  }
  bool post(std::string_view payload) {
    bool is_taken = false;
    step([&] { is_taken = machine_->on_post(payload, now_, effects_); });
    return is_taken;
  }
  EngineEffects& probe(std::string_view text) {
    return step([&] { machine_->on_probe_text(text, now_, effects_); });
  }
  EngineEffects& text(std::string_view packet) {
    return step([&] { machine_->on_websocket_text(packet, now_, effects_); });
  }
  EngineEffects& send(std::string_view data) {
    return step([&] { machine_->send(make_engine_message(EngineType::kMessage, data), effects_); });
  }
  EngineEffects& close() {
    return step([&] { machine_->close(DisconnectReason::kForcedClose, now_, effects_); });
  }
  EngineEffects& tick(TimeDelta later) {
    now_ += later;
    return step([&] { machine_->on_tick(now_, effects_); });
  }
  std::string sent() const {
    std::string payload;
    for (const EngineMessagePtr& message : effects_.frames) message->append_to_payload(payload);
    return payload;
  }

  EngineOptions options_;
  Timestamp now_ = kStart;
  EngineEffects effects_;
  std::optional<EngineMachine> machine_;
};

TEST_F(EngineMachineTest, TellsTheFiveThingsOfAHandshake) {
  EXPECT_EQ(EngineMachine::handshake_text(options_, TransportKind::kPolling, "S"),
            R"({"sid":"S","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})");
  EXPECT_TRUE(EngineMachine::handshake_text(options_, TransportKind::kWebSocket, "S").contains(R"("upgrades":[])"));
  options_.transports = {TransportKind::kPolling};
  EXPECT_TRUE(EngineMachine::handshake_text(options_, TransportKind::kPolling, "S").contains(R"("upgrades":[])"));
}

TEST_F(EngineMachineTest, AnswersAPollWhenThereIsSomething) {
  start(TransportKind::kPolling);
  EXPECT_TRUE(poll());
  EXPECT_FALSE(effects_.poll_answer);
  EXPECT_EQ(send("a").poll_answer, "4a");
  EXPECT_FALSE(send("b").poll_answer);
  send("c");
  EXPECT_TRUE(poll());
  EXPECT_EQ(effects_.poll_answer,
            "4b\x1e"
            "4c");
}

TEST_F(EngineMachineTest, EndsAtASecondPoll) {
  start(TransportKind::kPolling);
  poll();
  EXPECT_FALSE(poll());
  EXPECT_EQ(effects_.poll_answer, "1");
  EXPECT_EQ(effects_.ended, DisconnectReason::kTransportError);
  EXPECT_TRUE(effects_.is_gone);
  EXPECT_FALSE(poll());
}

TEST_F(EngineMachineTest, EndsWhenAPollIsGivenUp) {
  start(TransportKind::kPolling);
  poll();
  step([&] { machine_->on_poll_aborted(effects_); });
  EXPECT_EQ(effects_.ended, DisconnectReason::kTransportError);
  EXPECT_FALSE(effects_.poll_answer);
}

TEST_F(EngineMachineTest, GivesTheMessagesOfAPostInOrder) {
  start(TransportKind::kPolling);
  EXPECT_TRUE(
      post("4a\x1e"
           "bAQ==\x1e"
           "4b"));
  ASSERT_EQ(effects_.received.size(), 3u);
  EXPECT_EQ(effects_.received[0].data, "a");
  EXPECT_EQ(effects_.received[1].kind, PayloadKind::kBinary);
  EXPECT_EQ(effects_.received[2].data, "b");
}

TEST_F(EngineMachineTest, EndsAtSomethingThatIsNoPacket) {
  start(TransportKind::kPolling);
  EXPECT_FALSE(
      post("4a\x1e"
           "abc"));
  EXPECT_EQ(effects_.received.size(), 1u) << "what came before it counts";
  EXPECT_EQ(effects_.ended, DisconnectReason::kParseError);
  start(TransportKind::kWebSocket);
  EXPECT_EQ(text("abc").ended, DisconnectReason::kParseError);
  EXPECT_TRUE(effects_.closes_websocket);
}

TEST_F(EngineMachineTest, EndsWhenTheClientPings) {
  start(TransportKind::kWebSocket);
  EXPECT_EQ(text("2").ended, DisconnectReason::kTransportError);
}

TEST_F(EngineMachineTest, FreesThePollWhenTheClientSaysGoodbye) {
  start(TransportKind::kPolling);
  poll();
  EXPECT_TRUE(
      post("1\x1e"
           "4late"));
  EXPECT_EQ(effects_.poll_answer, "6");
  EXPECT_EQ(effects_.ended, DisconnectReason::kTransportClose);
  EXPECT_TRUE(effects_.received.empty());
}

TEST_F(EngineMachineTest, UpgradesAndSendsWhatWaited) {
  start(TransportKind::kPolling);
  EXPECT_TRUE(machine_->on_probe_opened(now_));
  EXPECT_FALSE(machine_->on_probe_opened(now_)) << "one at a time";
  poll();
  probe("2probe");
  std::string answer;
  effects_.probe_answer->append_to_payload(answer);
  EXPECT_EQ(answer, "3probe");
  EXPECT_TRUE(machine_->is_upgrading());
  EXPECT_FALSE(effects_.poll_answer) << "the probe's answer shall come first";
  EXPECT_EQ(tick(TimeDelta::millis(50)).poll_answer, "6");
  send("waits");
  probe("5");
  EXPECT_TRUE(effects_.promotes_probe);
  EXPECT_EQ(sent(), "4waits");
  EXPECT_FALSE(machine_->is_upgrading());
  EXPECT_FALSE(poll());
  EXPECT_FALSE(machine_->on_probe_opened(now_));
  send("direct");
  EXPECT_EQ(sent(), "4direct");
}

TEST_F(EngineMachineTest, EndsEveryPollSoonWhileItIsUpgrading) {
  start(TransportKind::kPolling);
  machine_->on_probe_opened(now_);
  probe("2probe");
  tick(TimeDelta::seconds(1));
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(poll());
    EXPECT_FALSE(effects_.poll_answer);
    EXPECT_EQ(machine_->next_deadline(), now_ + TimeDelta::millis(50));
    EXPECT_EQ(tick(TimeDelta::millis(50)).poll_answer, "6");
  }
  poll();
  EXPECT_EQ(send("a").poll_answer, "4a");
}

TEST_F(EngineMachineTest, RefusesAPollThatOvertookTheEndOfTheUpgrade) {
  start(TransportKind::kPolling);
  machine_->on_probe_opened(now_);
  probe("2probe");
  poll();
  probe("5");
  EXPECT_TRUE(effects_.refuses_poll);
  EXPECT_FALSE(effects_.poll_answer);
  EXPECT_TRUE(effects_.promotes_probe);
}

TEST_F(EngineMachineTest, GivesUpAProbeThatSaysAnythingElseAndStaysOnPolling) {
  start(TransportKind::kPolling);
  machine_->on_probe_opened(now_);
  EXPECT_TRUE(probe("4hello").closes_probe);
  EXPECT_FALSE(effects_.ended);
  EXPECT_TRUE(effects_.received.empty());
  EXPECT_TRUE(machine_->on_probe_opened(now_)) << "another may try";
}

TEST_F(EngineMachineTest, GivesUpAProbeThatTakesTooLong) {
  start(TransportKind::kPolling);
  machine_->on_probe_opened(now_);
  EXPECT_EQ(machine_->next_deadline(), kStart + options_.upgrade_timeout);
  EXPECT_FALSE(tick(options_.upgrade_timeout - TimeDelta::millis(1)).closes_probe);
  EXPECT_TRUE(tick(TimeDelta::millis(1)).closes_probe);
  EXPECT_FALSE(effects_.ended);
}

TEST_F(EngineMachineTest, PingsAndGivesUpWithoutAPong) {
  start(TransportKind::kWebSocket);
  for (int i = 0; i < 3; ++i) {
    tick(options_.ping_interval);
    EXPECT_EQ(sent(), "2");
    EXPECT_FALSE(text("3").ended);
  }
  tick(options_.ping_interval);
  EXPECT_FALSE(tick(options_.ping_timeout - TimeDelta::millis(1)).ended);
  EXPECT_EQ(tick(TimeDelta::millis(1)).ended, DisconnectReason::kPingTimeout);
  EXPECT_TRUE(effects_.closes_websocket);
  EXPECT_TRUE(machine_->next_deadline().is_never());
}

TEST_F(EngineMachineTest, CountsThePingTimeoutFromWhenThePingWasDue) {
  start(TransportKind::kPolling);
  tick(options_.ping_interval + TimeDelta::millis(300));
  EXPECT_EQ(machine_->next_deadline(), kStart + options_.ping_interval + options_.ping_timeout);
}

TEST_F(EngineMachineTest, GivesTheClientItsWholeTimeWhenTheClockWasNotLookedAt) {
  start(TransportKind::kWebSocket);
  tick(options_.ping_interval + options_.ping_timeout);
  EXPECT_FALSE(effects_.ended);
  EXPECT_EQ(machine_->next_deadline(), now_ + options_.ping_timeout);
}

TEST_F(EngineMachineTest, NoticesATimeoutWhenThePollComesBeforeTheTick) {
  start(TransportKind::kPolling);
  tick(options_.ping_interval);
  now_ += options_.ping_timeout;
  EXPECT_FALSE(poll());
  EXPECT_EQ(effects_.ended, DisconnectReason::kPingTimeout);
}

TEST_F(EngineMachineTest, ClosesThroughAPollThatWaits) {
  start(TransportKind::kPolling);
  poll();
  EXPECT_EQ(close().poll_answer, "1");
  EXPECT_EQ(effects_.ended, DisconnectReason::kForcedClose);
  EXPECT_TRUE(effects_.is_gone);
}

TEST_F(EngineMachineTest, KeepsTheLastPacketsForOneMorePoll) {
  start(TransportKind::kPolling);
  send("bye");
  EXPECT_EQ(close().ended, DisconnectReason::kForcedClose);
  EXPECT_FALSE(effects_.is_gone);
  EXPECT_TRUE(post("4ignored"));
  EXPECT_TRUE(effects_.received.empty());
  EXPECT_TRUE(poll());
  EXPECT_EQ(effects_.poll_answer,
            "4bye\x1e"
            "1");
  EXPECT_TRUE(effects_.is_gone);
  EXPECT_FALSE(effects_.ended) << "told before";
}

TEST_F(EngineMachineTest, ForgetsTheLastPacketsAfterAWhile) {
  start(TransportKind::kPolling);
  close();
  EXPECT_FALSE(tick(options_.close_timeout - TimeDelta::millis(1)).is_gone);
  EXPECT_TRUE(tick(TimeDelta::millis(1)).is_gone);
  EXPECT_FALSE(poll());
}

TEST_F(EngineMachineTest, EndsAConnectionThatDoesNotFetchWhatWaits) {
  options_.slow_bytes = 1000;
  start(TransportKind::kPolling);
  send(std::string(900, 'x'));
  EXPECT_TRUE(machine_->is_open());
  EXPECT_EQ(send(std::string(200, 'x')).ended, DisconnectReason::kSlowConsumer);
}

TEST_F(EngineMachineTest, ClosesAConnectionWithoutAUserInTime) {
  start(TransportKind::kWebSocket);
  machine_->set_user_deadline(now_ + TimeDelta::seconds(5));
  EXPECT_EQ(tick(TimeDelta::seconds(5)).ended, DisconnectReason::kForcedClose);
  start(TransportKind::kWebSocket);
  machine_->set_user_deadline(now_ + TimeDelta::seconds(5));
  machine_->set_user_deadline(Timestamp::never());
  EXPECT_FALSE(tick(TimeDelta::seconds(5)).ended);
}

TEST_F(EngineMachineTest, IsWritableWhenSomethingWouldLeaveAtOnce) {
  start(TransportKind::kPolling);
  EXPECT_FALSE(machine_->is_writable());
  poll();
  EXPECT_TRUE(machine_->is_writable());
  start(TransportKind::kWebSocket);
  EXPECT_TRUE(machine_->is_writable());
  text("1");
  EXPECT_FALSE(machine_->is_writable());
}

}  // namespace
}  // namespace parley::gateway
