// The signal connection breaks and comes back; data packets before, during and after.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/world.h"

namespace parley::sim {
namespace {

using client::ClientEvent;
using client::ClientOutputs;
using client::PublishSpec;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

SeatOptions talker(std::string identity, ConnectionMode mode) {
  SeatOptions options{.identity = std::move(identity)};
  options.client.mode = mode;
  options.client.opens_publisher_at_once = true;
  options.client.publish = {PublishSpec::microphone(), PublishSpec::camera_simulcast()};
  return options;
}

std::vector<std::string> numbered(size_t from, size_t to) {
  std::vector<std::string> texts;
  for (size_t i = from; i <= to; ++i) texts.push_back("m" + std::to_string(i));
  return texts;
}

class Resume : public testing::TestWithParam<ConnectionMode> {
 protected:
  World world{run_seed(5)};
  Seat& ada = world.join(talker("ada", GetParam()));
  Seat& bob = world.join(talker("bob", GetParam()));

  void SetUp() override {
    ASSERT_TRUE(world.run_until_connected());
    ASSERT_TRUE(world.run_until([&] { return ada.client->is_data_ready() && bob.client->is_data_ready(); }));
    world.run_for(TimeDelta::millis(500));
  }
  void TearDown() override { EXPECT_THAT(world.violations(), IsEmpty()); }

