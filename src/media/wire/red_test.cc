#include "media/wire/red.h"

#include <gtest/gtest.h>

#include "media/wire/rtx.h"
#include "media/wire/test_bytes.h"

namespace parley::wire {
namespace {

/// Two redundant Opus frames (payload type 111, 1920 and 960 units old, 2 and 3 bytes) and a primary of 1 byte.
const ByteVector kRed = from_hex("ef 1e0002 ef 0f0003 6f aabb ccddee ff");

TEST(Red, ReadsRedundantBlocksAndThePrimary) {
  const auto blocks = parse_red(kRed);
  ASSERT_TRUE(blocks.has_value());
  ASSERT_EQ(blocks->count, 3u);
  EXPECT_EQ(blocks->blocks[0].timestamp_offset, 1920);
  EXPECT_EQ(blocks->blocks[0].payload_type, 111);
  EXPECT_EQ(blocks->blocks[0].payload[1], 0xbb);
  EXPECT_EQ(blocks->blocks[1].timestamp_offset, 960);
  EXPECT_EQ(blocks->blocks[1].payload.size(), 3u);
  EXPECT_EQ(blocks->primary().payload.size(), 1u);
  EXPECT_EQ(blocks->primary().timestamp_offset, 0);
}

TEST(Red, WritesWhatItReads) {
  const auto blocks = parse_red(kRed);
  ASSERT_TRUE(blocks.has_value());
  ByteVector out(kRed.size());
  EXPECT_EQ(serialize_red(blocks->all(), out), kRed.size());
  EXPECT_EQ(out, kRed);
  EXPECT_EQ(serialize_red(blocks->all(), MutableByteView(out).first(kRed.size() - 1)), 0u);
}

TEST(Red, GivesEveryBlockTheNewPayloadTypeAndKeepsTheRest) {
  ByteVector payload = kRed;
  ASSERT_TRUE(rewrite_red_payload_type(payload, 109));
  EXPECT_EQ(payload, from_hex("ed 1e0002 ed 0f0003 6d aabb ccddee ff"));
}

TEST(Red, MalformedPayloadsAreRefusedAndNotChanged) {
  EXPECT_EQ(parse_red({}).error(), RedError::kTruncated);
  EXPECT_EQ(parse_red(from_hex("ef 1e00")).error(), RedError::kTruncated);
  EXPECT_EQ(parse_red(from_hex("ef 1e0005 6f aabb")).error(), RedError::kTruncated);
  ByteVector truncated = from_hex("ef 1e0005 6f aabb");
  const ByteVector before = truncated;
  EXPECT_FALSE(rewrite_red_payload_type(truncated, 1));
  EXPECT_EQ(truncated, before);
}

TEST(Red, MoreBlocksThanTheLimitAreRefused) {
  ByteVector payload;
  for (size_t i = 0; i < kRedMaxBlocks; ++i) payload.insert(payload.end(), {0xef, 0, 0, 0});
  payload.push_back(0x6f);
  EXPECT_EQ(parse_red(payload).error(), RedError::kTooManyBlocks);
}

TEST(Rtx, SplitsTheOriginalSequenceNumberFromThePayload) {
  const ByteVector payload = from_hex("1234 aabb");
  const auto rtx = parse_rtx(payload);
  ASSERT_TRUE(rtx.has_value());
  EXPECT_EQ(rtx->original_sequence_number, 0x1234);
  EXPECT_EQ(rtx->payload.size(), 2u);
  ByteVector out(2);
  EXPECT_TRUE(write_rtx_header(0x1234, out));
  EXPECT_EQ(out, from_hex("1234"));
}

TEST(Rtx, PaddingProbesHaveNoOriginal) {
  EXPECT_FALSE(parse_rtx(from_hex("12")).has_value());
  ByteVector one(1);
  EXPECT_FALSE(write_rtx_header(1, one));
}

}  // namespace
}  // namespace parley::wire
