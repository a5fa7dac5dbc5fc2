// How soon a picture is there: after subscribing, switching on, and through losses that hit key frames.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/world.h"

namespace parley::sim {
namespace {

using client::ClientOutputs;
using client::PublishSpec;
using testing::IsEmpty;

SeatOptions person(std::string identity) {
  SeatOptions options{.identity = std::move(identity)};
  options.client.publish = {PublishSpec::camera_simulcast()};
  return options;
}

/// Seconds from switching a track on to its key frame, over many times.
class PictureTime {
 public:
  PictureTime(World& world, Seat& viewer, Seat& publisher) : world_(world), viewer_(viewer), publisher_(publisher) {}

  void measure(int rounds) {
    const std::string track = publisher_.track_sid(0);
    for (int i = 0; i < rounds; ++i) {
      world_.act(viewer_,
                 [&](Client& client, ClientOutputs& out) { client.set_track_wish(track, {.disabled = true}, out); });
      world_.run_for(TimeDelta::millis(1200));
      const uint64_t keys = viewer_.sees(publisher_)->frames().key_frames;
      const Timestamp begin = world_.now();
      world_.act(viewer_, [&](Client& client, ClientOutputs& out) { client.set_track_wish(track, {}, out); });
      EXPECT_TRUE(world_.run_until([&] { return viewer_.sees(publisher_)->frames().key_frames > keys; }));
      const TimeDelta took = world_.now() - begin;
      longest = std::max(longest, took);
      total_ = total_ + took;
      ++count_;
    }
  }
  TimeDelta mean() const { return total_ / count_; }
  TimeDelta longest;

 private:
  World& world_;
  Seat& viewer_;
  Seat& publisher_;
  TimeDelta total_;
  int64_t count_ = 0;
};

TEST(KeyFrame, APictureIsThereWithinARoundTripAndAFrame) {
  World world(run_seed(31));
  Seat& ada = world.join(person("ada"));
  Seat& bob = world.join(person("bob"));
  ASSERT_TRUE(world.run_until_connected());
  PictureTime time(world, bob, ada);
  time.measure(20);
  // Signal 10, PLI 10, next frame 34, media 20 ms.
  EXPECT_LE(time.longest, TimeDelta::millis(80));
  EXPECT_THAT(world.violations(), IsEmpty());
}

TEST(KeyFrame, ALostFirstPacketOfAKeyFrameCostsARepairAndNotAnotherKeyFrame) {
  World world(run_seed(32));
  Seat& ada = world.join(person("ada"));
  Seat& bob = world.join(person("bob"));
  ASSERT_TRUE(world.run_until_connected());
  world.set_links(ada, LinkOptions::lossy(0.15), {});
  PictureTime time(world, bob, ada);
  time.measure(100);
  EXPECT_LE(time.mean(), TimeDelta::millis(250));
  EXPECT_THAT(world.violations(), IsEmpty());
}

}  // namespace
}  // namespace parley::sim
