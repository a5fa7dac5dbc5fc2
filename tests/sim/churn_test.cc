// Coming and going: nothing stays behind.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

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
  options.client.publish = {PublishSpec::microphone(), PublishSpec::camera_simulcast()};
  return options;
}

TEST(Churn, EverythingIsGivenBackWhenEveryoneHasLeft) {
  World world(run_seed(11), {.departure_timeout = TimeDelta::seconds(2)});
  for (int i = 0; i < 4; ++i) {
    world.join(person("p" + std::to_string(i), i % 2 ? ConnectionMode::kDual : ConnectionMode::kSingle));
  }
  ASSERT_TRUE(world.run_until_connected());
  EXPECT_GT(world.engine().sfu().cells_in_use(), 100u);
  for (const auto& seat : world.seats()) world.leave(*seat);
  world.run_for(TimeDelta::seconds(1));
  EXPECT_EQ(world.engine().participant_count(), 0u);
  EXPECT_EQ(world.engine().sfu().peer_count(), 0u);
  // One cell waits for the next datagram.
  EXPECT_LE(world.engine().sfu().cells_in_use(), 1u);
  world.run_for(TimeDelta::seconds(3));
  EXPECT_EQ(world.engine().room_count(), 0u);
  EXPECT_THAT(world.violations(), IsEmpty());
}

TEST(Churn, OthersNoticeNothingOfThoseWhoComeAndGo) {
  World world(run_seed(12));
  Seat& ada = world.join(person("ada", ConnectionMode::kSingle));
  Seat& bob = world.join(person("bob", ConnectionMode::kDual));
  ASSERT_TRUE(world.run_until_connected());
  for (int i = 0; i < 20; ++i) {
    Seat& guest =
        world.join(person("guest" + std::to_string(i % 3), i % 2 ? ConnectionMode::kDual : ConnectionMode::kSingle));
    // Some leave before they have arrived.
    world.run_for(TimeDelta::millis(30 + 90 * (i % 7)));
    if (i % 3 == 0) {
      world.vanish(guest);
    } else {
      world.leave(guest);
    }
  }
  world.run_for(TimeDelta::seconds(22));
  EXPECT_EQ(world.engine().participant_count(), 2u);
  EXPECT_LT(bob.sees(ada)->frames().longest_freeze, TimeDelta::millis(100));
  EXPECT_LT(ada.sees(bob)->frames().longest_freeze, TimeDelta::millis(100));
  EXPECT_EQ(bob.hears(ada)->lost(), 0u);
  EXPECT_THAT(world.violations(), IsEmpty());
}

TEST(Churn, AThousandJoinsAndLeavesReturnTheMemory) {
  World world(run_seed(13));
  Seat* seats[] = {&world.join(person("a", ConnectionMode::kSingle)), &world.join(person("b", ConnectionMode::kDual)),
                   &world.join(person("c", ConnectionMode::kDual))};
  ASSERT_TRUE(world.run_until_connected());
  // Each time one of three leaves and comes back, so that the room lives on.
  const auto cycle = [&](int i) {
    Seat& seat = *seats[i % 3];
    world.leave(seat);
    world.run_for(TimeDelta::millis(60));
    EXPECT_EQ(world.engine().participant_count(), 2u);
    world.rejoin(seat);
    const bool is_connected = world.run_until_connected();
    world.drop_records();
    return is_connected;
  };
  // Bytes in use as the C library counts them, in its heap and mapped; sanitizers count otherwise and find leaks
  // themselves.
  const auto heap = [] {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  for (int i = 0; i < scaled(300); ++i) ASSERT_TRUE(cycle(i)) << i;
  const size_t before = heap();
  for (int i = 0; i < scaled(1000); ++i) ASSERT_TRUE(cycle(i)) << i;
  const size_t after = heap();
  // A quarter of a kilobyte per join: the state of SRTP streams, which are never forgotten, and capacities.
  EXPECT_LE(after, before + 256 * 1024);
  EXPECT_EQ(world.engine().sfu().peer_count(), 1u + 2 + 2);
  EXPECT_THAT(world.violations(), IsEmpty());
}

TEST(Churn, AThousandICERestartsLeaveNoOldCredentials) {
  World world(run_seed(14));
  Seat& ada = world.join(person("ada", ConnectionMode::kSingle));
  Seat& bob = world.join(person("bob", ConnectionMode::kDual));
  ASSERT_TRUE(world.run_until_connected());
  std::vector<std::string> old;
  for (int i = 0; i < 50; ++i) {
    old.push_back(ada.client->connection(ConnectionIndex::kPublisher)->server_ufrag());
    world.act(ada, [](Client& client, ClientOutputs& out) { client.restart_ice(out); });
    world.run_for(TimeDelta::millis(300));
  }
  EXPECT_TRUE(bob.sees(ada));
  old.pop_back();  // The generation before the present one may still be answered.
  for (const std::string& ufrag : old) EXPECT_FALSE(world.engine().sfu().peer_by_ufrag(ufrag)) << ufrag;
}

TEST(Churn, AnAddressThatANatGivesOutAgainServesItsNewOwner) {
  World world(run_seed(17));
  Seat& ada = world.join(person("ada", ConnectionMode::kSingle));
  Seat& old = world.join(person("bob", ConnectionMode::kSingle));
  ASSERT_TRUE(world.run_until_connected());
  world.vanish(old);
  Seat& eve = world.join(person("eve", ConnectionMode::kSingle));
  world.take_addresses(eve, old);
  EXPECT_TRUE(world.run_until([&] { return eve.sees(ada) && ada.sees(eve) && ada.sees(eve)->video()->has_picture(); },
                              TimeDelta::seconds(3)));
  // The old owner is removed meanwhile; the new one notices nothing.
  world.run_for(TimeDelta::seconds(25));
  EXPECT_EQ(world.engine().participant_count(), 2u);
  EXPECT_LT(eve.sees(ada)->frames().longest_freeze, TimeDelta::millis(100));
  EXPECT_LT(ada.sees(eve)->frames().longest_freeze, TimeDelta::millis(100));
}

TEST(Churn, OneWhoNeverFinishesConnectingIsRemoved) {
  for (const ConnectionMode mode : {ConnectionMode::kSingle, ConnectionMode::kDual}) {
    World world(run_seed(15));
    Seat& ada = world.join(person("ada", mode));
    SeatOptions deaf = person("deaf", mode);
    deaf.up.loss = 1;
    deaf.resumes = false;
    world.join(deaf);
    world.run_for(TimeDelta::seconds(62));
    EXPECT_EQ(world.engine().participant_count(), 1u);
    EXPECT_THAT(ada.client->others(), IsEmpty());
    EXPECT_EQ(world.engine().sfu().peer_count(), mode == ConnectionMode::kSingle ? 1u : 2u);
  }
}

TEST(Churn, OneWhoseDTLSNeverFinishesIsRemoved) {
  World world(run_seed(16));
  Seat& ada = world.join(person("ada", ConnectionMode::kSingle));
  SeatOptions stuck = person("stuck", ConnectionMode::kSingle);
  stuck.drops_dtls = true;
  stuck.resumes = false;
  world.join(stuck);
  world.run_for(TimeDelta::seconds(62));
  EXPECT_EQ(world.engine().participant_count(), 1u);
  EXPECT_THAT(ada.client->others(), IsEmpty());
}

}  // namespace
}  // namespace parley::sim
