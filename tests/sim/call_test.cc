// Calls on a good network: who receives what, through every change that a call sees.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/world.h"

namespace parley::sim {
namespace {

using client::ClientEvent;
using client::ClientOutputs;
using client::Dialect;
using client::PublishSpec;
using client::TrackWish;
using testing::IsEmpty;

SeatOptions camera_and_microphone(std::string identity, ConnectionMode mode) {
  SeatOptions options{.identity = std::move(identity)};
  options.client.mode = mode;
  options.client.dialect = mode == ConnectionMode::kDual ? Dialect::kFirefox : Dialect::kChromium;
  options.client.publish = {PublishSpec::microphone(), PublishSpec::camera_simulcast()};
  return options;
}

/// Video payload received in a second, in kbit/s.
int64_t video_kbps(World& world, const Seat& viewer, const Seat& publisher) {
  const uint64_t before = viewer.sees(publisher)->counts().bytes;
  world.run_for(TimeDelta::seconds(1));
  return static_cast<int64_t>((viewer.sees(publisher)->counts().bytes - before) * 8 / 1000);
}

uint64_t frames(const Seat& viewer, const Seat& publisher) { return viewer.sees(publisher)->frames().frames; }

class Call : public testing::TestWithParam<ConnectionMode> {
 protected:
  World world{run_seed(1)};
  Seat& ada = world.join(camera_and_microphone("ada", GetParam()));
  Seat& bob = world.join(camera_and_microphone("bob", GetParam()));

