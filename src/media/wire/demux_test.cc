#include "media/wire/demux.h"

#include <gtest/gtest.h>

namespace parley::wire {
namespace {

PacketKind kind_of(uint8_t first, uint8_t second) {
  const uint8_t bytes[] = {first, second, 0, 0};
  return classify(bytes);
}

TEST(Demux, FollowsTheRangesOfRfc7983) {
  EXPECT_EQ(kind_of(0, 1), PacketKind::kStun);
  EXPECT_EQ(kind_of(3, 1), PacketKind::kStun);
  EXPECT_EQ(kind_of(4, 1), PacketKind::kUnknown);
  EXPECT_EQ(kind_of(16, 1), PacketKind::kUnknown) << "ZRTP is not spoken";
  EXPECT_EQ(kind_of(20, 0xfe), PacketKind::kDtls);
  EXPECT_EQ(kind_of(63, 0xfe), PacketKind::kDtls);
  EXPECT_EQ(kind_of(64, 0), PacketKind::kTurnChannel);
  EXPECT_EQ(kind_of(79, 0), PacketKind::kTurnChannel);
  EXPECT_EQ(kind_of(80, 0), PacketKind::kUnknown);
  EXPECT_EQ(kind_of(192, 0), PacketKind::kUnknown);
}

TEST(Demux, TellsRtcpFromRtpByThePacketType) {
  EXPECT_EQ(kind_of(0x80, 111), PacketKind::kRtp);
  EXPECT_EQ(kind_of(0x90, 0x80 | 63), PacketKind::kRtp);
  EXPECT_EQ(kind_of(0x80, 0x80 | 96), PacketKind::kRtp) << "payload type 96 with marker is 224";
  EXPECT_EQ(kind_of(0x80, 200), PacketKind::kRtcp);
  EXPECT_EQ(kind_of(0xbf, 207), PacketKind::kRtcp);
}

TEST(Demux, ShortDatagramsAreUnknown) {
  EXPECT_EQ(classify({}), PacketKind::kUnknown);
  const uint8_t one[] = {0x80};
  EXPECT_EQ(classify(one), PacketKind::kUnknown);
}

}  // namespace
}  // namespace parley::wire
