#include "media/sfu/equalise.h"

#include <gtest/gtest.h>

namespace parley::sfu {
namespace {

class EqualiseTest : public testing::Test {
 protected:
  void add(size_t payload_size, uint32_t timestamp = 1, int layer = 0) {
    stream::PacketRef packet = pool_.acquire();
    packet->payload_offset = 20;
    packet->payload_size = static_cast<uint16_t>(payload_size);
    packet->timestamp = timestamp;
    packet->padding_size = 0;
    packets_.push_back({std::move(packet), layer});
  }
  std::vector<size_t> padded_sizes() const {
    std::vector<size_t> sizes;
    for (const PendingPacket& pending : packets_) sizes.push_back(pending.packet->padded_payload().size());
    return sizes;
  }
  using Sizes = std::vector<size_t>;

  stream::PacketPool pool_{64};
  std::vector<PendingPacket> packets_;
};

TEST_F(EqualiseTest, PadsNearEqualPartsOfAFrameToTheLargest) {
  for (const size_t size : {1149, 1150, 1149, 1150, 1149}) add(size);
  equalise(packets_, kMaxPadding);
  EXPECT_EQ(padded_sizes(), (Sizes{1150, 1150, 1150, 1150, 1149}));
}

TEST_F(EqualiseTest, WritesTheCountIntoTheLastByte) {
  add(1000);
  add(1003);
  equalise(packets_, kMaxPadding);
  const ByteView padded = packets_[0].packet->padded_payload();
  EXPECT_EQ(ByteVector(padded.begin() + 1000, padded.end()), (ByteVector{0, 0, 3}));
  EXPECT_EQ(packets_[0].packet->payload().size(), 1000u);
}

TEST_F(EqualiseTest, LeavesPacketsThatWouldNeedTooMuch) {
  add(1100);
  add(1109);
  add(1150);
  equalise(packets_, kMaxPadding);
  EXPECT_EQ(padded_sizes(), (Sizes{1100, 1109, 1150}));
}

TEST_F(EqualiseTest, SpendsNoMoreThanAHundredthOfAPacket) {
  add(150);
  add(152);
  add(152);
  equalise(packets_, kMaxPadding);
  EXPECT_EQ(padded_sizes(), (Sizes{150, 152, 152}));
}

TEST_F(EqualiseTest, TreatsFramesAndLayersApart) {
  add(1000, 1, 0);
  add(1001, 1, 0);
  add(1002, 1, 1);
  add(1003, 1, 1);
  add(1006, 2, 1);
  add(1007, 2, 1);
  equalise(packets_, kMaxPadding);
  EXPECT_EQ(padded_sizes(), (Sizes{1001, 1001, 1003, 1003, 1007, 1007}));
}

TEST_F(EqualiseTest, PadsNothingWhenSwitchedOff) {
  add(1000);
  add(1001);
  equalise(packets_, 0);
  EXPECT_EQ(padded_sizes(), (Sizes{1000, 1001}));
}

TEST_F(EqualiseTest, StaysInsideTheCell) {
  packets_.clear();
  add(1475);
  add(1479);
  equalise(packets_, kMaxPadding);
  EXPECT_EQ(padded_sizes(), (Sizes{1479, 1479}));
  packets_.clear();
  add(1478);
  packets_[0].packet->payload_offset = 20;
  add(1482);
  equalise(packets_, kMaxPadding);
  EXPECT_EQ(padded_sizes(), (Sizes{1478, 1482}));
}

}  // namespace
}  // namespace parley::sfu
