// Datagrams that nobody should send: the call goes on, and each is counted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/world.h"

namespace parley::sim {
namespace {

using client::PublishSpec;
using testing::IsEmpty;

SeatOptions person(std::string identity) {
  SeatOptions options{.identity = std::move(identity)};
  options.client.publish = {PublishSpec::microphone(), PublishSpec::camera_simulcast()};
  return options;
}

class Hostile : public testing::Test {
 protected:
  World world{run_seed(21)};
  SeededRng rng{run_seed(22)};
  Seat& ada = world.join(person("ada"));
  Seat& bob = world.join(person("bob"));
  const Path stranger{.remote = SocketAddress::v4(0xcb007101, 666)};

  void SetUp() override {
    world.capture(4000);
    ASSERT_TRUE(world.run_until_connected());
    world.run_for(TimeDelta::seconds(2));
  }
  void TearDown() override {
    world.run_for(TimeDelta::seconds(2));
    EXPECT_THAT(world.violations(), IsEmpty());
    for (const auto& [viewer, publisher] : {std::pair{&ada, &bob}, std::pair{&bob, &ada}}) {
      EXPECT_LT(viewer->sees(*publisher)->frames().longest_freeze, TimeDelta::millis(100));
      EXPECT_EQ(viewer->sees(*publisher)->lost(), 0u);
      EXPECT_EQ(viewer->hears(*publisher)->lost(), 0u);
      EXPECT_EQ(viewer->sees(*publisher)->counts().duplicates, 0u);
    }
    EXPECT_EQ(world.engine().participant_count(), 2u);
  }
  uint64_t dropped(sfu::Verdict verdict) {
    return world.engine().sfu().counters().received[static_cast<size_t>(verdict)];
  }
};

TEST_F(Hostile, ReplayedDatagramsFromTheirOwnAddressChangeNothing) {
  for (const World::Captured& datagram : world.captured()) world.inject(datagram.from, datagram.bytes);
  EXPECT_GT(dropped(sfu::Verdict::kDropTransport), 1000u);
}

TEST_F(Hostile, ReplayedDatagramsFromAStrangerChangeNothing) {
  // Among them are authentic checks: they must not move anyone's media to the stranger.
  for (const World::Captured& datagram : world.captured()) world.inject(stranger, datagram.bytes);
  EXPECT_GT(dropped(sfu::Verdict::kDropUnknownPath), 1000u);
}

TEST_F(Hostile, DamagedDatagramsChangeNothing) {
  for (const World::Captured& datagram : world.captured()) {
    ByteVector bytes = datagram.bytes;
    bytes[rng.below(bytes.size())] ^= static_cast<uint8_t>(1 + rng.below(255));
    world.inject(datagram.from, bytes);
    bytes.resize(rng.below(bytes.size()));
    world.inject(datagram.from, bytes);
  }
}

TEST_F(Hostile, GarbageChangesNothing) {
  const Path at_ada = world.address(ada, ConnectionIndex::kPublisher);
  for (int i = 0; i < 5000; ++i) {
    ByteVector bytes(1 + rng.below(1600));
    rng.fill(bytes);
    // The first byte says what it pretends to be: STUN, DTLS, RTP.
    constexpr uint8_t kFirst[] = {0, 22, 0x80, 0x90};
    bytes[0] = kFirst[rng.below(4)];
    world.inject(i % 2 ? at_ada : stranger, bytes);
  }
}

TEST_F(Hostile, MediaReplayedForSecondsKeepsItsNumbersFresh) {
  // While the call goes on: everything sent is sent again a second later.
  world.capture(20'000);
  size_t next = world.captured().size();
  for (int i = 0; i < 300; ++i) {
    world.run_for(TimeDelta::millis(10));
    if (i < 100) continue;
    for (int j = 0; j < 30 && next < world.captured().size(); ++j, ++next) {
      const World::Captured datagram = world.captured()[next];
      world.inject(datagram.from, datagram.bytes);
    }
  }
}

}  // namespace
}  // namespace parley::sim
