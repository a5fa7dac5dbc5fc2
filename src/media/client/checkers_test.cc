// The judges of what a client receives: they must see faults, and only faults.

#include <gtest/gtest.h>

#include "media/client/audio_checker.h"
#include "media/client/frame_checker.h"
#include "media/client/latency_histogram.h"

namespace parley::client {
namespace {

class FrameCheckerTest : public testing::Test {
 protected:
  /// The next frame of `packets` packets, all of which arrive but those in `lost`.
  void frame(int packets, bool is_key, std::initializer_list<int> lost = {}) {
    ++picture_;
    if (is_key) phase_ = 0;
    const uint8_t tid = phase_++ % 2 == 0 ? 0 : 1;
    if (tid == 0) ++tl0_;
    for (int i = 0; i < packets; ++i) {
      const FrameChecker::Packet packet{.sequence = sequence_++,
                                        .timestamp = timestamp_,
                                        .picture_id = picture_,
                                        .tl0_picture_index = tl0_,
                                        .temporal_id = tid,
                                        .starts_frame = i == 0,
                                        .is_key = is_key && i == 0,
                                        .ends_frame = i == packets - 1};
      if (std::ranges::find(lost, i) == lost.end()) {
        checker_.on_packet(packet, now_);
      } else {
        lost_.push_back(packet);
      }
    }
    timestamp_ += 3000;
    now_ += TimeDelta::micros(33'333);
  }
  void repair() {
    for (const auto& packet : lost_) checker_.on_packet(packet, now_);
    lost_.clear();
  }

  FrameChecker checker_;
  std::vector<FrameChecker::Packet> lost_;
  int64_t sequence_ = 65'536;
  uint32_t timestamp_ = 0xffff'f000;
  uint16_t picture_ = 0x7ffd;
  uint8_t tl0_ = 254;
  unsigned phase_ = 0;
  Timestamp now_ = Timestamp::seconds(10);
};

TEST_F(FrameCheckerTest, AWholeStreamIsDecodedThroughAllWrapArounds) {
  for (int i = 0; i < 100; ++i) frame(3, i % 10 == 0);
  EXPECT_EQ(checker_.counts().frames, 100u);
  EXPECT_EQ(checker_.counts().key_frames, 10u);
  EXPECT_EQ(checker_.counts().freezes, 0u);
  EXPECT_EQ(checker_.counts().discontinuities, 0u);
  EXPECT_FALSE(checker_.blocked_since());
}

TEST_F(FrameCheckerTest, NothingIsDecodedBeforeAKeyFrame) {
  for (int i = 0; i < 5; ++i) frame(2, false);
  EXPECT_FALSE(checker_.has_picture());
  EXPECT_TRUE(checker_.blocked_since());
  frame(2, true);
  EXPECT_EQ(checker_.counts().frames, 1u);
  EXPECT_FALSE(checker_.blocked_since());
}

TEST_F(FrameCheckerTest, ALostPacketStopsThePictureUntilItsRepair) {
  frame(3, true);
  frame(3, false, {1});
  for (int i = 0; i < 8; ++i) frame(3, false);
  EXPECT_EQ(checker_.counts().frames, 1u);
  EXPECT_TRUE(checker_.blocked_since());
  repair();
  EXPECT_EQ(checker_.counts().frames, 10u);
  EXPECT_EQ(checker_.counts().freezes, 1u);
  EXPECT_EQ(checker_.counts().discontinuities, 0u);
  EXPECT_FALSE(checker_.blocked_since());
}

TEST_F(FrameCheckerTest, AKeyFrameGoesOnWithoutTheRepair) {
  frame(3, true);
  frame(3, false, {0});
  frame(3, false);
  frame(4, true);
  frame(3, false);
  EXPECT_EQ(checker_.counts().frames, 3u);
  EXPECT_EQ(checker_.counts().key_frames, 2u);
  EXPECT_EQ(checker_.counts().discontinuities, 0u);
}

TEST_F(FrameCheckerTest, AFrameThatBreaksOffNeedsAKeyFrame) {
  frame(3, true);
  frame(3, false, {2});
  lost_.clear();
  --sequence_;  // Its last packet was never sent: the numbers go on without a gap.
  frame(3, false);
  EXPECT_EQ(checker_.counts().frames, 1u);
  EXPECT_TRUE(checker_.blocked_since());
  frame(3, true);
  EXPECT_EQ(checker_.counts().frames, 2u);
  EXPECT_EQ(checker_.counts().discontinuities, 0u);
}

TEST_F(FrameCheckerTest, AJumpOfThePictureIdIsSeen) {
  frame(3, true);
  ++picture_;
  frame(3, false);
  EXPECT_EQ(checker_.counts().discontinuities, 1u);
}

TEST_F(FrameCheckerTest, AStandingTimestampAndAStrangeTl0AreSeen) {
  frame(3, true);
  timestamp_ -= 3000;
  frame(3, false);
  EXPECT_EQ(checker_.counts().discontinuities, 1u);
  tl0_ += 5;
  frame(3, false);
  EXPECT_EQ(checker_.counts().discontinuities, 2u);
}

TEST_F(FrameCheckerTest, TimeThatJumpsAgainstArrivalIsMeasured) {
  frame(3, true);
  timestamp_ += 90 * 400;
  frame(3, false);
  EXPECT_NEAR(static_cast<double>(checker_.counts().largest_time_jump.ms()), 400, 2);
}

TEST_F(FrameCheckerTest, APauseIsNoFreeze) {
  frame(3, true);
  checker_.pause();
  now_ += TimeDelta::seconds(5);
  frame(3, true);
  EXPECT_EQ(checker_.counts().freezes, 0u);
}

TEST_F(FrameCheckerTest, TheSamePacketTwiceIsADuplicate) {
  const FrameChecker::Packet packet{.sequence = 70'000, .starts_frame = true, .is_key = true};
  EXPECT_EQ(checker_.on_packet(packet, now_), FrameChecker::Outcome::kNew);
  EXPECT_EQ(checker_.on_packet(packet, now_), FrameChecker::Outcome::kDuplicate);
}

class AudioCheckerTest : public testing::Test {
 protected:
  /// Packet number `n` arrives `late_ms` after its time.
  AudioChecker::Outcome packet(int n, int late_ms = 0) {
    return checker_.on_packet(100 + n, static_cast<uint32_t>(n) * 960,
                              Timestamp::seconds(1) + TimeDelta::millis(20 * n + late_ms));
  }
  AudioChecker checker_{TimeDelta::millis(200)};
};

TEST_F(AudioCheckerTest, APacketWithinThePlayoutDelayIsHeard) {
  for (int n = 0; n < 10; ++n) packet(n);
  for (int n = 11; n < 20; ++n) packet(n);
  EXPECT_EQ(packet(10, 190), AudioChecker::Outcome::kNew);
  for (int n = 20; n < 40; ++n) packet(n);
  EXPECT_EQ(checker_.counts().missed, 0u);
}

TEST_F(AudioCheckerTest, LaterOnesAndLostOnesLeaveAGap) {
  for (int n = 0; n < 50; ++n) {
    if (n < 10 || n > 12) packet(n);
  }
  EXPECT_EQ(checker_.counts().missed, 3u);
  EXPECT_EQ(checker_.counts().longest_gap, TimeDelta::millis(60));
}

TEST_F(AudioCheckerTest, SilenceOfTheSenderIsNoGap) {
  for (int n = 0; n < 10; ++n) packet(n);
  // Numbers go on, time has passed: 3 s without a packet.
  for (int n = 10; n < 40; ++n) {
    checker_.on_packet(100 + n, static_cast<uint32_t>(n + 150) * 960,
                       Timestamp::seconds(1) + TimeDelta::millis(20 * (n + 150)));
  }
  EXPECT_EQ(checker_.counts().missed, 0u);
}

TEST_F(AudioCheckerTest, TheSamePacketTwiceIsADuplicate) {
  packet(0);
  packet(1);
  EXPECT_EQ(packet(1, 5), AudioChecker::Outcome::kDuplicate);
}

TEST(LatencyHistogramTest, QuantilesAreRightToAnEighth) {
  LatencyHistogram histogram;
  for (int ms = 1; ms <= 1000; ++ms) histogram.add(TimeDelta::millis(ms));
  EXPECT_NEAR(histogram.quantile(0.5).seconds_f(), 0.5, 0.07);
  EXPECT_NEAR(histogram.quantile(0.99).seconds_f(), 0.99, 0.13);
  EXPECT_EQ(histogram.count(), 1000u);
}

TEST(LatencyHistogramTest, ExtremesHaveAPlace) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), TimeDelta());
  histogram.add(TimeDelta::millis(-5));
  EXPECT_LE(histogram.quantile(0.5), TimeDelta::micros(128));
  histogram.add(TimeDelta::seconds(3600));
  EXPECT_GT(histogram.quantile(0.99), TimeDelta::seconds(10));
}

}  // namespace
}  // namespace parley::client
