#include "edge/gateway/test_gateway.h"

namespace parley::gateway {
namespace {

/// What a client remembers for coming back, as the stock one does.
struct Memory {
  std::string sid;
  std::string pid;
  std::string offset;
};

class RecoveryTest : public GatewayTest {
 protected:
  Memory connect(TestClient& client, const Memory* before = nullptr) {
    std::string auth;
    if (before) {
      auth = R"({"pid":")" + before->pid + "\"";
      if (!before->offset.empty()) auth += R"(,"offset":")" + before->offset + "\"";
      auth += "}";
    }
    const std::string welcome = client.connect(auth);
    return {member(welcome, "sid"), member(welcome, "pid"), before ? before->offset : ""};
  }
  /// The next event without its offset, which is remembered.
  static std::string next(TestClient& client, Memory& memory) {
    std::string event = client.next();
    const size_t comma = event.rfind(",\"");
    if (!event.starts_with("42[") || comma == std::string::npos) return event;
    memory.offset = event.substr(comma + 2, event.size() - comma - 4);
    return event.substr(0, comma) + "]";
  }
  void emit(std::string_view name, const Target& target,
            OutgoingEvent::Delivery delivery = OutgoingEvent::Delivery::kReliable) {
    gateway_->emit("/", target, {.name = name, .delivery = delivery});
  }
  /// Drops a client and waits until the gateway has noticed.
  void drop(TestClient& client) {
    client.drop();
    owner_.left.take();
  }
  bool is_over(TestClient& client) {
    emit("end", {}, OutgoingEvent::Delivery::kOnce);
    return client.next() == R"(42["end"])";
  }
};

TEST_F(RecoveryTest, GivesRoomsDataAndWhatWasMissedBack) {
  start();
  TestClient client(port());
  Memory memory = connect(client);
  const SocketPtr before = owner_.sockets.take();
  before->join("r");
  before->set_data(std::make_shared<int>(5));
  emit("seen", {{"r"}, {}});
  EXPECT_EQ(next(client, memory), R"(42["seen"])");
  drop(client);
  emit("missed 1", {{"r"}, {}});
  emit("other", {{"s"}, {}});
  emit("not for it", {{"r"}, {before->id()}});
  emit("missed 2", {{"r", "s"}, {}});
  emit("missed 3", {});
  before->emit({.name = "missed 4"});
  emit("typing", {{"r"}, {}}, OutgoingEvent::Delivery::kVolatile);
  emit("once", {{"r"}, {}}, OutgoingEvent::Delivery::kOnce);

  TestClient again(port());
  const Memory back = connect(again, &memory);
  EXPECT_EQ(back.sid, memory.sid);
  EXPECT_EQ(back.pid, memory.pid);
  for (const char* name : {"missed 1", "missed 2", "missed 3", "missed 4"}) {
    EXPECT_EQ(next(again, memory), "42[\"" + std::string(name) + "\"]");
  }
  EXPECT_TRUE(is_over(again));
  const SocketPtr after = owner_.sockets.take();
  EXPECT_EQ(after->id(), before->id());
  EXPECT_EQ(after->rooms(), std::vector<std::string>{"r"});
  EXPECT_EQ(*std::static_pointer_cast<int>(after->data()), 5);
  EXPECT_EQ(gateway_->stats().recovered, 1u);
  EXPECT_EQ(gateway_->stats().dormant_now, 0u);
}

TEST_F(RecoveryTest, ReplaysWhatWasSentButNeverArrived) {
  start();
  TestClient client(port());
  Memory memory = connect(client);
  emit("seen", {});
  EXPECT_EQ(next(client, memory), R"(42["seen"])");
  emit("lost on the way", {});
  drop(client);
  TestClient again(port());
  connect(again, &memory);
  EXPECT_EQ(next(again, memory), R"(42["lost on the way"])");
}

TEST_F(RecoveryTest, NeedsNoOffsetFromAClientThatNeverGotAnEvent) {
  start();
  TestClient client(port());
  const Memory memory = connect(client);
  drop(client);
  emit("first", {});
  TestClient again(port());
  Memory back = connect(again, &memory);
  EXPECT_EQ(back.sid, memory.sid);
  EXPECT_EQ(next(again, back), R"(42["first"])");
}

TEST_F(RecoveryTest, TellsTheOwnerAndLetsItTakeRoomsAway) {
  start();
  TestClient client(port());
  Memory memory = connect(client);
  const SocketPtr before = owner_.sockets.take();
  before->join("kept");
  before->join("lost");
  drop(client);
  emit("secret", {{"lost"}, {}});
  emit("fine", {{"kept"}, {}});
  owner_.holds_requests = true;
  TestClient again(port());
  again.send(R"(40{"pid":")" + memory.pid + "\"}");
  const auto request = owner_.requests.take();
  EXPECT_TRUE(request->is_recovered());
  EXPECT_EQ(request->recovered_rooms(), (std::vector<std::string>{"kept", "lost"}));
  emit("meanwhile", {{"kept"}, {}});
  const SocketPtr after = request->accept({{"new"}, {"lost"}, nullptr});
  EXPECT_EQ(after->rooms(), (std::vector<std::string>{"kept", "new"}));
  EXPECT_TRUE(again.next().starts_with("40{"));
  EXPECT_EQ(next(again, memory), R"(42["fine"])");
  EXPECT_EQ(next(again, memory), R"(42["meanwhile"])");
}

