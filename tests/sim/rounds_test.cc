// Rooms whose packets do not fit one pass of the SFU.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/world.h"

namespace parley::sim {
namespace {

using client::PublishSpec;
using testing::IsEmpty;

/// A datagram fills a pass: every participant has its turn in another one.
sfu::SfuConfig one_datagram_a_pass() {
  sfu::SfuConfig config;
  config.max_pass_bytes = 1;
  return config;
}

SeatOptions seat(int number) {
  SeatOptions options{.identity = "p" + std::to_string(number)};
  options.client.publish = {PublishSpec::microphone(), PublishSpec::camera_single_layer()};
  return options;
}

uint64_t lost(const World& world) {
  uint64_t count = 0;
  for (const auto& seat : world.seats()) {
    for (const auto& [sid, reception] : seat->client->receiving().receptions()) count += reception->lost();
  }
  return count;
}

TEST(Rounds, EveryoneReceivesEverythingWhenAPassTakesOneParticipant) {
  World world(run_seed(1), {}, one_datagram_a_pass());
  world.join(seat(1));
  for (int i = 2; i <= 4; ++i) {
    SeatOptions options = seat(i);
    options.client.publish.clear();
    world.join(std::move(options));
  }
  ASSERT_TRUE(world.run_until_connected());
  world.run_for(TimeDelta::seconds(20));
  EXPECT_EQ(lost(world), 0u);
  EXPECT_THAT(world.violations(), IsEmpty());
}

TEST(Rounds, ParticipantsAndTracksMayGoInTheMiddleOfARound) {
  World world(run_seed(2), {}, one_datagram_a_pass());
  std::vector<Seat*> seats;
  for (int i = 1; i <= 4; ++i) seats.push_back(&world.join(seat(i)));
  ASSERT_TRUE(world.run_until_connected());
  for (int i = 0; i < 20; ++i) {
    Seat& one = *seats[static_cast<size_t>(i) % seats.size()];
    world.leave(one);
    world.run_for(TimeDelta::millis(37 + i));
    world.rejoin(one);
    world.run_for(TimeDelta::millis(150 + i));
  }
  ASSERT_TRUE(world.run_until_connected());
  EXPECT_THAT(world.violations(), IsEmpty());
}

}  // namespace
}  // namespace parley::sim