  void SetUp() override { ASSERT_TRUE(world.run_until_connected()); }
  void TearDown() override { EXPECT_THAT(world.violations(), IsEmpty()); }
};

INSTANTIATE_TEST_SUITE_P(Modes, Call, testing::Values(ConnectionMode::kSingle, ConnectionMode::kDual),
                         [](const auto& tested) {
                           return std::string(tested.param == ConnectionMode::kSingle ? "single" : "dual");
                         });

TEST_P(Call, BothHearAndSeeEachOtherWithoutAnyLoss) {
  world.run_for(TimeDelta::seconds(5));
  for (const auto& [viewer, publisher] : {std::pair{&ada, &bob}, std::pair{&bob, &ada}}) {
    EXPECT_GE(frames(*viewer, *publisher), 145u);
    EXPECT_EQ(viewer->sees(*publisher)->lost(), 0u);
    EXPECT_EQ(viewer->sees(*publisher)->publisher_id(), publisher->publisher_id);
    EXPECT_EQ(viewer->hears(*publisher)->lost(), 0u);
    EXPECT_EQ(viewer->hears(*publisher)->publisher_id(), publisher->publisher_id);
    EXPECT_LT(viewer->sees(*publisher)->latency().quantile(0.99), TimeDelta::millis(30));
  }
}

TEST_P(Call, SimulcastGivesTheBestLayer) {
  world.run_for(TimeDelta::seconds(3));
  EXPECT_GT(video_kbps(world, bob, ada), 1400);
}

TEST_P(Call, ALayerThatStopsIsReplacedByTheNextOneAndComesBack) {
  world.run_for(TimeDelta::seconds(3));
  ada.client->set_layer_active(1, 2, false);
  world.run_for(TimeDelta::seconds(3));
  const int64_t medium = video_kbps(world, bob, ada);
  EXPECT_GT(medium, 350);
  EXPECT_LT(medium, 800);
  ada.client->set_layer_active(1, 2, true);
  world.run_for(TimeDelta::seconds(3));
  EXPECT_GT(video_kbps(world, bob, ada), 1400);
  // The picture may stand while the stopped layer is given up, and no longer.
  EXPECT_LT(bob.sees(ada)->frames().longest_freeze, TimeDelta::millis(2000));
  EXPECT_LT(bob.sees(ada)->frames().largest_time_jump, TimeDelta::millis(100));
}

TEST_P(Call, AViewerGetsTheLayerItAsksFor) {
  world.run_for(TimeDelta::seconds(2));
  const std::string track = ada.track_sid(1);
  world.act(bob, [&](Client& client, ClientOutputs& out) {
    client.set_track_wish(track, {.width = 300, .height = 170}, out);
  });
  world.run_for(TimeDelta::seconds(2));
  EXPECT_LT(video_kbps(world, bob, ada), 250);
  world.act(bob, [&](Client& client, ClientOutputs& out) { client.set_track_wish(track, {}, out); });
  world.run_for(TimeDelta::seconds(2));
  EXPECT_GT(video_kbps(world, bob, ada), 1400);
  EXPECT_LT(bob.sees(ada)->frames().longest_freeze, TimeDelta::millis(200));
}

TEST_P(Call, ADisabledTrackStopsAndGoesOnWithAKeyFrame) {
  const std::string track = ada.track_sid(1);
  world.act(bob, [&](Client& client, ClientOutputs& out) { client.set_track_wish(track, {.disabled = true}, out); });
  world.run_for(TimeDelta::millis(100));
  const uint64_t packets = bob.sees(ada)->counts().packets;
  world.run_for(TimeDelta::seconds(2));
  EXPECT_EQ(bob.sees(ada)->counts().packets, packets);
  const uint64_t keys = bob.sees(ada)->frames().key_frames;
  world.act(bob, [&](Client& client, ClientOutputs& out) { client.set_track_wish(track, {}, out); });
  world.run_for(TimeDelta::seconds(2));
  EXPECT_GT(bob.sees(ada)->frames().key_frames, keys);
  EXPECT_LT(bob.sees(ada)->video()->standing(world.now()), TimeDelta::millis(100));
}

TEST_P(Call, MutingStopsAndUnmutingGoesOn) {
  for (const size_t track : {0, 1}) {
    world.act(ada, [&](Client& client, ClientOutputs& out) { client.set_muted(track, true, out); });
  }
  world.run_for(TimeDelta::millis(200));
  const uint64_t packets = bob.sees(ada)->counts().packets + bob.hears(ada)->counts().packets;
  world.run_for(TimeDelta::seconds(3));
  EXPECT_EQ(bob.sees(ada)->counts().packets + bob.hears(ada)->counts().packets, packets);
  for (const size_t track : {0, 1}) {
    world.act(ada, [&](Client& client, ClientOutputs& out) { client.set_muted(track, false, out); });
  }
  world.run_for(TimeDelta::seconds(2));
  EXPECT_LT(bob.sees(ada)->video()->standing(world.now()), TimeDelta::millis(100));
  EXPECT_LT(bob.hears(ada)->audio().longest_gap, TimeDelta::millis(100));
  EXPECT_EQ(bob.sees(ada)->lost(), 0u);
  EXPECT_EQ(bob.hears(ada)->lost(), 0u);
}

TEST_P(Call, ATrackPublishedMutedIsThereAndStartsWhenUnmuted) {
  Seat& eve = world.join(camera_and_microphone("eve", GetParam()));
  world.act(eve, [](Client& client, ClientOutputs& out) { client.set_muted(1, true, out); });
  EXPECT_TRUE(world.run_until([&] { return ada.sees(eve) != nullptr; }));
  world.run_for(TimeDelta::seconds(2));
  EXPECT_FALSE(ada.sees(eve)->has_packets());
  world.act(eve, [](Client& client, ClientOutputs& out) { client.set_muted(1, false, out); });
  world.run_for(TimeDelta::seconds(2));
  eve.client->set_layer_active(1, 2, false);
  world.run_for(TimeDelta::seconds(3));
  eve.client->set_layer_active(1, 2, true);
  world.run_for(TimeDelta::seconds(3));
  // Layers have changed twice; that decoders saw one stream is checked with every test.
  EXPECT_GT(video_kbps(world, ada, eve), 1400);
}

TEST_P(Call, ATrackMutedBeforeItsFirstPacketIsStillThere) {
  SeatOptions options = camera_and_microphone("eve", GetParam());
  options.client.publish = {PublishSpec::microphone()};
  Seat& eve = world.join(options);
  EXPECT_TRUE(world.run_until([&] { return !eve.track_sid(0).empty(); }));
  world.act(eve, [](Client& client, ClientOutputs& out) { client.set_muted(0, true, out); });
  EXPECT_TRUE(world.run_until([&] { return ada.hears(eve) != nullptr; }));
  EXPECT_FALSE(ada.hears(eve)->has_packets());
}

TEST_P(Call, UnsubscribedTracksSendNothing) {
  for (const size_t track : {0, 1}) {
    world.act(bob, [&](Client& client, ClientOutputs& out) { client.subscribe(ada.track_sid(track), false, out); });
  }
  world.run_for(TimeDelta::millis(100));
  const auto& counts = bob.client->receiving().counts();
  const uint64_t packets = counts.packets;
  world.run_for(TimeDelta::seconds(3));
  EXPECT_EQ(counts.packets, packets);
  EXPECT_FALSE(bob.sees(ada));
  for (const size_t track : {0, 1}) {
    world.act(bob, [&](Client& client, ClientOutputs& out) { client.subscribe(ada.track_sid(track), true, out); });
  }
  EXPECT_TRUE(world.run_until_connected());
}

TEST_P(Call, UnpublishedTracksEndAndOthersTakeTheirPlace) {
  for (int round = 0; round < 5; ++round) {
    const size_t track = ada.client->publications().size() - 1;
    world.act(ada, [&](Client& client, ClientOutputs& out) { client.unpublish(track, out); });
    EXPECT_TRUE(world.run_until([&] { return bob.sees(ada) == nullptr; }));
    world.act(ada, [&](Client& client, ClientOutputs& out) { client.publish(PublishSpec::camera_simulcast(), out); });
    EXPECT_TRUE(world.run_until([&] { return bob.sees(ada) && bob.sees(ada)->video()->has_picture(); }));
  }
  world.run_for(TimeDelta::seconds(2));
  EXPECT_GE(frames(bob, ada), 50u);
  // The section of an ended track is used again.
  const auto& receptions = bob.client->receiving().receptions();
  EXPECT_EQ(receptions.size(), 2u);
}

TEST_P(Call, ICERestartKeepsTheMediaFlowing) {
  for (int round = 0; round < 3; ++round) {
    world.act(ada, [](Client& client, ClientOutputs& out) { client.restart_ice(out); });
    world.run_for(TimeDelta::seconds(2));
  }
  EXPECT_LT(bob.sees(ada)->frames().longest_freeze, TimeDelta::millis(100));
  EXPECT_LT(ada.sees(bob)->frames().longest_freeze, TimeDelta::millis(100));
  EXPECT_EQ(bob.sees(ada)->lost(), 0u);
}

TEST_P(Call, TheOneWhoLeavesIsGoneForTheOther) {
  world.leave(ada);
  world.run_for(TimeDelta::seconds(1));
  EXPECT_TRUE(bob.client->others().empty());
  EXPECT_TRUE(bob.client->receiving().receptions().empty());
  EXPECT_EQ(world.engine().participant_count(), 1u);
}

TEST_P(Call, OneWhoVanishesIsRemovedWithinTwentySeconds) {
  world.vanish(ada);
  world.run_for(TimeDelta::seconds(22));
  EXPECT_TRUE(bob.client->others().empty());
  EXPECT_EQ(world.engine().participant_count(), 1u);
}

TEST_P(Call, ASecondClientOfTheSameIdentityTakesThePlace) {
  Seat& again = world.join(camera_and_microphone("ada", GetParam()));
  world.run_for(TimeDelta::seconds(3));
  ASSERT_EQ(ada.count(ClientEvent::Kind::kLeft), 1u);
  EXPECT_EQ(ada.client->state(), client::ClientState::kLeft);
  EXPECT_TRUE(bob.sees(again) && bob.sees(again)->video()->has_picture());
  EXPECT_EQ(world.engine().participant_count(), 2u);
}

// lk and everything else that is made with the Go SDK.
TEST(GoCall, OneWhoAnswersPassivelySeesAndIsSeen) {
  World world(run_seed(1));
  SeatOptions options = camera_and_microphone("gopher", ConnectionMode::kDual);
  options.client.dialect = client::Dialect::kPion;
  Seat& gopher = world.join(options);
  Seat& ada = world.join(camera_and_microphone("ada", ConnectionMode::kSingle));
  ASSERT_TRUE(world.run_until_connected());
  world.run_for(TimeDelta::seconds(3));
  EXPECT_GE(frames(gopher, ada), 80u);
  EXPECT_GE(frames(ada, gopher), 80u);
  // The server is the DTLS client here, so that its data channels have even stream ids.
  ASSERT_TRUE(world.run_until([&] { return ada.client->is_data_ready(); }));
  world.act(ada, [](client::Client& client, client::ClientOutputs& out) {
    EXPECT_TRUE(client.send_data(livekit::pb::DataPacket::RELIABLE, "hello", out));
  });
  EXPECT_TRUE(world.run_until([&] { return !gopher.texts(livekit::pb::DataPacket::RELIABLE).empty(); }));
  EXPECT_THAT(world.violations(), IsEmpty());
}

TEST(LargeCall, TenPeopleOfBothKindsSeeEachOther) {
  World world(run_seed(3));
  for (int i = 0; i < 10; ++i) {
    SeatOptions options =
        camera_and_microphone("p" + std::to_string(i), i % 2 ? ConnectionMode::kDual : ConnectionMode::kSingle);
    options.client.offers_in_join_request = i % 4 != 0;
    options.up.delay = options.down.delay = TimeDelta::millis(5 + 7 * i);
    world.join(options);
    world.run_for(TimeDelta::millis(70));
  }
  ASSERT_TRUE(world.run_until_connected());
  world.run_for(TimeDelta::seconds(5));
  for (const auto& viewer : world.seats()) {
    for (const auto& publisher : world.seats()) {
      if (viewer == publisher) continue;
      EXPECT_GT(frames(*viewer, *publisher), 140u) << viewer->identity() << " of " << publisher->identity();
      EXPECT_EQ(viewer->sees(*publisher)->lost(), 0u);
    }
  }
  EXPECT_THAT(world.violations(), IsEmpty());
}

}  // namespace
}  // namespace parley::sim
