#include "media/wire/rtp.h"

#include <gtest/gtest.h>

#include "media/wire/test_bytes.h"

namespace parley::wire {
namespace {

const RtpHeader kHeader{
    .timestamp = 0x01020304, .ssrc = 0xa1a2a3a4, .sequence_number = 0x1234, .payload_type = 96, .marker = true};

ByteVector write(std::span<const RtpExtension> extensions, ByteView payload = {}) {
  ByteVector out(2000);
  out.resize(write_rtp_header(kHeader, extensions, out));
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

TEST(Rtp, ReadsTheFixedHeader) {
  const ByteVector bytes = from_hex("80e01234 01020304 a1a2a3a4 aabbcc");
  const auto rtp = parse_rtp(bytes);
  ASSERT_TRUE(rtp.has_value());
  EXPECT_TRUE(rtp->marker);
  EXPECT_EQ(rtp->payload_type, 96);
  EXPECT_EQ(rtp->sequence_number, 0x1234);
  EXPECT_EQ(rtp->timestamp, 0x01020304u);
  EXPECT_EQ(rtp->ssrc, 0xa1a2a3a4u);
  EXPECT_EQ(rtp->header_size, 12);
  EXPECT_EQ(rtp->payload_size(), 3u);
  EXPECT_EQ(rtp->payload()[0], 0xaa);
  EXPECT_FALSE(rtp->extension(1).has_value());
}

TEST(Rtp, SkipsContributingSourcesAndPadding) {
  const ByteVector bytes = from_hex("a2601234 01020304 a1a2a3a4 11111111 22222222 aabbcc 000003");
  const auto rtp = parse_rtp(bytes);
  ASSERT_TRUE(rtp.has_value());
  EXPECT_EQ(rtp->csrc_count, 2);
  EXPECT_EQ(rtp->header_size, 20);
  EXPECT_EQ(rtp->padding_size, 3);
  EXPECT_EQ(rtp->payload_size(), 3u);
}

TEST(Rtp, APaddingOnlyPacketHasAnEmptyPayload) {
  const ByteVector bytes = from_hex("a0601234 01020304 a1a2a3a4 000003");
  const auto rtp = parse_rtp(bytes);
  ASSERT_TRUE(rtp.has_value());
  EXPECT_TRUE(rtp->payload().empty());
}

TEST(Rtp, FindsOneByteExtensionsAcrossPadding) {
  const ByteVector bytes = from_hex("90601234 01020304 a1a2a3a4 bede0003 10ff 0000 32010203 51aabb00 99");
  const auto rtp = parse_rtp(bytes);
  ASSERT_TRUE(rtp.has_value());
  EXPECT_TRUE(rtp->is_one_byte());
  EXPECT_EQ(rtp->extension(1)->size(), 1u);
  EXPECT_EQ((*rtp->extension(3))[2], 3);
  EXPECT_EQ(rtp->extension(5)->size(), 2u);
  EXPECT_FALSE(rtp->extension(2).has_value());
  EXPECT_EQ(rtp->payload()[0], 0x99);
}

TEST(Rtp, FindsTwoByteExtensionsWithAnyApplicationBits) {
  const ByteVector bytes = from_hex("90601234 01020304 a1a2a3a4 10050002 1e02aabb 00 0700 00");
  const auto rtp = parse_rtp(bytes);
  ASSERT_TRUE(rtp.has_value());
  EXPECT_TRUE(rtp->is_two_byte());
  EXPECT_EQ(rtp->extension(30)->size(), 2u);
  ASSERT_TRUE(rtp->extension(7).has_value());
  EXPECT_TRUE(rtp->extension(7)->empty());
}

TEST(Rtp, AnExtensionThatRunsOverItsBlockIsNotFoundButThoseBeforeAre) {
  const ByteVector bytes = from_hex("90601234 01020304 a1a2a3a4 bede0001 10ff 2f00 112233445566778899aabbccddeeff00");
  const auto rtp = parse_rtp(bytes);
  ASSERT_TRUE(rtp.has_value());
  EXPECT_TRUE(rtp->extension(1).has_value());
  EXPECT_FALSE(rtp->extension(2).has_value());
}

TEST(Rtp, ExtensionIdFifteenEndsTheOneByteBlock) {
  const ByteVector bytes = from_hex("90601234 01020304 a1a2a3a4 bede0001 f0ff 10ff");
  const auto rtp = parse_rtp(bytes);
  ASSERT_TRUE(rtp.has_value());
  EXPECT_FALSE(rtp->extension(1).has_value());
}

TEST(Rtp, MalformedPacketsAreRefusedByCause) {
  EXPECT_EQ(parse_rtp(from_hex("80601234 01020304 a1a2a3")).error(), RtpError::kTooShort);
  EXPECT_EQ(parse_rtp(from_hex("40601234 01020304 a1a2a3a4")).error(), RtpError::kBadVersion);
  EXPECT_EQ(parse_rtp(from_hex("81601234 01020304 a1a2a3a4")).error(), RtpError::kTooShort) << "CSRC missing";
  EXPECT_EQ(parse_rtp(from_hex("90601234 01020304 a1a2a3a4 bede")).error(), RtpError::kTooShort);
  EXPECT_EQ(parse_rtp(from_hex("90601234 01020304 a1a2a3a4 bede0002 00000000")).error(), RtpError::kTooShort);
  EXPECT_EQ(parse_rtp(from_hex("a0601234 01020304 a1a2a3a4")).error(), RtpError::kBadPadding);
  EXPECT_EQ(parse_rtp(from_hex("a0601234 01020304 a1a2a3a4 00")).error(), RtpError::kBadPadding);
  EXPECT_EQ(parse_rtp(from_hex("a0601234 01020304 a1a2a3a4 0003")).error(), RtpError::kBadPadding);
  EXPECT_EQ(parse_rtp(ByteVector(0x10000, 0x80)).error(), RtpError::kTooShort);
}

TEST(Rtp, WritesAHeaderWithoutExtensions) {
  EXPECT_EQ(write({}), from_hex("80e01234 01020304 a1a2a3a4"));
  EXPECT_EQ(rtp_header_size({}), 12u);
}

TEST(Rtp, WritesOneByteExtensionsWhenAllFit) {
  const ByteVector level{0xff};
  const ByteVector wide{0x00, 0x07};
  const RtpExtension extensions[] = {{1, level}, {0, wide}, {14, wide}};
  EXPECT_EQ(write(extensions), from_hex("90e01234 01020304 a1a2a3a4 bede0002 10ff e10007 000000"));
  EXPECT_EQ(rtp_header_size(extensions), 24u);
}

TEST(Rtp, WritesTwoByteExtensionsWhenOneIsLongEmptyOrHasAHighId) {
  const ByteVector longer(17, 0xab);
  const ByteVector one{0x01};
  for (const auto& odd : {RtpExtension{2, longer}, RtpExtension{15, one}, RtpExtension{2, {}}}) {
    const RtpExtension extensions[] = {{1, one}, odd};
    const ByteVector bytes = write(extensions, from_hex("99"));
    const auto rtp = parse_rtp(bytes);
    ASSERT_TRUE(rtp.has_value());
    EXPECT_TRUE(rtp->is_two_byte());
    ASSERT_TRUE(rtp->extension(odd.id).has_value());
    EXPECT_EQ(rtp->extension(odd.id)->size(), odd.bytes.size());
    EXPECT_EQ((*rtp->extension(1))[0], 1);
    EXPECT_EQ(rtp->payload()[0], 0x99);
  }
}

TEST(Rtp, WritingFailsWhenTheHeaderDoesNotFit) {
  const ByteVector one{0x01};
  const RtpExtension extensions[] = {{1, one}};
  const size_t size = rtp_header_size(extensions);
  ByteVector out(size);
  EXPECT_EQ(write_rtp_header(kHeader, extensions, MutableByteView(out).first(size - 1)), 0u);
  EXPECT_EQ(write_rtp_header(kHeader, extensions, out), size);
  const ByteVector huge(kTwoByteMaxSize + 1);
  const RtpExtension too_long[] = {{1, huge}};
  ByteVector large(1000);
  EXPECT_EQ(write_rtp_header(kHeader, too_long, large), 0u);
}

TEST(Rtp, TheBytesBehindTheHeaderAreLeftAlone) {
  ByteVector out(20, 0x77);
  EXPECT_EQ(write_rtp_header(kHeader, {}, out), 12u);
  EXPECT_EQ(out[12], 0x77);
}

}  // namespace
}  // namespace parley::wire
