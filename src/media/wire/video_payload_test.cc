#include <gtest/gtest.h>

#include "media/wire/keyframe.h"
#include "media/wire/test_bytes.h"
#include "media/wire/vp8.h"
#include "media/wire/vp9.h"

namespace parley::wire {
namespace {

/// X; I L T K; picture id 0x1234 (15 bits), TL0PICIDX 0x56, TID 1 with Y and KEYIDX 7; key frame data.
const ByteVector kVp8Full = from_hex("90 f0 9234 56 67 10");

TEST(Vp8, ReadsTheFullDescriptor) {
  const auto d = parse_vp8(kVp8Full);
  ASSERT_TRUE(d.has_value());
  EXPECT_EQ(d->picture_id, 0x1234);
  EXPECT_TRUE(d->is_long_picture_id);
  EXPECT_EQ(d->tl0_picture_index, 0x56);
  EXPECT_EQ(d->temporal_id, 1);
  EXPECT_TRUE(d->is_layer_sync);
  EXPECT_EQ(d->key_index, 7);
  EXPECT_EQ(d->size, 6);
  EXPECT_TRUE(d->is_frame_start());
  EXPECT_TRUE(d->is_keyframe);
}

TEST(Vp8, ReadsTheShortestDescriptor) {
  const auto d = parse_vp8(from_hex("30 11"));
  ASSERT_TRUE(d.has_value());
  EXPECT_EQ(d->size, 1);
  EXPECT_FALSE(d->picture_id.has_value());
  EXPECT_FALSE(d->temporal_id.has_value());
  EXPECT_TRUE(d->is_non_reference);
  EXPECT_FALSE(d->is_keyframe) << "the P bit says inter frame";
}

TEST(Vp8, ASevenBitPictureIdTakesOneByte) {
  const auto d = parse_vp8(from_hex("90 80 34 00"));
  ASSERT_TRUE(d.has_value());
  EXPECT_EQ(d->picture_id, 0x34);
  EXPECT_FALSE(d->is_long_picture_id);
  EXPECT_EQ(d->size, 3);
}

TEST(Vp8, OnlyTheStartOfPartitionZeroCanBeAKeyframe) {
  EXPECT_TRUE(is_keyframe(VideoCodec::kVp8, from_hex("10 00")));
  EXPECT_FALSE(is_keyframe(VideoCodec::kVp8, from_hex("11 00"))) << "partition 1";
  EXPECT_FALSE(is_keyframe(VideoCodec::kVp8, from_hex("00 00"))) << "continuation";
}

TEST(Vp8, TruncatedDescriptorsAreRefused) {
  for (size_t size = 1; size < 6; ++size) {
    EXPECT_EQ(parse_vp8(ByteView(kVp8Full).first(size)).error(), DescriptorError::kTruncated) << size;
  }
  EXPECT_EQ(parse_vp8(ByteView(kVp8Full).first(6)).error(), DescriptorError::kEmptyPayload);
  EXPECT_EQ(parse_vp8({}).error(), DescriptorError::kEmptyPayload);
}

TEST(Vp8, RewritingKeepsSizeFlagsAndTemporalId) {
  ByteVector payload = kVp8Full;
  const auto before = *parse_vp8(payload);
  ASSERT_TRUE(rewrite_vp8(payload, before, {.picture_id = 0x7ffe, .tl0_picture_index = 9, .key_index = 31}));
  auto expected = before;
  expected.picture_id = 0x7ffe;
  expected.tl0_picture_index = 9;
  expected.key_index = 31;
  EXPECT_EQ(parse_vp8(payload), expected);
}

TEST(Vp8, RewritingTouchesOnlyFieldsThatArePresent) {
  ByteVector payload = from_hex("90 80 34 00");
  const auto d = *parse_vp8(payload);
  ASSERT_TRUE(rewrite_vp8(payload, d, {.picture_id = 0x0181, .tl0_picture_index = 9, .key_index = 31}));
  EXPECT_EQ(payload, from_hex("90 80 01 00")) << "cut to seven bits";
}

TEST(Vp8, RewritingWithTheDescriptorOfAnotherPayloadChangesNothing) {
  ByteVector payload = from_hex("90 80 34 00");
  const ByteVector before = payload;
  EXPECT_FALSE(rewrite_vp8(payload, *parse_vp8(kVp8Full), {}));
  EXPECT_EQ(payload, before);
}

TEST(Vp9, ReadsANonFlexibleDescriptorWithLayers) {
  // I L B E; picture id 0x1234; TID 2, U, SID 1, D; TL0PICIDX 0x56.
  const auto d = parse_vp9(from_hex("ac 9234 53 56 ff"));
  ASSERT_TRUE(d.has_value());
  EXPECT_EQ(d->picture_id, 0x1234);
  EXPECT_TRUE(d->is_long_picture_id);
  EXPECT_EQ(d->temporal_id, 2);
  EXPECT_EQ(d->spatial_id, 1);
  EXPECT_TRUE(d->is_switching_up_point);
  EXPECT_TRUE(d->is_inter_layer_predicted);
  EXPECT_EQ(d->tl0_picture_index, 0x56);
  EXPECT_TRUE(d->is_frame_start);
  EXPECT_TRUE(d->is_frame_end);
  EXPECT_EQ(d->size, 5);
  EXPECT_FALSE(d->is_keyframe()) << "spatial layer 1";
}

TEST(Vp9, SkipsTheReferencesOfFlexibleMode) {
  // I P L F; 7-bit picture id; layers; two references.
  const auto d = parse_vp9(from_hex("f0 11 00 03 04 ff"));
  ASSERT_TRUE(d.has_value());
  EXPECT_EQ(d->picture_id, 0x11);
  EXPECT_TRUE(d->is_flexible_mode);
  EXPECT_FALSE(d->tl0_picture_index.has_value());
  EXPECT_EQ(d->size, 5);
}

TEST(Vp9, ReadsTheScalabilityStructureOfAKeyframe) {
  // I L B V; N_S 1 with sizes and one picture with one reference.
  const ByteVector payload = from_hex("aa 11 00 00 38 0140 00b4 0280 0168 01 04 01 ff");
  const auto d = parse_vp9(payload);
  ASSERT_TRUE(d.has_value());
  EXPECT_TRUE(d->has_scalability_structure);
  EXPECT_EQ(d->spatial_layer_count, 2);
  EXPECT_EQ(d->size, payload.size() - 1);
  EXPECT_TRUE(d->is_keyframe());
  EXPECT_TRUE(is_keyframe(VideoCodec::kVp9, payload));
  for (size_t size = 1; size + 1 < payload.size(); ++size) {
    EXPECT_EQ(parse_vp9(ByteView(payload).first(size)).error(), DescriptorError::kTruncated) << size;
  }
}

TEST(Keyframe, H264StartsAtSpsOrIdr) {
  EXPECT_TRUE(is_h264_keyframe(from_hex("65 88"))) << "IDR";
  EXPECT_TRUE(is_h264_keyframe(from_hex("67 42"))) << "SPS";
  EXPECT_FALSE(is_h264_keyframe(from_hex("68 ce"))) << "PPS alone";
  EXPECT_FALSE(is_h264_keyframe(from_hex("41 9a"))) << "non-IDR slice";
  EXPECT_FALSE(is_h264_keyframe({}));
}

TEST(Keyframe, H264LooksIntoAggregatesAndFirstFragments) {
  EXPECT_TRUE(is_h264_keyframe(from_hex("78 0002 0910 0003 674200"))) << "STAP-A of AUD and SPS";
  EXPECT_FALSE(is_h264_keyframe(from_hex("78 0002 0910 0002 419a")));
  EXPECT_FALSE(is_h264_keyframe(from_hex("78 0005 67"))) << "runs over the end";
  EXPECT_TRUE(is_h264_keyframe(from_hex("7c 85 88"))) << "FU-A, start of IDR";
  EXPECT_FALSE(is_h264_keyframe(from_hex("7c 05 88"))) << "FU-A, middle of IDR";
  EXPECT_FALSE(is_h264_keyframe(from_hex("7c 81 88"))) << "FU-A, start of another slice";
}

TEST(Keyframe, H265StartsAtParameterSetsOrIrap) {
  EXPECT_TRUE(is_h265_keyframe(from_hex("4001 0c"))) << "VPS";
  EXPECT_TRUE(is_h265_keyframe(from_hex("2601 af"))) << "IDR_W_RADL";
  EXPECT_FALSE(is_h265_keyframe(from_hex("0201 d0"))) << "TRAIL_R";
  EXPECT_TRUE(is_h265_keyframe(from_hex("6001 0003 420101"))) << "AP with SPS";
  EXPECT_TRUE(is_h265_keyframe(from_hex("6201 93 af"))) << "FU, start of IDR";
  EXPECT_FALSE(is_h265_keyframe(from_hex("6201 13 af"))) << "FU, middle of IDR";
}

TEST(Keyframe, Av1StartsAtTheNewSequenceBitOrASequenceHeader) {
  EXPECT_TRUE(is_av1_keyframe(from_hex("08 00"))) << "N";
  EXPECT_TRUE(is_av1_keyframe(from_hex("10 0a 0b"))) << "W 1, sequence header";
  EXPECT_TRUE(is_av1_keyframe(from_hex("20 02 0a0b 32"))) << "W 2, sized sequence header";
  EXPECT_FALSE(is_av1_keyframe(from_hex("10 32 00"))) << "frame";
  EXPECT_FALSE(is_av1_keyframe(from_hex("88 0a"))) << "continues an OBU of the packet before";
  EXPECT_FALSE(is_av1_keyframe(from_hex("00 ffffffffff")));
  EXPECT_FALSE(is_av1_keyframe({}));
}

}  // namespace
}  // namespace parley::wire
