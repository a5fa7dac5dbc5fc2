#include <thread>

#include "edge/gateway/test_gateway.h"

namespace parley::gateway {
namespace {

/// Three clients without recovery, so that events have no offset.
class RoomsTest : public GatewayTest {
 protected:
  void SetUp() override {
    options_.recovery_window = TimeDelta::zero();
    start();
    for (int i = 0; i < 3; ++i) {
      clients_.push_back(std::make_unique<TestClient>(port()));
      clients_.back()->connect();
      sockets_.push_back(owner_.sockets.take());
    }
  }
  void emit(std::string_view name, const Target& target) { gateway_->emit("/", target, {.name = name}); }
  /// What each client has before an event to everybody, as one text.
  std::vector<std::string> received() {
    emit("end", {});
    std::vector<std::string> all;
    for (const auto& client : clients_) {
      std::string text;
      for (std::string next = client->next(); next != R"(42["end"])" && !next.starts_with("closed");
           next = client->next()) {
        text += next.substr(4, next.size() - 6) + " ";
      }
      all.push_back(text);
    }
    return all;
  }
  using All = std::vector<std::string>;

  std::vector<std::unique_ptr<TestClient>> clients_;
  std::vector<SocketPtr> sockets_;
};

TEST_F(RoomsTest, ReachesTheMembersOfARoom) {
  sockets_[0]->join("r");
  sockets_[1]->join("r");
  sockets_[1]->join("r");
  emit("a", {{"r"}, {}});
  sockets_[0]->leave("r");
  emit("b", {{"r"}, {}});
  emit("c", {{"nobody"}, {}});
  EXPECT_EQ(received(), (All{"a ", "a b ", ""}));
  EXPECT_EQ(sockets_[1]->rooms(), std::vector<std::string>{"r"});
}

TEST_F(RoomsTest, ReachesTheUnionOnceAndLeavesOutTheExcepted) {
  sockets_[0]->join("r");
  sockets_[0]->join("s");
  sockets_[1]->join("s");
  sockets_[2]->join("t");
  emit("a", {{"r", "s", "t"}, {}});
  emit("b", {{"r", "s", "t"}, {"t"}});
  emit("c", {{}, {sockets_[0]->id(), "t"}});
  emit("d", {{sockets_[2]->id()}, {}});
  EXPECT_EQ(received(), (All{"a b ", "a b c ", "a d "}));
}

TEST_F(RoomsTest, MovesMembersOfOneRoomToAnother) {
  sockets_[0]->join("user:1");
  sockets_[1]->join("user:1");
  gateway_->join("/", {{"user:1"}, {sockets_[1]->id()}}, "conversation:1");
  gateway_->join("/", {{"user:1"}, {}}, "user:1");
  emit("a", {{"conversation:1"}, {}});
  gateway_->leave("/", {{"user:1"}, {}}, "conversation:1");
  emit("b", {{"conversation:1"}, {}});
  EXPECT_EQ(received(), (All{"a ", "", ""}));
  EXPECT_EQ(gateway_->sockets("/", {{"user:1"}, {}}).size(), 2u);
}

TEST_F(RoomsTest, ForgetsARoomWithItsLastMember) {
  sockets_[0]->join("r");
  sockets_[1]->join("r");
  EXPECT_EQ(gateway_->stats().rooms_now, 1u);
  sockets_[0]->leave("r");
  gateway_->disconnect("/", {{"r"}, {}}, CloseTransport::kNo);
  EXPECT_EQ(owner_.left.take().socket, sockets_[1]);
  EXPECT_EQ(gateway_->stats().rooms_now, 0u);
  sockets_[1]->join("r");
  EXPECT_EQ(gateway_->stats().rooms_now, 0u) << "it has ended";
  EXPECT_EQ(gateway_->stats().sockets_now, 2u);
}

TEST_F(RoomsTest, KeepsOneOrderForAllReceivers) {
  constexpr int kEach = 200;
  for (const SocketPtr& socket : sockets_) socket->join("r");
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < kEach; ++i) emit(std::to_string(t) + "-" + std::to_string(i), {{"r"}, {}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  const All all = received();
  EXPECT_EQ(all[0], all[1]);
  EXPECT_EQ(all[0], all[2]);
  EXPECT_EQ(std::ranges::count(all[0], ' '), 3 * kEach);
}

TEST_F(RoomsTest, StaysWholeWhileManyThreadsChangeIt) {
  std::atomic<bool> is_over = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([this, t] {
      SeededRng rng(static_cast<uint64_t>(t) + 1);
      for (int i = 0; i < 2'000; ++i) {
        const SocketPtr& socket = sockets_[rng.below(3)];
        const std::string room = std::to_string(rng.below(5));
        rng.below(2) == 0 ? socket->join(room) : socket->leave(room);
        if (i % 20 == 0) emit("x", {{room}, {socket->id()}});
      }
    });
  }
  threads.emplace_back([&] {
    while (!is_over) {
      TestClient passing(port());
      passing.connect();
      passing.drop();
    }
  });
  threads[0].join();
  threads[1].join();
  is_over = true;
  threads[2].join();
  for (const SocketPtr& socket : sockets_) {
    for (const std::string& room : socket->rooms()) socket->leave(room);
  }
  EXPECT_TRUE(wait_until([&] { return gateway_->stats().sockets_now == 3; }));
  EXPECT_EQ(gateway_->stats().rooms_now, 0u);
  received();
}

}  // namespace
}  // namespace parley::gateway
