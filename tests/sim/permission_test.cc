// Nobody receives what they may not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/world.h"

namespace parley::sim {
namespace {

using client::ClientEvent;
using client::ClientOutputs;
using client::PublishSpec;
using testing::IsEmpty;

SeatOptions person(std::string identity, ConnectionMode mode) {
  SeatOptions options{.identity = std::move(identity)};
  options.client.mode = mode;
  options.client.opens_publisher_at_once = true;
  options.client.publish = {PublishSpec::microphone(), PublishSpec::camera_simulcast()};
  return options;
}

class Permission : public testing::TestWithParam<ConnectionMode> {
 protected:
  World world{run_seed(9)};
  Seat& ada = world.join(person("ada", GetParam()));

  void TearDown() override { EXPECT_THAT(world.violations(), IsEmpty()); }
};

INSTANTIATE_TEST_SUITE_P(Modes, Permission, testing::Values(ConnectionMode::kSingle, ConnectionMode::kDual),
                         [](const auto& tested) {
                           return std::string(tested.param == ConnectionMode::kSingle ? "single" : "dual");
                         });

TEST_P(Permission, OneWhoMayNotSubscribeReceivesNoMedia) {
  SeatOptions options = person("bob", GetParam());
  options.grant.can_subscribe = false;
  Seat& bob = world.join(options);
  world.run_for(TimeDelta::seconds(4));
  EXPECT_EQ(bob.client->state(), client::ClientState::kActive);
  EXPECT_TRUE(ada.sees(bob) && ada.sees(bob)->video()->has_picture());
  EXPECT_EQ(bob.client->connection(ConnectionIndex::kPublisher)->counts().packets, 0u);
  EXPECT_EQ(bob.client->receiving().counts().packets, 0u);
  world.act(bob, [&](Client& client, ClientOutputs& out) { client.subscribe(ada.track_sid(1), true, out); });
  world.run_for(TimeDelta::seconds(2));
  EXPECT_EQ(bob.client->receiving().counts().packets, 0u);
}

TEST_P(Permission, OneWhoMayNotPublishIsRefusedAndUnheard) {
  SeatOptions options = person("bob", GetParam());
  options.grant.can_publish = false;
  Seat& bob = world.join(options);
  world.run_for(TimeDelta::seconds(3));
  EXPECT_EQ(bob.count(ClientEvent::Kind::kTrackRefused), 2u);
  EXPECT_THAT(ada.client->receiving().receptions(), IsEmpty());
  bool is_sent = false;
  world.act(bob, [&](Client& client, ClientOutputs& out) {
    is_sent = client.send_data(pb::DataPacket::RELIABLE, "let me speak", out);
  });
  world.run_for(TimeDelta::seconds(1));
  EXPECT_THAT(ada.texts(pb::DataPacket::RELIABLE), IsEmpty());
}

TEST_P(Permission, APublisherChoosesItsSubscribers) {
  Seat& bob = world.join(person("bob", GetParam()));
  Seat& eve = world.join(person("eve", GetParam()));
  ASSERT_TRUE(world.run_until_connected());
  pb::SubscriptionPermission only_bob;
  only_bob.add_track_permissions()->set_participant_identity("bob");
  only_bob.mutable_track_permissions(0)->set_all_tracks(true);
  world.act(ada, [&](Client& client, ClientOutputs& out) { client.allow_subscribers(only_bob, out); });
  world.run_for(TimeDelta::millis(500));
  EXPECT_TRUE(bob.sees(ada));
  EXPECT_FALSE(eve.sees(ada));
  EXPECT_FALSE(eve.hears(ada));
  pb::SubscriptionPermission everyone;
  everyone.set_all_participants(true);
  world.act(ada, [&](Client& client, ClientOutputs& out) { client.allow_subscribers(everyone, out); });
  EXPECT_TRUE(world.run_until([&] { return eve.sees(ada) && eve.sees(ada)->video()->has_picture(); }));
}

TEST_P(Permission, AHiddenOneIsNeverAnnounced) {
  SeatOptions options = person("bob", GetParam());
  options.grant.hidden = true;
  options.client.publish.clear();
  Seat& bob = world.join(options);
  EXPECT_TRUE(world.run_until([&] { return bob.sees(ada) && bob.sees(ada)->video()->has_picture(); }));
  EXPECT_THAT(ada.client->others(), IsEmpty());
  world.leave(bob);
  world.run_for(TimeDelta::seconds(1));
  EXPECT_THAT(ada.client->others(), IsEmpty());
}

TEST_P(Permission, WithoutAutoSubscribeNothingComesUnasked) {
  SeatOptions options = person("bob", GetParam());
  options.client.auto_subscribe = false;
  Seat& bob = world.join(options);
  world.run_for(TimeDelta::seconds(3));
  EXPECT_EQ(bob.client->receiving().counts().packets, 0u);
  world.act(bob, [&](Client& client, ClientOutputs& out) { client.subscribe(ada.track_sid(0), true, out); });
  EXPECT_TRUE(world.run_until([&] { return bob.hears(ada) && bob.hears(ada)->has_packets(); }));
  EXPECT_FALSE(bob.sees(ada));
}

TEST_P(Permission, RoomsDoNotHearEachOther) {
  SeatOptions options = person("bob", GetParam());
  options.room = "another";
  Seat& bob = world.join(options);
  world.run_for(TimeDelta::seconds(3));
  EXPECT_THAT(bob.client->others(), IsEmpty());
  EXPECT_EQ(bob.client->receiving().counts().packets, 0u);
}

}  // namespace
}  // namespace parley::sim
