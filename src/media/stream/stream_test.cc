#include <gtest/gtest.h>

#include "media/stream/nack_tracker.h"
#include "media/stream/packet_history.h"
#include "media/stream/packet_pool.h"
#include "media/stream/receive_stream.h"
#include "media/stream/send_stream.h"

namespace parley::stream {
namespace {

constexpr Timestamp kStart = Timestamp::seconds(100);

TEST(PacketPool, ReusesCellsAndRefusesBeyondItsBound) {
  PacketPool pool(64);
  std::vector<PacketRef> held;
  for (int i = 0; i < 64; ++i) held.push_back(pool.acquire());
  EXPECT_TRUE(held.back());
  EXPECT_FALSE(pool.acquire()) << "the bound is 64 cells";
  PacketRef copy = held.back();
  held.clear();
  EXPECT_EQ(pool.in_use(), 1u) << "a copied reference keeps its cell";
  copy.reset();
  EXPECT_EQ(pool.in_use(), 0u);
  EXPECT_TRUE(pool.acquire());
}

class HistoryTest : public testing::Test {
 protected:
  PacketRef packet(int64_t sequence, Timestamp arrival = kStart) {
    PacketRef p = pool_.acquire();
    p->sequence = sequence;
    p->arrival = arrival;
    return p;
  }
  PacketPool pool_{1024};
  PacketHistory history_{8, TimeDelta::seconds(1)};
};

TEST_F(HistoryTest, FindsLatePacketsAndRefusesDuplicates) {
  EXPECT_EQ(history_.insert(packet(10)), PacketHistory::Inserted::kNew);
  EXPECT_EQ(history_.insert(packet(12)), PacketHistory::Inserted::kNew);
  EXPECT_EQ(history_.insert(packet(11)), PacketHistory::Inserted::kNew);
  EXPECT_EQ(history_.insert(packet(11)), PacketHistory::Inserted::kDuplicate);
  EXPECT_NE(history_.find(11), nullptr);
  EXPECT_EQ(history_.find(13), nullptr);
}

TEST_F(HistoryTest, KeepsAtMostItsCapacity) {
  for (int64_t s = 0; s < 20; ++s) history_.insert(packet(s));
  EXPECT_EQ(pool_.in_use(), 8u);
  EXPECT_EQ(history_.insert(packet(11)), PacketHistory::Inserted::kTooOld);
  EXPECT_EQ(history_.find(11), nullptr);
  EXPECT_NE(history_.find(12), nullptr);
}

TEST_F(HistoryTest, LetsGoOfOldPackets) {
  history_.insert(packet(1, kStart));
  history_.insert(packet(2, kStart + TimeDelta::millis(900)));
  history_.insert(packet(3, kStart + TimeDelta::millis(1500)));
  history_.expire(kStart + TimeDelta::millis(1500));
  EXPECT_EQ(history_.find(1), nullptr);
  EXPECT_NE(history_.find(2), nullptr);
  EXPECT_EQ(pool_.in_use(), 2u);
}

TEST(NackTracker, AsksForAGapAtOnceAndStopsWhenItIsFilled) {
  NackTracker nacks;
  nacks.on_received(100, kStart);
  nacks.on_received(103, kStart);
  uint16_t due[8];
  ASSERT_EQ(nacks.take_due(kStart, due), 2u);
  EXPECT_EQ(due[0], 101);
  EXPECT_EQ(due[1], 102);
  EXPECT_EQ(nacks.take_due(kStart, due), 0u) << "the next try waits for a round trip";
  nacks.on_received(101, kStart);
  ASSERT_EQ(nacks.take_due(kStart + NackTracker::kDefaultRtt, due), 1u);
  EXPECT_EQ(due[0], 102);
}

TEST(NackTracker, GivesUpAfterItsTriesAndSaysSoOnce) {
  NackTracker nacks;
  nacks.on_received(1, kStart);
  nacks.on_received(3, kStart);
  uint16_t due[8];
  Timestamp now = kStart;
  int asked = 0;
  for (int i = 0; i < 20; ++i, now += TimeDelta::millis(400)) asked += static_cast<int>(nacks.take_due(now, due));
  EXPECT_EQ(asked, NackTracker::kMaxTries);
  EXPECT_EQ(nacks.missing_count(), 0u);
  EXPECT_TRUE(nacks.take_gave_up());
  EXPECT_FALSE(nacks.take_gave_up());
}

TEST(NackTracker, NeverHoldsMoreThanItsBound) {
  NackTracker nacks;
  nacks.on_received(0, kStart);
  for (int64_t s = 2; s < 400; s += 2) nacks.on_received(s, kStart);
  EXPECT_EQ(nacks.missing_count(), NackTracker::kMaxMissing);
  EXPECT_TRUE(nacks.take_gave_up());
  nacks.on_received(10'000, kStart);
  EXPECT_EQ(nacks.missing_count(), 0u) << "a jump this large is a restart, not loss";
}

TEST(ReceptionStats, ReportsLossOfTheIntervalAndInTotal) {
  ReceptionStats stats(90'000);
  for (int64_t s = 0; s < 100; ++s) {
    if (s % 4 != 3) stats.on_packet(s, static_cast<uint32_t>(s * 3000), kStart + TimeDelta::millis(s * 33), 1000);
  }
  const auto first = stats.take_report(kStart);
  EXPECT_EQ(first.cumulative_lost, 24) << "99 was the last one lost and is not yet expected";
  EXPECT_NEAR(first.fraction_lost, 256 * 24 / 99, 1);
  EXPECT_EQ(first.highest_sequence, 98u);
  for (int64_t s = 99; s < 200; ++s) stats.on_packet(s, static_cast<uint32_t>(s * 3000), kStart, 1000);
  EXPECT_EQ(stats.take_report(kStart).fraction_lost, 0);
}

TEST(ReceptionStats, MeasuresDelaySinceTheSenderReport) {
  ReceptionStats stats(48'000);
  stats.on_packet(1, 0, kStart, 100);
  stats.on_sender_report(0x12345678, kStart);
  const auto report = stats.take_report(kStart + TimeDelta::millis(500));
  EXPECT_EQ(report.last_sender_report, 0x12345678u);
  EXPECT_EQ(report.delay_since_last_sender_report, 32768u);
}

TEST(SendStream, ResendsOnlyWhatItSentAndNotTooOften) {
  SendStream out(1, 2, 90'000, SendStream::kVideoMap);
  out.on_sent({.sequence_number = 7, .source_sequence_number = 70, .is_used = true}, 1000, kStart);
  EXPECT_EQ(out.take_resend(8, kStart), nullptr);
  const SentPacket* sent = out.take_resend(7, kStart);
  ASSERT_NE(sent, nullptr);
  EXPECT_EQ(sent->source_sequence_number, 70);
  EXPECT_EQ(out.take_resend(7, kStart + TimeDelta::millis(5)), nullptr) << "a repeat before the resend can arrive";
  EXPECT_NE(out.take_resend(7, kStart + TimeDelta::millis(100)), nullptr);
  EXPECT_NE(out.take_resend(7, kStart + TimeDelta::millis(200)), nullptr);
  EXPECT_EQ(out.take_resend(7, kStart + TimeDelta::millis(300)), nullptr) << "three resends are the limit";
}

TEST(SendStream, ForgetsPacketsThatFellOutOfTheMap) {
  SendStream out(1, 2, 48'000, SendStream::kAudioMap);
  for (uint16_t s = 0; s < 100; ++s) out.on_sent({.sequence_number = s, .is_used = true}, 10, kStart);
  EXPECT_EQ(out.take_resend(35, kStart), nullptr);
  EXPECT_NE(out.take_resend(36, kStart), nullptr);
}

TEST(ReceiveStream, AcceptsPacketsFromBeforeTheFirstOne) {
  PacketPool pool(64);
  ReceiveStream in(1, MediaKind::kVideo, 90'000);
  const auto receive = [&](uint16_t sequence) { return in.on_packet(pool.acquire(), sequence, 100, kStart); };
  EXPECT_EQ(receive(2), PacketHistory::Inserted::kNew);
  EXPECT_EQ(receive(65535), PacketHistory::Inserted::kNew) << "reordered across the wrap";
  EXPECT_EQ(receive(3), PacketHistory::Inserted::kNew);
  EXPECT_EQ(receive(2), PacketHistory::Inserted::kDuplicate);
  EXPECT_NE(in.history().find(in.unwrap_near_newest(65535)), nullptr);
}

}  // namespace
}  // namespace parley::stream
