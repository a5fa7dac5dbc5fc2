#include <gtest/gtest.h>

#include <set>

#include "base/rng.h"
#include "media/forward/forwarder.h"

namespace parley::forward {
namespace {

constexpr Timestamp kStart = Timestamp::seconds(100);

stream::PacketCell& cell(stream::PacketCell& c, int64_t sequence, uint32_t timestamp, bool key, uint16_t picture = 0) {
  c.sequence = sequence;
  c.timestamp = timestamp;
  c.payload_size = 100;
  c.media = {};
  c.media.starts_key_frame = key;
  c.media.has_picture_id = true;
  c.media.picture_id = picture;
  return c;
}

TEST(RtpRewriter, KeepsGapsOfLossAndClosesGapsOfDrops) {
  RtpRewriter rewriter(1000);
  rewriter.on_switch({.source_sequence = 50, .source_timestamp = 900, .now = kStart});
  EXPECT_EQ(rewriter.map(50, 900, kStart)->sequence_number, 1000);
  EXPECT_EQ(rewriter.map(52, 900, kStart)->sequence_number, 1002) << "51 may still arrive";
  rewriter.on_dropped(53);
  EXPECT_EQ(rewriter.map(54, 900, kStart)->sequence_number, 1003);
  EXPECT_EQ(rewriter.map(51, 900, kStart)->sequence_number, 1001) << "a late packet fits its gap";
  EXPECT_FALSE(rewriter.map(53, 900, kStart)) << "the dropped one has no number";
  EXPECT_FALSE(rewriter.map(49, 900, kStart)) << "from before the start";
}

TEST(RtpRewriter, AlignsTimestampsThroughSenderReports) {
  RtpRewriter rewriter(1);
  rewriter.on_switch({.source_sequence = 1, .source_timestamp = 90'000, .now = kStart});
  rewriter.map(1, 90'000, kStart);
  // The other layer's clock runs 1,000,000 ticks ahead; both reports name the same instant.
  const uint64_t ntp = uint64_t{500} << 32;
  rewriter.on_switch({.source_sequence = 800,
                      .source_timestamp = 1'093'000,
                      .old_clock = stream::ClockReference{ntp, 45'000},
                      .new_clock = stream::ClockReference{ntp, 1'045'000},
                      .now = kStart + TimeDelta::millis(40)});
  const auto numbers = rewriter.map(800, 1'093'000, kStart + TimeDelta::millis(40));
  EXPECT_EQ(numbers->sequence_number, 2);
  EXPECT_EQ(numbers->timestamp, 93'000u) << "3000 ticks after the last frame, by the reports, not 3600 by arrival";
}

TEST(RtpRewriter, FallsBackToArrivalWithoutReports) {
  RtpRewriter rewriter(1);
  rewriter.on_switch({.source_sequence = 1, .source_timestamp = 90'000, .now = kStart});
  rewriter.map(1, 90'000, kStart);
  rewriter.on_switch({.source_sequence = 9, .source_timestamp = 5, .now = kStart + TimeDelta::millis(100)});
  EXPECT_EQ(rewriter.map(9, 5, kStart)->timestamp, 99'000u);
}

TEST(LayerSelector, TakesTheBestKeyFrameOnTheWayToTheWantedLayer) {
  LayerSelector selector;
  selector.set_wanted(2);
  EXPECT_EQ(selector.decide(0, false), LayerDecision::kDrop);
  EXPECT_EQ(selector.decide(0, true), LayerDecision::kSwitch);
  selector.apply_switch(0);
  EXPECT_EQ(selector.needs_key_frame(), 2);
  EXPECT_EQ(selector.decide(0, false), LayerDecision::kForward);
  EXPECT_EQ(selector.decide(2, false), LayerDecision::kDrop);
  EXPECT_EQ(selector.decide(2, true), LayerDecision::kSwitch);
  selector.apply_switch(2);
  EXPECT_EQ(selector.needs_key_frame(), kNoLayer);
  EXPECT_EQ(selector.decide(1, true), LayerDecision::kDrop) << "never away from the wanted layer";
  selector.set_wanted(1);
  EXPECT_EQ(selector.decide(2, false), LayerDecision::kForward) << "until the lower layer's key frame";
  EXPECT_EQ(selector.decide(1, true), LayerDecision::kSwitch);
}

TEST(Forwarder, GivesAContinuousPictureIdAcrossASwitch) {
  Forwarder forwarder(Forwarder::Codec::kVp8, 90'000, 10);
  stream::PacketCell c;
  forwarder.set_wanted_layer(1);
  LayerStreams layers{};
  ASSERT_TRUE(forwarder.on_packet(cell(c, 100, 1000, true, 0x7fff), 0, layers, kStart));
  const auto switched = forwarder.on_packet(cell(c, 500, 9, true, 77), 1, layers, kStart + TimeDelta::millis(33));
  ASSERT_TRUE(switched);
  EXPECT_EQ(switched->sequence_number, 11);
  EXPECT_TRUE(switched->rewrites_vp8);
  EXPECT_EQ(switched->vp8.picture_id, 0) << "0x7fff wraps to 0";
  EXPECT_FALSE(forwarder.on_packet(cell(c, 101, 4000, false), 0, layers, kStart)) << "the old layer has ended";
}

TEST(Forwarder, WaitsForAKeyFrameAfterAPause) {
  Forwarder forwarder(Forwarder::Codec::kVp8, 90'000, 10);
  stream::PacketCell c;
  LayerStreams layers{};
  forwarder.set_wanted_layer(0);
  ASSERT_TRUE(forwarder.on_packet(cell(c, 1, 1000, true), 0, layers, kStart));
  forwarder.set_wanted_layer(kNoLayer);
  EXPECT_FALSE(forwarder.on_packet(cell(c, 2, 4000, false), 0, layers, kStart));
  forwarder.set_wanted_layer(0);
  EXPECT_FALSE(forwarder.on_packet(cell(c, 3, 7000, false), 0, layers, kStart));
  EXPECT_EQ(forwarder.needs_key_frame(), 0);
  const auto resumed = forwarder.on_packet(cell(c, 4, 10'000, true), 0, layers, kStart);
  ASSERT_TRUE(resumed);
  EXPECT_EQ(resumed->sequence_number, 11) << "what was not sent leaves no gap";
}

TEST(Forwarder, NeverUsesASequenceNumberTwiceUnderLossReorderingPaddingAndSwitches) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SeededRng rng(seed);
    Forwarder forwarder(Forwarder::Codec::kVp8, 90'000, rng.next_u16());
    LayerStreams layers{};
    std::set<uint16_t> used;
    int64_t next[kMaxLayers] = {70'000, 80'000, 90'000};
    forwarder.set_wanted_layer(2);
    stream::PacketCell c;
    int sent = 0;
    for (int step = 0; step < 20'000 && sent < 30'000; ++step) {
      const int layer = static_cast<int>(rng.below(3));
      if (rng.below(50) == 0) forwarder.set_wanted_layer(static_cast<int>(rng.below(4)) - 1);
      if (rng.below(10) == 0) ++next[layer];  // Lost.
      cell(c, next[layer]++, static_cast<uint32_t>(step) * 90, rng.below(30) == 0);
      if (rng.below(20) == 0) c.payload_size = 0;
      const auto rewrite = forwarder.on_packet(c, layer, layers, kStart + TimeDelta::millis(step));
      if (!rewrite) continue;
      ++sent;
      ASSERT_TRUE(used.insert(rewrite->sequence_number).second) << "seed " << seed << " step " << step;
    }
    ASSERT_GT(sent, 1000);
  }
}

}  // namespace
}  // namespace parley::forward
