// What a client sends: sizes, payloads, descriptions.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/client/client_sdp.h"
#include "media/client/media_source.h"
#include "media/client/stamp.h"

namespace parley::client {
namespace {

using testing::ElementsAre;

TEST(VideoSourceTest, KeepsItsRateAndMakesKeyFramesSeveralTimesLarger) {
  SeededRng rng(1);
  VideoSource source(DataRate::kbps(1700), 30);
  const double average = 1'700'000.0 / 8 / 30;
  size_t total = 0;
  for (int i = 0; i < 3000; ++i) {
    if (i % 300 == 0) source.request_key_frame();
    const auto frame = source.next(rng);
    total += frame.bytes;
    EXPECT_EQ(frame.is_key, i % 300 == 0);
    if (!frame.is_key) continue;
    EXPECT_GT(static_cast<double>(frame.bytes), 5.9 * average);
    EXPECT_LT(static_cast<double>(frame.bytes), 10.1 * average);
  }
  EXPECT_NEAR(static_cast<double>(total) / 3000, average, average * 0.05);
}

TEST(VideoSourceTest, PictureIdsRiseByOneAndTl0WithTheBaseLayer) {
  SeededRng rng(2);
  VideoSource source(DataRate::kbps(150), 30);
  auto before = source.next(rng);
  for (int i = 0; i < 40'000; ++i) {
    const auto frame = source.next(rng);
    ASSERT_EQ(frame.picture_id, (before.picture_id + 1) & 0x7fff);
    ASSERT_EQ(static_cast<uint8_t>(frame.tl0_picture_index - before.tl0_picture_index), frame.temporal_id == 0 ? 1 : 0);
    before = frame;
  }
}

TEST(StampTest, IsReadAsItWasWritten) {
  std::array<uint8_t, Stamp::kSize> bytes;
  ByteWriter out(bytes);
  Stamp{7, 300, Timestamp::micros(123'456'789'012)}.write(out);
  EXPECT_EQ(out.size(), Stamp::kSize);
  const auto stamp = Stamp::read(bytes);
  ASSERT_TRUE(stamp);
  EXPECT_EQ(stamp->publisher, 7u);
  EXPECT_EQ(stamp->number, 300u);
  EXPECT_EQ(stamp->filler(), 300 % 256);
  EXPECT_EQ(stamp->sent, Timestamp::micros(123'456'789'012));
}

TEST(StampTest, OtherBytesAreNone) {
  std::array<uint8_t, Stamp::kSize> bytes{};
  EXPECT_FALSE(Stamp::read(bytes));
  EXPECT_FALSE(Stamp::read(ByteView(bytes).first(3)));
}

TEST(ClientSdpTest, SimulcastIsOfferedByRidsAndASingleLayerBySsrcs) {
  SeededRng rng(3);
  const Publication simulcast(PublishSpec::camera_simulcast(), "cid", 1, rng);
  const auto three = offer_sending(simulcast, "4", Dialect::kChromium);
  ASSERT_TRUE(three.simulcast);
  std::vector<std::string> rids;
  for (const auto& rid : three.simulcast->send) rids.push_back(rid.rid);
  EXPECT_THAT(rids, ElementsAre("q", "h", "f"));
  EXPECT_TRUE(three.ssrcs.empty());
  EXPECT_EQ(three.msid->track_id, "cid");
  const Publication single(PublishSpec::camera_single_layer(), "cid", 1, rng);
  const auto one = offer_sending(single, "5", Dialect::kFirefox);
  EXPECT_FALSE(one.simulcast);
  ASSERT_EQ(one.ssrc_groups.size(), 1u);
  EXPECT_THAT(one.ssrc_groups[0].ssrcs, ElementsAre(single.encodings()[0].ssrc(), single.encodings()[0].rtx_ssrc()));
}

TEST(ClientSdpTest, DialectsDifferInEveryNumber) {
  const auto a = offer_receiving(wire::MediaKind::kVideo, "0", Dialect::kChromium);
  const auto b = offer_receiving(wire::MediaKind::kVideo, "0", Dialect::kFirefox);
  EXPECT_NE(find_media_codec(a)->payload_type, find_media_codec(b)->payload_type);
  EXPECT_NE(find_media_codec(a)->rtx_payload_type, find_media_codec(b)->rtx_payload_type);
  const auto kind = wire::RtpExtensionKind::kMid;
  EXPECT_NE(section_extensions(a).id_of(kind), section_extensions(b).id_of(kind));
}

TEST(ClientSdpTest, AnAnswerTakesOpusAndVp8AndRejectsTheRest) {
  auto offered = offer_receiving(wire::MediaKind::kVideo, "1", Dialect::kChromium);
  offered.direction = wire::Direction::kSendOnly;
  offered.codecs.insert(offered.codecs.begin(), {35, "AV1", 90'000, 1, "", {}});
  const auto answer = answer_receiving(offered);
  EXPECT_EQ(answer.direction, wire::Direction::kRecvOnly);
  ASSERT_EQ(answer.codecs.size(), 2u);
  EXPECT_EQ(answer.codecs[0].name, "VP8");
  offered.codecs.resize(1);
  EXPECT_TRUE(answer_receiving(offered).is_rejected());
}

TEST(ClientSdpTest, ATrickledCandidateIsReadFromItsJson) {
  const auto address = udp_candidate_of_trickle(
      R"({"candidate":"candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host","sdpMid":"0","sdpMLineIndex":0})");
  EXPECT_EQ(address, SocketAddress::v4(0xc0000201, 7882));
  EXPECT_FALSE(udp_candidate_of_trickle(
      R"({"candidate":"candidate:1 1 tcp 1 192.0.2.1 7881 typ host tcptype passive","sdpMid":"0"})"));
  EXPECT_FALSE(udp_candidate_of_trickle("{}"));
}

}  // namespace
}  // namespace parley::client
