#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/world.h"

namespace parley::sim {
namespace {

using client::PublishSpec;
using testing::IsEmpty;

TEST(Call, TwoClientsHearAndSeeEachOther) {
  for (const ConnectionMode mode : {ConnectionMode::kSingle, ConnectionMode::kDual}) {
    World world;
    SeatOptions options{.identity = "ada"};
    options.client.mode = mode;
    options.client.publish = {PublishSpec::microphone(), PublishSpec::camera_simulcast()};
    Seat& ada = world.join(options);
    options.identity = "bob";
    Seat& bob = world.join(options);
    EXPECT_TRUE(world.run_until_connected());
    world.run_for(TimeDelta::seconds(5));
    EXPECT_THAT(world.violations(), IsEmpty());
    ASSERT_TRUE(ada.sees(bob));
    EXPECT_GT(ada.sees(bob)->frames().frames, 140u);
    printf("frames %lu key %lu lost %lu discont %lu jump %ld freeze %ld\n", ada.sees(bob)->frames().frames,
           ada.sees(bob)->frames().key_frames, ada.sees(bob)->lost(), ada.sees(bob)->frames().discontinuities,
           ada.sees(bob)->frames().largest_time_jump.ms(), ada.sees(bob)->frames().longest_freeze.ms());
  }
}

}  // namespace
}  // namespace parley::sim
