#include "media/wire/transport_feedback.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "media/wire/rtcp.h"
#include "media/wire/test_bytes.h"

namespace parley::wire {
namespace {

const TransportFeedbackHeader kHeader{.sender_ssrc = 1, .media_ssrc = 2, .feedback_count = 3};

struct Written {
  ByteVector bytes;
  size_t taken = 0;
};
Written write(uint16_t base, std::span<const PacketArrival> arrivals) {
  Written result;
  result.bytes.resize(1200);
  ByteWriter w(result.bytes);
  result.taken = write_transport_feedback(w, kHeader, base, arrivals);
  EXPECT_TRUE(w.ok());
  result.bytes.resize(w.size());
  return result;
}

std::vector<PacketStatus> read(const ByteVector& bytes) {
  RtcpReader reader(bytes);
  const auto packet = reader.next();
  EXPECT_FALSE(reader.error().has_value());
  std::vector<PacketStatus> statuses;
  if (!packet || !std::holds_alternative<TransportFeedback>(*packet)) {
    ADD_FAILURE() << "no feedback";
    return statuses;
  }
  std::get<TransportFeedback>(*packet).for_each([&](const PacketStatus& status) { statuses.push_back(status); });
  return statuses;
}

/// `arrivals` must come back in order, each at its time rounded down to 250 us, with the gaps marked as lost.
void expect_round_trip(uint16_t base, std::span<const PacketArrival> arrivals) {
  const Written result = write(base, arrivals);
  ASSERT_EQ(result.taken, arrivals.size());
  const auto statuses = read(result.bytes);
  ASSERT_EQ(statuses.size(), static_cast<uint16_t>(arrivals.back().sequence - base) + 1u);
  size_t next = 0;
  for (size_t i = 0; i < statuses.size(); ++i) {
    EXPECT_EQ(statuses[i].sequence, static_cast<uint16_t>(base + i));
    const bool is_expected = next < arrivals.size() && arrivals[next].sequence == statuses[i].sequence;
    ASSERT_EQ(statuses[i].is_received, is_expected) << i;
    if (!is_expected) continue;
    EXPECT_EQ(statuses[i].arrival.us(), arrivals[next].arrival.us() / 250 * 250);
    ++next;
  }
  EXPECT_EQ(next, arrivals.size());
}

TEST(TransportFeedback, ASteadyStreamIsOneRun) {
  std::vector<PacketArrival> arrivals;
  for (uint16_t i = 0; i < 100; ++i)
    arrivals.push_back({static_cast<uint16_t>(65500 + i), Timestamp::millis(1000 + i)});
  expect_round_trip(65500, arrivals);
  EXPECT_EQ(write(65500, arrivals).bytes.size(), 4u + 8 + 8 + 2 + 100 + 2) << "one chunk, one byte a packet, padding";
}

TEST(TransportFeedback, LossAtTheStartAndInBetweenIsMarked) {
  const PacketArrival arrivals[] = {{12, Timestamp::millis(5)}, {13, Timestamp::millis(6)}, {40, Timestamp::millis(9)}};
  expect_round_trip(10, arrivals);
}

TEST(TransportFeedback, ReorderedAndLateArrivalsTakeLargeDeltas) {
  const PacketArrival arrivals[] = {{1, Timestamp::millis(500)},
                                    {2, Timestamp::millis(400)},
                                    {3, Timestamp::millis(5000)},
                                    {4, Timestamp::millis(5001)}};
  expect_round_trip(1, arrivals);
}

TEST(TransportFeedback, RandomArrivalsSurviveTheRoundTrip) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SeededRng rng(seed);
    const uint16_t base = rng.next_u16();
    std::vector<PacketArrival> arrivals;
    int64_t us = static_cast<int64_t>(rng.below(1'000'000'000));
    uint16_t offset = static_cast<uint16_t>(rng.below(30));
    const uint64_t loss_shape = 1 + rng.below(20);
    const uint64_t jitter_us = 1 + rng.below(200'000);
    while (offset < kFeedbackMaxPackets) {
      arrivals.push_back({static_cast<uint16_t>(base + offset), Timestamp::micros(us)});
      us += static_cast<int64_t>(rng.below(jitter_us)) - 500;
      offset = static_cast<uint16_t>(offset + 1 + (rng.below(loss_shape) == 0 ? rng.below(25) : 0));
    }
    SCOPED_TRACE(seed);
    expect_round_trip(base, arrivals);
  }
}

TEST(TransportFeedback, AJumpOfTheClockEndsTheFeedback) {
  const PacketArrival arrivals[] = {{1, Timestamp::seconds(1)}, {2, Timestamp::seconds(10)}};
  EXPECT_EQ(write(1, arrivals).taken, 1u) << "nine seconds do not fit 16 bits of 250 us";
}

TEST(TransportFeedback, PacketsBeyondTheLimitAreLeftForAnotherFeedback) {
  const PacketArrival arrivals[] = {{0, Timestamp::seconds(1)}, {kFeedbackMaxPackets, Timestamp::seconds(1)}};
  EXPECT_EQ(write(0, arrivals).taken, 1u);
  EXPECT_EQ(write(0, std::span(arrivals).subspan(1)).taken, 0u);
}

TEST(TransportFeedback, ArrivalsThatDoNotRiseEndTheFeedback) {
  const PacketArrival arrivals[] = {{5, Timestamp::seconds(1)}, {5, Timestamp::seconds(1)}};
  EXPECT_EQ(write(5, arrivals).taken, 1u);
  EXPECT_EQ(write(5, {}).taken, 0u);
}

TEST(TransportFeedback, NothingIsCoveredWhenTheBufferIsTooSmall) {
  const PacketArrival arrivals[] = {{5, Timestamp::seconds(1)}};
  ByteVector buffer(20);
  ByteWriter w(buffer);
  EXPECT_EQ(write_transport_feedback(w, kHeader, 5, arrivals), 0u);
  EXPECT_FALSE(w.ok());
}

TEST(TransportFeedback, ReadsEveryKindOfChunk) {
  // Base 5, 24 packets, reference 1: run of 3 lost; 14 one-bit symbols 1 0…; 7 two-bit symbols 2 1 0….
  const ByteVector body = from_hex("0005 0018 000001 07 0003 a000 e400 04 fffc 08");
  const auto feedback = parse_transport_feedback(body);
  ASSERT_TRUE(feedback.has_value());
  EXPECT_EQ(feedback->feedback_count, 7);
  EXPECT_EQ(feedback->reference_time(), TimeDelta::millis(64));
  std::vector<PacketStatus> received;
  size_t count = 0;
  feedback->for_each([&](const PacketStatus& status) {
    ++count;
    if (status.is_received) received.push_back(status);
  });
  EXPECT_EQ(count, 24u);
  ASSERT_EQ(received.size(), 3u);
  EXPECT_EQ(received[0].sequence, 8);
  EXPECT_EQ(received[0].arrival, TimeDelta::millis(65));
  EXPECT_EQ(received[1].sequence, 22);
  EXPECT_EQ(received[1].delta, TimeDelta::millis(-1));
  EXPECT_EQ(received[2].arrival, TimeDelta::millis(66));
}

TEST(TransportFeedback, MalformedBodiesAreRefused) {
  EXPECT_FALSE(parse_transport_feedback(from_hex("0005 0001 000001")).has_value()) << "too short";
  EXPECT_FALSE(parse_transport_feedback(from_hex("0005 0000 000001 00")).has_value()) << "of no packets";
  EXPECT_FALSE(parse_transport_feedback(from_hex("0005 0001 000001 00")).has_value()) << "no chunk";
  EXPECT_FALSE(parse_transport_feedback(from_hex("0005 0001 000001 00 2001")).has_value()) << "no delta";
  EXPECT_FALSE(parse_transport_feedback(from_hex("0005 0001 000001 00 2000 04")).has_value()) << "empty run";
  EXPECT_TRUE(parse_transport_feedback(from_hex("0005 0001 000001 00 2001 04")).has_value());
}

}  // namespace
}  // namespace parley::wire
