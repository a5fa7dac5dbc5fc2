// The table of impaired networks: ten simulated minutes each of three people in a call, from a seed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/world.h"

namespace parley::sim {
namespace {

using client::Dialect;
using client::PublishSpec;
using testing::IsEmpty;

struct Scenario {
  const char* name;
  LinkOptions link;
  TimeDelta length = TimeDelta::seconds(600);
  TimeDelta max_audio_gap = TimeDelta::millis(20);
  TimeDelta max_freeze = TimeDelta::millis(200);
  double max_lost = 0.0001;  ///< Share of packets that no repair brought, or not yet.
  bool rebinds = false;
};

std::ostream& operator<<(std::ostream& out, const Scenario& scenario) { return out << scenario.name; }

class Impaired : public testing::TestWithParam<Scenario> {};

struct Trio {
  Seat* ada;  ///< Simulcast camera and microphone.
  Seat* bob;  ///< Camera of one layer and microphone.
  Seat* eve;  ///< Listens.
};

Trio join_three(World& world, const LinkOptions& link) {
  SeatOptions options{.up = link, .down = link};
  Trio trio{};
  options.identity = "ada";
  options.client.publish = {PublishSpec::microphone(), PublishSpec::camera_simulcast()};
  trio.ada = &world.join(options);
  options.identity = "bob";
  options.client.mode = ConnectionMode::kDual;
  options.client.dialect = Dialect::kFirefox;
  PublishSpec camera = PublishSpec::camera_single_layer();
  camera.layers[0].bitrate = DataRate::kbps(400);
  options.client.publish = {PublishSpec::microphone(), camera};
  trio.bob = &world.join(options);
  options.identity = "eve";
  options.client.mode = ConnectionMode::kSingle;
  options.client.publish.clear();
  options.client.offers_in_join_request = false;
  trio.eve = &world.join(options);
  return trio;
}

struct Total {
  TimeDelta audio_gap;
  TimeDelta freeze;
  uint64_t packets = 0;
  uint64_t lost = 0;
  uint64_t frames = 0;
  uint64_t by_rtx = 0;
};

Total total_of(const World& world) {
  Total total;
  for (const auto& seat : world.seats()) {
    for (const auto& [sid, reception] : seat->client->receiving().receptions()) {
      total.audio_gap = std::max(total.audio_gap, reception->audio().longest_gap);
      total.freeze = std::max(total.freeze, reception->frames().longest_freeze);
      total.packets += reception->counts().packets;
      total.by_rtx += reception->counts().by_rtx;
      total.lost += reception->lost();
      total.frames += reception->frames().frames;
    }
  }
  return total;
}

uint64_t resends(const Seat& seat) {
  uint64_t count = 0;
  for (const auto& publication : seat.client->publications()) {
    for (const client::Encoding& encoding : publication->encodings()) count += encoding.resends();
  }
  return count;
}

TEST_P(Impaired, CallGoesOn) {
  const Scenario& scenario = GetParam();
  const uint64_t seed = run_seed(7);
  SCOPED_TRACE("PARLEY_SEED=" + std::to_string(seed));
  World world(seed);
  const Trio trio = join_three(world, scenario.link);
  ASSERT_TRUE(world.run_until_connected());
  unsigned rebound = 0;
  const Timestamp end = world.now() + TimeDelta::millis(scaled(scenario.length.ms()));
  while (world.now() < end) {
    world.run_for(TimeDelta::seconds(20));
    if (scenario.rebinds) world.rebind(++rebound % 2 ? *trio.ada : *trio.bob);
  }
  const Total total = total_of(world);
  RecordProperty("longest_audio_gap_ms", static_cast<int>(total.audio_gap.ms()));
  RecordProperty("longest_freeze_ms", static_cast<int>(total.freeze.ms()));
  RecordProperty("packets", std::to_string(total.packets));
  RecordProperty("by_rtx", std::to_string(total.by_rtx));
  RecordProperty("never_repaired", std::to_string(total.lost));
  EXPECT_THAT(world.violations(), IsEmpty());
  EXPECT_LE(total.audio_gap.ms(), scenario.max_audio_gap.ms());
  EXPECT_LE(total.freeze.ms(), scenario.max_freeze.ms());
  EXPECT_LE(static_cast<double>(total.lost), scenario.max_lost * static_cast<double>(total.packets));

  // Once the network is good again the picture is whole within a second and stays so.
  world.set_all_links(LinkOptions::clean());
  world.run_for(TimeDelta::seconds(2));
  const Total before = total_of(world);
  world.run_for(TimeDelta::seconds(3));
  // Each of three receives the others' cameras: five streams of 30 frames per second, less ada's and bob's own: four.
  EXPECT_GE(total_of(world).frames - before.frames, 4u * 3 * 30 - 8);
  EXPECT_THAT(world.violations(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Networks, Impaired,
    testing::Values(Scenario{.name = "clean", .link = {}},
                    Scenario{.name = "loss5",
                             .link = {.loss = 0.05},

                             .max_audio_gap = TimeDelta::millis(100),
                             .max_freeze = TimeDelta::millis(1500),
                             .max_lost = 0.001},
                    // Issue 2, section 5.5: audio at 10 % loss is never silent for 200 ms.
                    Scenario{.name = "loss10",
                             .link = {.loss = 0.10},

                             .max_audio_gap = TimeDelta::millis(180),
                             .max_freeze = TimeDelta::millis(3000),
                             .max_lost = 0.003},
                    // Both ways at once: four packets of ten do not make it from sender to receiver.
                    Scenario{.name = "loss20",
                             .link = {.loss = 0.20},

                             .max_audio_gap = TimeDelta::millis(400),
                             .max_freeze = TimeDelta::millis(8000),
                             .max_lost = 0.02},
                    Scenario{.name = "bursts",
                             .link = {.loss = 0.05, .burst = 8},
                             .max_audio_gap = TimeDelta::millis(500),
                             .max_freeze = TimeDelta::millis(5000),
                             .max_lost = 0.002},
                    Scenario{.name = "jitter",
                             .link = {.delay = TimeDelta::millis(30), .jitter = TimeDelta::millis(60)}},
                    Scenario{.name = "reordering", .link = {.reorder = 0.1, .duplicate = 0.02}},
                    // No repair is in time for a jitter buffer of 200 ms: single losses are heard.
                    Scenario{.name = "delay300",
                             .link = {.loss = 0.02, .delay = TimeDelta::millis(150)},

                             .max_audio_gap = TimeDelta::millis(120),
                             .max_freeze = TimeDelta::millis(3000),
                             .max_lost = 0.002},
                    // A new address is learnt at the next consent check, two seconds later at most.
                    Scenario{.name = "rebinding",
                             .link = {},

                             .max_audio_gap = TimeDelta::millis(2200),
                             .max_freeze = TimeDelta::millis(3500),
                             .max_lost = 0.1,
                             .rebinds = true}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Repair, AFarPublisherIsAskedOnceForALossAndNotEveryFewMilliseconds) {
  for (const ConnectionMode mode : {ConnectionMode::kSingle, ConnectionMode::kDual}) {
    World world(run_seed(8));
    const LinkOptions far{.delay = TimeDelta::millis(150)};
    SeatOptions options{.identity = "ada", .up = far, .down = far};
    options.client.mode = mode;
    options.client.publish = {PublishSpec::microphone(), PublishSpec::camera_simulcast()};
    Seat& ada = world.join(options);
    options.identity = "bob";
    world.join(options);
    ASSERT_TRUE(world.run_until_connected());
    world.run_for(TimeDelta::seconds(3));
    const uint64_t resends_before = resends(ada);
    const uint64_t dropped_before = world.up_link(ada, ConnectionIndex::kPublisher).dropped();
    world.set_links(ada, {.loss = 0.05, .delay = TimeDelta::millis(150)}, far);
    world.run_for(TimeDelta::seconds(20));
    const uint64_t lost = world.up_link(ada, ConnectionIndex::kPublisher).dropped() - dropped_before;
    EXPECT_GT(lost, 200u);
    EXPECT_LT(resends(ada) - resends_before, lost * 3 / 2);
  }
}

}  // namespace
}  // namespace parley::sim
