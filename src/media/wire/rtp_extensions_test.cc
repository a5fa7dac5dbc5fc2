#include "media/wire/rtp_extensions.h"

#include <gtest/gtest.h>

#include "media/wire/test_bytes.h"

namespace parley::wire {
namespace {

using Kind = RtpExtensionKind;

TEST(RtpExtensions, EveryKindIsFoundByItsUri) {
  for (size_t i = 0; i < kRtpExtensionKindCount; ++i) {
    const auto kind = static_cast<Kind>(i);
    EXPECT_EQ(extension_kind(extension_uri(kind)), kind);
  }
  EXPECT_FALSE(extension_kind("urn:unknown").has_value());
}

TEST(ExtensionIds, MapsBothWays) {
  ExtensionIds ids;
  ids.set(Kind::kMid, 4);
  ids.set(Kind::kDependencyDescriptor, 255);
  EXPECT_EQ(ids.id_of(Kind::kMid), 4);
  EXPECT_EQ(ids.kind_of(255), Kind::kDependencyDescriptor);
  EXPECT_EQ(ids.id_of(Kind::kRid), 0);
  EXPECT_FALSE(ids.kind_of(5).has_value());
  EXPECT_FALSE(ids.kind_of(0).has_value());
}

TEST(ExtensionIds, TheLaterOfTwoClaimsWins) {
  ExtensionIds ids;
  ids.set(Kind::kMid, 4);
  ids.set(Kind::kRid, 4);
  EXPECT_EQ(ids.id_of(Kind::kMid), 0);
  EXPECT_EQ(ids.kind_of(4), Kind::kRid);
  ids.set(Kind::kRid, 9);
  EXPECT_FALSE(ids.kind_of(4).has_value());
  ids.set(Kind::kRid, 0);
  EXPECT_FALSE(ids.kind_of(9).has_value());
}

TEST(RtpExtensions, AudioLevelHasALevelAndAVoiceFlag) {
  EXPECT_EQ(parse_audio_level(from_hex("9e")), (AudioLevel{30, true}));
  EXPECT_EQ(parse_audio_level(from_hex("7f00")), (AudioLevel{127, false}));
  EXPECT_EQ(serialize_audio_level({30, true}), 0x9e);
  EXPECT_FALSE(parse_audio_level({}).has_value());
}

TEST(RtpExtensions, TransportSequenceIsSixteenBits) {
  EXPECT_EQ(parse_transport_sequence(serialize_transport_sequence(0xfffe)), 0xfffe);
  EXPECT_FALSE(parse_transport_sequence(from_hex("01")).has_value());
}

TEST(RtpExtensions, AbsSendTimeCountsQuarterMillionthsAndWrapsAfter64Seconds) {
  EXPECT_EQ(to_abs_send_time(1'000'000), 1u << 18);
  EXPECT_EQ(to_abs_send_time(64'000'000), 0u);
  EXPECT_EQ(to_abs_send_time(63'999'999), 0xffffffu);
  EXPECT_EQ(parse_abs_send_time(serialize_abs_send_time(0x123456)), 0x123456u);
  EXPECT_FALSE(parse_abs_send_time(from_hex("0102")).has_value());
}

TEST(RtpExtensions, AbsCaptureTimeHasAShortAndALongForm) {
  for (const AbsCaptureTime& time : {AbsCaptureTime{0x0102030405060708, std::nullopt}, AbsCaptureTime{7, -5}}) {
    uint8_t bytes[16];
    const size_t size = serialize_abs_capture_time(time, bytes);
    EXPECT_EQ(size, time.clock_offset ? 16u : 8u);
    EXPECT_EQ(parse_abs_capture_time(ByteView(bytes).first(size)), time);
  }
  EXPECT_FALSE(parse_abs_capture_time(from_hex("01020304050607")).has_value());
}

TEST(RtpExtensions, PlayoutDelayIsClampedToTwelveBitsOfTenMilliseconds) {
  EXPECT_EQ(serialize_playout_delay({TimeDelta::millis(10), TimeDelta::seconds(60)}),
            (std::array<uint8_t, 3>{0x00, 0x1f, 0xff}));
  EXPECT_EQ(parse_playout_delay(from_hex("001fff")),
            (PlayoutDelay{TimeDelta::millis(10), TimeDelta::millis(kPlayoutDelayMaxMs)}));
}

TEST(RtpExtensions, VideoOrientationSurvivesTheRoundTrip) {
  for (uint8_t byte = 0; byte < 16; ++byte) {
    const auto orientation = parse_video_orientation(ByteView(&byte, 1));
    ASSERT_TRUE(orientation.has_value());
    EXPECT_EQ(serialize_video_orientation(*orientation), byte);
  }
  EXPECT_EQ(parse_video_orientation(from_hex("03"))->rotation_degrees, 270);
}

TEST(RtpExtensions, TransmissionOffsetIsSigned) {
  for (const int32_t offset : {0, -1, 8388607, -8388608}) {
    EXPECT_EQ(parse_transmission_offset(serialize_transmission_offset(offset)), offset);
  }
}

TEST(RtpExtensions, TextExtensionsLoseTheirZeroPadding) {
  EXPECT_EQ(parse_sdes_text(from_hex("710000")), "q");
  EXPECT_FALSE(parse_sdes_text({}).has_value());
  EXPECT_FALSE(parse_sdes_text(from_hex("00")).has_value());
  EXPECT_FALSE(parse_sdes_text(ByteVector(17, 'a')).has_value());
}

}  // namespace
}  // namespace parley::wire