  bool say(Seat& seat, const std::string& text, pb::DataPacket::Kind kind = pb::DataPacket::RELIABLE) {
    bool is_sent = false;
    world.act(seat, [&](Client& client, ClientOutputs& out) { is_sent = client.send_data(kind, text, out); });
    return is_sent;
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, Resume, testing::Values(ConnectionMode::kSingle, ConnectionMode::kDual),
                         [](const auto& tested) {
                           return std::string(tested.param == ConnectionMode::kSingle ? "single" : "dual");
                         });

TEST_P(Resume, MediaFlowsThroughACutOfTheSignalConnection) {
  const std::string sid = ada.client->sid();
  for (int round = 0; round < 3; ++round) {
    world.cut_signal(ada);
    world.run_for(TimeDelta::seconds(3));
  }
  EXPECT_EQ(ada.resumes, 3u);
  EXPECT_EQ(ada.count(ClientEvent::Kind::kResumed), 3u);
  EXPECT_EQ(ada.client->sid(), sid);
  EXPECT_LT(bob.sees(ada)->frames().longest_freeze, TimeDelta::millis(100));
  EXPECT_LT(ada.sees(bob)->frames().longest_freeze, TimeDelta::millis(100));
  EXPECT_EQ(ada.sees(bob)->lost(), 0u);
}

TEST_P(Resume, TOK5_ACallThatOutlivesItsTokenSurvivesACutOfTheSignalConnection) {
  SeatOptions options = talker("carol", GetParam());
  options.token_time = TimeDelta::seconds(60);
  Seat& carol = world.join(options);
  // Beyond the minute that is granted to clocks, too.
  world.run_for(TimeDelta::seconds(150));
  const std::string sid = carol.client->sid();
  ASSERT_FALSE(carol.client->token().empty());
  world.cut_signal(carol);
  world.run_for(TimeDelta::seconds(3));
  EXPECT_EQ(carol.count(ClientEvent::Kind::kResumed), 1u);
  EXPECT_EQ(carol.client->sid(), sid);
  EXPECT_LT(bob.sees(carol)->frames().longest_freeze, TimeDelta::millis(100));
}

TEST_P(Resume, TOK5_OnesOwnTokenIsOfNoUseOnceItHasExpired) {
  SeatOptions options = talker("carol", GetParam());
  options.token_time = TimeDelta::seconds(-120);
  Seat& carol = world.join(options);
  world.run_for(TimeDelta::seconds(1));
  EXPECT_EQ(carol.refused_status, 401);
}

TEST(LongCall, TOK5_AnHourAndMoreOfRenewedTokensEndsNoCall) {
  World world(run_seed(6));
  SeatOptions options{.identity = "ada"};
  options.token_time = TimeDelta::seconds(3600);
  Seat& ada = world.join(options);
  ASSERT_TRUE(world.run_until_connected());
  std::string token = ada.client->token();
  for (int i = 0; i < 13; ++i) {
    world.run_for(TimeDelta::seconds(310));
    EXPECT_NE(ada.client->token(), token) << "not renewed within " << i + 1 << " times five minutes";
    token = ada.client->token();
  }
  world.cut_signal(ada);
  world.run_for(TimeDelta::seconds(3));
  EXPECT_EQ(ada.count(ClientEvent::Kind::kResumed), 1u);
}

TEST_P(Resume, ChangesMadeMeanwhileAreKnownAfterwards) {
  ada.resumes_by_itself = false;
  world.cut_signal(ada);
  world.act(bob, [](Client& client, ClientOutputs& out) { client.unpublish(1, out); });
  Seat& eve = world.join(talker("eve", GetParam()));
  world.run_for(TimeDelta::seconds(2));
  world.resume(ada);
  EXPECT_TRUE(world.run_until([&] { return ada.sees(eve) && ada.sees(eve)->video()->has_picture(); }));
  world.run_for(TimeDelta::seconds(2));
  EXPECT_FALSE(ada.sees(bob));
  EXPECT_TRUE(ada.hears(bob));
  EXPECT_THAT(ada.client->others(), SizeIs(2));
  EXPECT_GT(eve.sees(ada)->frames().frames, 60u);
}

TEST_P(Resume, WhatWasUnsubscribedAndDisabledStaysSo) {
  world.act(ada, [&](Client& client, ClientOutputs& out) { client.subscribe(bob.track_sid(0), false, out); });
  world.act(ada, [&](Client& client, ClientOutputs& out) {
    client.set_track_wish(bob.track_sid(1), {.disabled = true}, out);
  });
  world.run_for(TimeDelta::millis(500));
  world.cut_signal(ada);
  world.run_for(TimeDelta::seconds(2));
  const uint64_t packets = ada.client->receiving().counts().packets;
  world.run_for(TimeDelta::seconds(2));
  EXPECT_EQ(ada.client->receiving().counts().packets, packets);
  EXPECT_FALSE(ada.hears(bob));
}

TEST_P(Resume, ASessionThatTheServerForgotMustBeginAnew) {
  world.vanish(ada);
  world.run_for(TimeDelta::seconds(25));
  world.resume(ada);
  world.run_for(TimeDelta::seconds(1));
  ASSERT_EQ(ada.count(ClientEvent::Kind::kLeft), 1u);
  EXPECT_EQ(ada.events.back().leave.action(), pb::LeaveRequest::RECONNECT);
  world.rejoin(ada);
  EXPECT_TRUE(world.run_until_connected());
  EXPECT_EQ(world.engine().participant_count(), 2u);
}

TEST_P(Resume, AResumeOfAnUnknownSessionIsToldToReconnect) {
  ada.resumes_by_itself = false;
  world.cut_signal(ada);
  world.vanish(bob);
  world.run_for(TimeDelta::millis(100));
  Seat& again = world.join(talker("ada", GetParam()));
  world.run_for(TimeDelta::seconds(1));
  world.resume(ada);
  world.run_for(TimeDelta::millis(200));
  ASSERT_EQ(ada.count(ClientEvent::Kind::kLeft), 1u);
  EXPECT_EQ(ada.client->state(), client::ClientState::kLeft);
  EXPECT_NE(again.client->state(), client::ClientState::kLeft);
}

TEST_P(Resume, AConnectionThatFailedIsRevivedByAResume) {
  world.set_links(ada, {.loss = 1}, {.loss = 1});
  world.run_for(TimeDelta::millis(17'000));
  EXPECT_EQ(world.engine().participant_count(), 2u);
  world.set_links(ada, {}, {});
  world.run_for(TimeDelta::seconds(6));
  EXPECT_GE(ada.count(ClientEvent::Kind::kResumed), 1u);
  EXPECT_EQ(world.engine().participant_count(), 2u);
  EXPECT_LT(bob.sees(ada)->video()->standing(world.now()), TimeDelta::millis(200));
  EXPECT_LT(ada.sees(bob)->video()->standing(world.now()), TimeDelta::millis(200));
}

TEST_P(Resume, ReliablePacketsComeInOrderAndOnceThroughLoss) {
  world.set_all_links(LinkOptions::lossy(0.10));
  for (size_t i = 1; i <= 100; ++i) {
    EXPECT_TRUE(say(ada, "m" + std::to_string(i)));
    world.run_for(TimeDelta::millis(20));
  }
  EXPECT_TRUE(world.run_until([&] { return bob.texts(pb::DataPacket::RELIABLE).size() >= 100; }));
  EXPECT_EQ(bob.texts(pb::DataPacket::RELIABLE), numbered(1, 100));
  EXPECT_THAT(ada.texts(pb::DataPacket::RELIABLE), IsEmpty());
}

TEST_P(Resume, LossyPacketsComeOrNotButNeverTwice) {
  world.set_all_links(LinkOptions::lossy(0.10));
  for (size_t i = 1; i <= 200; ++i) {
    say(ada, "m" + std::to_string(i), pb::DataPacket::LOSSY);
    world.run_for(TimeDelta::millis(20));
  }
  world.run_for(TimeDelta::seconds(1));
  auto texts = bob.texts(pb::DataPacket::LOSSY);
  EXPECT_GT(texts.size(), 120u);
  EXPECT_LT(texts.size(), 200u);
  std::ranges::sort(texts);
  EXPECT_THAT(std::ranges::unique(texts), SizeIs(0));
}

TEST_P(Resume, NoReliablePacketIsLostOrDoubledByAResume) {
  size_t next = 1;
  for (int round = 0; round < 4; ++round) {
    world.cut_signal(round % 2 ? ada : bob);
    for (int i = 0; i < 30; ++i) {
      EXPECT_TRUE(say(ada, "m" + std::to_string(next++)));
      world.run_for(TimeDelta::millis(30));
    }
  }
  world.run_for(TimeDelta::seconds(2));
  EXPECT_EQ(bob.texts(pb::DataPacket::RELIABLE), numbered(1, next - 1));
  EXPECT_EQ(bob.count(ClientEvent::Kind::kDataLost), 0u);
}

TEST_P(Resume, OneWhoJoinsHearsWhatWasSaidBeforeItsChannelWasOpen) {
  Seat& eve = world.join(talker("eve", GetParam()));
  world.run_for(TimeDelta::millis(25));
  EXPECT_TRUE(say(ada, "while you were connecting"));
  EXPECT_TRUE(world.run_until([&] { return !eve.texts(pb::DataPacket::RELIABLE).empty(); }));
  world.run_for(TimeDelta::seconds(1));
  EXPECT_THAT(eve.texts(pb::DataPacket::RELIABLE), ElementsAre("while you were connecting"));
}

TEST_P(Resume, PacketsForOneGoToNobodyElse) {
  Seat& eve = world.join(talker("eve", GetParam()));
  ASSERT_TRUE(world.run_until([&] { return eve.client->is_data_ready(); }));
  world.run_for(TimeDelta::millis(300));
  world.act(ada, [&](Client& client, ClientOutputs& out) {
    pb::DataPacket packet;
    packet.mutable_user()->set_payload("for bob");
    packet.add_destination_identities("bob");
    client.send_packet(packet, pb::DataPacket::RELIABLE, out);
  });
  world.run_for(TimeDelta::seconds(1));
  EXPECT_THAT(bob.texts(pb::DataPacket::RELIABLE), ElementsAre("for bob"));
  EXPECT_THAT(eve.texts(pb::DataPacket::RELIABLE), IsEmpty());
}

TEST_P(Resume, PacketsForNobodyGoToNobodyWhoComesLater) {
  world.act(ada, [&](Client& client, ClientOutputs& out) {
    pb::DataPacket packet;
    packet.mutable_user()->set_payload("for one who has left");
    packet.add_destination_identities("zoe");
    client.send_packet(packet, pb::DataPacket::RELIABLE, out);
  });
  world.run_for(TimeDelta::millis(100));
  Seat& eve = world.join(talker("eve", GetParam()));
  ASSERT_TRUE(world.run_until([&] { return eve.client->is_data_ready(); }));
  world.run_for(TimeDelta::seconds(1));
  EXPECT_THAT(eve.texts(pb::DataPacket::RELIABLE), IsEmpty());
  EXPECT_THAT(bob.texts(pb::DataPacket::RELIABLE), IsEmpty());
}

TEST_P(Resume, MoreThanASlowReadersChannelHoldsComesWholeAndInOrder) {
  // The longer delay keeps bob from taking it as fast as ada sends it: SCTP's window is what limits him.
  LinkOptions slow = LinkOptions::clean();
  slow.delay = TimeDelta::millis(150);
  world.set_links(bob, slow, slow);
  const std::string block(50'000, 'x');
  std::vector<std::string> sent;
  while (sent.size() < 80) {
    const std::string text = std::to_string(sent.size()) + block;
    if (say(ada, text)) sent.push_back(text);
    world.run_for(TimeDelta::millis(5));
  }
  const auto is_complete = [&] { return bob.texts(pb::DataPacket::RELIABLE).size() >= sent.size(); };
  EXPECT_TRUE(world.run_until(is_complete, TimeDelta::seconds(120)));
  const auto received = bob.texts(pb::DataPacket::RELIABLE);
  ASSERT_EQ(received.size(), sent.size());
  EXPECT_TRUE(received == sent) << "in order, each as it was sent";
}

TEST_P(Resume, LargePacketsComeWhole) {
  const std::string large(60'000, 'x');
  EXPECT_TRUE(say(ada, large));
  EXPECT_TRUE(world.run_until([&] { return !bob.texts(pb::DataPacket::RELIABLE).empty(); }));
  EXPECT_THAT(bob.texts(pb::DataPacket::RELIABLE), ElementsAre(large));
}

}  // namespace
}  // namespace parley::sim
