#include "media/wire/rtcp.h"

#include <gtest/gtest.h>

#include "media/wire/rtcp_write.h"
#include "media/wire/test_bytes.h"

namespace parley::wire {
namespace {

/// What `write(ByteWriter&)` writes.
template <class F>
ByteVector written(F&& write) {
  ByteVector buffer(4096);
  ByteWriter w(buffer);
  write(w);
  EXPECT_TRUE(w.ok());
  buffer.resize(w.size());
  EXPECT_EQ(buffer.size() % 4, 0u);
  return buffer;
}

/// The only packet of `bytes`, as a T.
template <class T>
T read_one(const ByteVector& bytes) {
  RtcpReader reader(bytes);
  const auto packet = reader.next();
  EXPECT_TRUE(packet.has_value());
  EXPECT_FALSE(reader.next().has_value());
  EXPECT_FALSE(reader.error().has_value());
  EXPECT_TRUE(packet && std::holds_alternative<T>(*packet));
  return packet && std::holds_alternative<T>(*packet) ? std::get<T>(*packet) : T{};
}

std::optional<RtcpError> error_of(const ByteVector& bytes) {
  RtcpReader reader(bytes);
  while (reader.next()) {
  }
  return reader.error();
}

ReportBlock sample_block(uint32_t ssrc) {
  return {.ssrc = ssrc,
          .fraction_lost = 25,
          .cumulative_lost = -3,
          .extended_highest_sequence = 0x00012345,
          .jitter = 42,
          .last_sender_report = 0xaabbccdd,
          .delay_since_last_sender_report = 65536};
}

TEST(Rtcp, SenderReportSurvivesTheRoundTrip) {
  const SenderInfo info{1, NtpTime{0x0102030405060708}, 2, 3, 4};
  const ReportBlock blocks[] = {sample_block(7), sample_block(8)};
  const ByteVector bytes = written([&](ByteWriter& w) { write_sender_report(w, info, blocks); });
  const auto report = read_one<SenderReport>(bytes);
  EXPECT_EQ(report.ssrc, 1u);
  EXPECT_EQ(report.ntp, info.ntp);
  EXPECT_EQ(report.rtp_timestamp, 2u);
  EXPECT_EQ(report.packet_count, 3u);
  EXPECT_EQ(report.octet_count, 4u);
  ASSERT_EQ(report.blocks.size(), 2u);
  EXPECT_EQ(report.blocks[0], blocks[0]);
  EXPECT_EQ(report.blocks[1], blocks[1]);
}

TEST(Rtcp, ReceiverReportSurvivesTheRoundTripAndIsCutAtTheBlockLimit) {
  const std::vector<ReportBlock> blocks(kRtcpMaxBlocks + 1, sample_block(7));
  const ByteVector bytes = written([&](ByteWriter& w) { write_receiver_report(w, 9, blocks); });
  const auto report = read_one<ReceiverReport>(bytes);
  EXPECT_EQ(report.ssrc, 9u);
  EXPECT_EQ(report.blocks.size(), kRtcpMaxBlocks);
  size_t equal = 0;
  for (const ReportBlock block : report.blocks) equal += block == blocks[0] ? 1 : 0;
  EXPECT_EQ(equal, kRtcpMaxBlocks);
}

TEST(Rtcp, CumulativeLossIsClampedTo24Bits) {
  ReportBlock block = sample_block(7);
  block.cumulative_lost = 0x1000000;
  const ByteVector bytes = written([&](ByteWriter& w) { write_receiver_report(w, 9, {&block, 1}); });
  EXPECT_EQ(read_one<ReceiverReport>(bytes).blocks[0].cumulative_lost, 0x7fffff);
}

TEST(Rtcp, CnameSurvivesTheRoundTripAtEveryPadding) {
  for (const std::string_view cname : {"", "a", "ab", "abc", "abcd", "PA_xyz|TR_abc"}) {
    const ByteVector bytes = written([&](ByteWriter& w) { write_source_description(w, 5, cname); });
    size_t chunks = 0;
    read_one<SourceDescription>(bytes).for_each([&](uint32_t ssrc, std::string_view name) {
      EXPECT_EQ(ssrc, 5u);
      EXPECT_EQ(name, cname);
      ++chunks;
    });
    EXPECT_EQ(chunks, 1u);
  }
}

TEST(Rtcp, SourceDescriptionsMayHoldSeveralChunksAndOtherItems) {
  // Chunk 1: NAME "n", CNAME "ab", end and padding. Chunk 2: no items.
  const ByteVector bytes = from_hex("82ca0005 00000001 02016e 01026162 00 00000002 00000000");
  ASSERT_EQ(bytes.size(), 24u);
  std::vector<std::pair<uint32_t, std::string>> chunks;
  read_one<SourceDescription>(bytes).for_each(
      [&](uint32_t ssrc, std::string_view name) { chunks.emplace_back(ssrc, std::string(name)); });
  EXPECT_EQ(chunks, (std::vector<std::pair<uint32_t, std::string>>{{1, "ab"}, {2, ""}}));
}

TEST(Rtcp, ByeListsItsSources) {
  const uint32_t ssrcs[] = {1, 0xffffffff};
  const ByteVector bytes = written([&](ByteWriter& w) { write_bye(w, ssrcs); });
  const auto bye = read_one<Bye>(bytes);
  ASSERT_EQ(bye.ssrcs.size(), 2u);
  EXPECT_EQ(bye.ssrcs[1].ssrc, 0xffffffffu);
}

TEST(Rtcp, NackPacksNeighboursIntoOneItemAndGivesThemBack) {
  const std::vector<uint16_t> lost{0xfff0, 0xfff1, 0x0000, 0x0001, 0x0100};
  const ByteVector bytes = written([&](ByteWriter& w) { write_nack(w, {1, 2}, lost); });
  const auto nack = read_one<Nack>(bytes);
  EXPECT_EQ(nack.sender_ssrc, 1u);
  EXPECT_EQ(nack.media_ssrc, 2u);
  EXPECT_EQ(nack.items.size(), 3u) << "16 behind the first is the last that its mask reaches";
  std::vector<uint16_t> asked;
  nack.for_each_sequence([&](uint16_t sequence) { asked.push_back(sequence); });
  EXPECT_EQ(asked, lost);
}

TEST(Rtcp, AnEmptyNackIsNotWritten) {
  EXPECT_TRUE(written([](ByteWriter& w) { write_nack(w, {1, 2}, {}); }).empty());
}

TEST(Rtcp, PictureLossAndFullIntraRequestSurviveTheRoundTrip) {
  const ByteVector pli = written([](ByteWriter& w) { write_picture_loss(w, {1, 2}); });
  EXPECT_EQ(pli, from_hex("81ce0002 00000001 00000002"));
  EXPECT_EQ(read_one<PictureLoss>(pli).media_ssrc, 2u);

  const FirItem items[] = {{3, 7}, {4, 8}};
  const ByteVector fir = written([&](ByteWriter& w) { write_full_intra_request(w, 1, items); });
  const auto request = read_one<FullIntraRequest>(fir);
  ASSERT_EQ(request.items.size(), 2u);
  EXPECT_EQ(request.items[1], items[1]);
}

TEST(Rtcp, ReceiverEstimateKeepsEighteenBitsOfTheRate) {
  const uint32_t ssrcs[] = {10, 11};
  for (const int64_t bps :
       {int64_t{0}, int64_t{262143}, int64_t{262144}, int64_t{2'500'000}, int64_t{100'000'000'000}}) {
    const ByteVector bytes = written([&](ByteWriter& w) { write_receiver_estimate(w, 1, DataRate::bps(bps), ssrcs); });
    const auto estimate = read_one<ReceiverEstimate>(bytes);
    EXPECT_LE(estimate.bitrate.bps(), bps);
    EXPECT_GE(estimate.bitrate.bps(), bps - bps / 131072) << "rounded down by at most one part in 2^17";
    EXPECT_EQ(estimate.ssrcs.size(), 2u);
  }
}

TEST(Rtcp, AnEstimateAbove63BitsIsMalformed) {
  EXPECT_EQ(error_of(from_hex("8fce0004 00000001 00000000 52454d42 00ffffff")), RtcpError::kBadBody);
}

TEST(Rtcp, WalksACompoundPacketInOrder) {
  const ByteVector bytes = written([](ByteWriter& w) {
    write_sender_report(w, {1, {}, 2, 3, 4});
    write_source_description(w, 1, "name");
    write_picture_loss(w, {1, 2});
  });
  RtcpReader reader(bytes);
  EXPECT_TRUE(std::holds_alternative<SenderReport>(*reader.next()));
  EXPECT_TRUE(std::holds_alternative<SourceDescription>(*reader.next()));
  EXPECT_TRUE(std::holds_alternative<PictureLoss>(*reader.next()));
  EXPECT_FALSE(reader.next().has_value());
  EXPECT_FALSE(reader.error().has_value());
}

TEST(Rtcp, ExtendedReportsApplicationPacketsAndUnknownOnesAreSkipped) {
  const ByteVector bytes = from_hex(
      "80cf0001 00000001"                    // XR
      "80cc0002 00000001 61626364"           // APP
      "80d20000"                             // Type 210
      "82cd0002 00000001 00000002"           // RTPFB format 2
      "8fce0003 00000001 00000002 12345678"  // PSFB of another application
      "81ce0002 00000001 00000002");
  read_one<PictureLoss>(bytes);
}

TEST(Rtcp, PaddingIsTakenOffTheBody) {
  // A NACK of one item, four bytes of padding: they must not become a second item.
  const ByteVector bytes = from_hex("a1cd0004 00000001 00000002 00050000 00000004");
  const auto nack = read_one<Nack>(bytes);
  EXPECT_EQ(nack.items.size(), 1u);
}

TEST(Rtcp, MalformedPacketsAreRefusedByCause) {
  EXPECT_EQ(error_of(from_hex("81ce00")), RtcpError::kTruncated);
  EXPECT_EQ(error_of(from_hex("81ce0002 00000001")), RtcpError::kTruncated);
  EXPECT_EQ(error_of(from_hex("41ce0002 00000001 00000002")), RtcpError::kBadVersion);
  EXPECT_EQ(error_of(from_hex("a1ce0002 00000001 00000000")), RtcpError::kBadPadding);
  EXPECT_EQ(error_of(from_hex("a1ce0002 00000001 00000009")), RtcpError::kBadPadding);
  EXPECT_EQ(error_of(from_hex("80c80001 00000001")), RtcpError::kBadBody) << "SR without its fixed part";
  EXPECT_EQ(error_of(from_hex("81c90001 00000001")), RtcpError::kBadBody) << "RR without its block";
  EXPECT_EQ(error_of(from_hex("82cb0001 00000001")), RtcpError::kBadBody) << "BYE without its second source";
  EXPECT_EQ(error_of(from_hex("81ca0002 00000001 01ff6100")), RtcpError::kBadBody) << "SDES item over the end";
  EXPECT_EQ(error_of(from_hex("81cd0002 00000001 00000002")), RtcpError::kBadBody) << "NACK of nothing";
  EXPECT_EQ(error_of(from_hex("84ce0002 00000001 00000000")), RtcpError::kBadBody) << "FIR of nothing";
  EXPECT_EQ(error_of(from_hex("81ce0001 00000001")), RtcpError::kBadBody);
}

TEST(Rtcp, WhatCameBeforeAFaultIsStillGiven) {
  ByteVector bytes = from_hex("81ce0002 00000001 00000002 81ce");
  RtcpReader reader(bytes);
  EXPECT_TRUE(reader.next().has_value());
  EXPECT_FALSE(reader.next().has_value());
  EXPECT_EQ(reader.error(), RtcpError::kTruncated);
}

TEST(Ntp, WallTimeSurvivesTheRoundTripToTheMicrosecond) {
  for (const int64_t us : {int64_t{0}, int64_t{1}, int64_t{999'999}, int64_t{1'790'000'000'123'457}}) {
    EXPECT_EQ(to_wall_time(to_ntp(WallTime{us})).unix_us, us);
  }
  EXPECT_EQ(to_ntp(WallTime{0}).seconds(), 2'208'988'800u);
  EXPECT_EQ(to_ntp(WallTime{500'000}).fraction(), 0x80000000u);
}

TEST(Ntp, CompactTimeIsInSixtyFourThousandthsOfASecond) {
  EXPECT_EQ(to_ntp(WallTime{500'000}).compact() & 0xffff, 0x8000u);
  EXPECT_EQ(to_compact_ntp(TimeDelta::millis(1500)), 98304u);
  EXPECT_EQ(from_compact_ntp(98304), TimeDelta::millis(1500));
  EXPECT_EQ(to_compact_ntp(TimeDelta::millis(-1)), 0u);
  EXPECT_EQ(to_compact_ntp(TimeDelta::seconds(100'000)), 0xffffffffu);
}

}  // namespace
}  // namespace parley::wire