TEST_F(RecoveryTest, AppliesWhatHappensToRoomsMeanwhile) {
  start();
  TestClient client(port());
  Memory memory = connect(client);
  owner_.sockets.take()->join("r");
  drop(client);
  emit("before the ban", {{"r"}, {}});
  gateway_->join("/", {{memory.sid}, {}}, "s");
  gateway_->leave("/", {{"r"}, {}}, "r");
  emit("after", {{"r"}, {}});
  emit("in the new room", {{"s"}, {}});
  TestClient again(port());
  connect(again, &memory);
  EXPECT_EQ(next(again, memory), R"(42["in the new room"])");
  EXPECT_TRUE(is_over(again));
}

TEST_F(RecoveryTest, DoesNotShowWhatWasSentBeforeItJoined) {
  start();
  TestClient other(port());
  connect(other);
  owner_.sockets.take()->join("r");
  TestClient client(port());
  Memory memory = connect(client);
  emit("before it joined", {{"r"}, {}});
  owner_.sockets.take()->join("r");
  emit("after", {{"r"}, {}});
  drop(client);
  TestClient again(port());
  connect(again, &memory);
  EXPECT_EQ(next(again, memory), R"(42["after"])");
}

TEST_F(RecoveryTest, IsNotForThoseWhoLeftOrWereSentAway) {
  start();
  TestClient leaving(port());
  const Memory left = connect(leaving);
  leaving.send("41");
  EXPECT_EQ(owner_.left.take().reason, DisconnectReason::kClientNamespaceDisconnect);
  TestClient sent(port());
  const Memory away = connect(sent);
  gateway_->disconnect("/", {{away.sid}, {}}, CloseTransport::kYes);
  owner_.left.take();
  TestClient dropped(port());
  const Memory banned = connect(dropped);
  drop(dropped);
  gateway_->disconnect("/", {{banned.sid}, {}}, CloseTransport::kYes);
  for (const Memory& memory : {left, away, banned}) {
    TestClient again(port());
    const Memory back = connect(again, &memory);
    EXPECT_NE(back.sid, memory.sid);
    EXPECT_NE(back.pid, memory.pid);
  }
  EXPECT_EQ(gateway_->stats().not_recovered, 3u);
}

TEST_F(RecoveryTest, IsNotForStrangersNorForThoseStillThere) {
  start();
  TestClient client(port());
  const Memory memory = connect(client);
  TestClient thief(port());
  EXPECT_NE(connect(thief, &memory).sid, memory.sid) << "the first one is still connected";
  drop(client);
  TestClient guess(port());
  const Memory wrong{memory.sid, memory.sid, ""};
  EXPECT_NE(connect(guess, &wrong).sid, memory.sid);
  TestClient liar(port());
  const Memory future{memory.sid, memory.pid, "zzzz99"};
  EXPECT_NE(connect(liar, &future).sid, memory.sid);
}

TEST_F(RecoveryTest, EndsWithTheWindow) {
  options_.recovery_window = TimeDelta::millis(20);
  options_.engine.upgrade_timeout = TimeDelta::millis(100);  // Makes the timer look often.
  start();
  TestClient client(port());
  const Memory memory = connect(client);
  owner_.sockets.take()->join("r");
  drop(client);
  ASSERT_TRUE(wait_until([&] { return gateway_->stats().dormant_now == 0; }));
  EXPECT_EQ(gateway_->stats().rooms_now, 0u);
  TestClient again(port());
  EXPECT_NE(connect(again, &memory).sid, memory.sid);
}

TEST_F(RecoveryTest, KeepsNoMoreEventsThanAllowedAndSaysSoByNotRecovering) {
  options_.replay_events = 3;
  start();
  TestClient client(port());
  Memory memory = connect(client);
  drop(client);
  for (int i = 0; i < 4; ++i) emit("e", {});
  EXPECT_EQ(gateway_->stats().replay_events_now, 3u);
  TestClient again(port());
  EXPECT_NE(connect(again, &memory).sid, memory.sid) << "one is lost";
}

TEST_F(RecoveryTest, KnowsThatAQuietRoomMissedNothingWhateverOthersWereSent) {
  options_.replay_events = 3;
  start();
  TestClient other(port());
  connect(other);
  owner_.sockets.take()->join("busy");
  TestClient client(port());
  Memory memory = connect(client);
  owner_.sockets.take()->join("quiet");
  emit("seen", {{"quiet"}, {}});
  EXPECT_EQ(next(client, memory), R"(42["seen"])");
  for (int i = 0; i < 10; ++i) emit("noise", {{"busy"}, {}});
  emit("lost on the way", {{"quiet"}, {}});
  drop(client);
  TestClient again(port());
  EXPECT_EQ(connect(again, &memory).sid, memory.sid);
  EXPECT_EQ(next(again, memory), R"(42["lost on the way"])");
}

TEST_F(RecoveryTest, LetsAClientTryAgainThatLeftBeforeTheDecision) {
  start();
  TestClient client(port());
  const Memory memory = connect(client);
  drop(client);
  owner_.holds_requests = true;
  {
    TestClient again(port());
    again.send(R"(40{"pid":")" + memory.pid + "\"}");
    const auto request = owner_.requests.take();
    EXPECT_TRUE(request->is_recovered());
    again.drop();
    ASSERT_TRUE(wait_until([&] { return gateway_->stats().engine.connections_now == 0; }));
    EXPECT_EQ(request->accept({}), nullptr);
  }
  owner_.holds_requests = false;
  TestClient third(port());
  EXPECT_EQ(connect(third, &memory).sid, memory.sid);
}

}  // namespace
}  // namespace parley::gateway
