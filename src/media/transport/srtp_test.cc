#include "media/transport/srtp.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "media/transport/srtp_test_util.h"

namespace parley::transport {
namespace {

using test::bytes_from_hex;
using test::make_master_key;
using test::RtpText;
using test::SrtpCase;

class SrtpTest : public ::testing::TestWithParam<SrtpCase> {
 protected:
  const SrtpBackend& backend() const { return *GetParam().backend; }
  SrtpProfile profile() const { return GetParam().profile; }

  SrtpMasterKey master_ = make_master_key(GetParam().profile, 1);
  SrtpSender sender_{*GetParam().backend, master_};
  SrtpReceiver receiver_{*GetParam().backend, master_};

  ByteVector protect(uint32_t ssrc, uint16_t sequence, size_t payload_size = 100) {
    return test::protect(sender_, RtpText{.ssrc = ssrc, .sequence = sequence, .payload_size = payload_size});
  }
  std::expected<size_t, SrtpError> unprotect(const ByteVector& packet) {
    plain_.assign(packet.size(), 0);
    auto size = receiver_.unprotect(packet, plain_.data());
    if (size) plain_.resize(*size);
    return size;
  }
  SrtpError refusal(const ByteVector& packet) {
    const auto result = unprotect(packet);
    EXPECT_FALSE(result.has_value());
    return result ? SrtpError::kIndexExhausted : result.error();
  }

  ByteVector plain_;
};

INSTANTIATE_TEST_SUITE_P(EveryBackendAndProfile, SrtpTest, ::testing::ValuesIn(test::every_srtp_case()),
                         [](const auto& info) { return info.param.name(); });

TEST_P(SrtpTest, WhatIsProtectedComesBackUnchanged) {
  for (const size_t size : {0u, 1u, 15u, 16u, 17u, 160u, 1200u}) {
    const RtpText text{.ssrc = 7, .sequence = static_cast<uint16_t>(size), .payload_size = size};
    const ByteVector packet = test::protect(sender_, text);
    EXPECT_EQ(packet.size(), test::make_rtp(text).size() + sender_.overhead());
    ASSERT_TRUE(unprotect(packet).has_value()) << size;
    EXPECT_EQ(plain_, test::make_rtp(text)) << size;
  }
}

TEST_P(SrtpTest, CsrcsAndHeaderExtensionsStayInTheClearAndAreAuthenticated) {
  const RtpText text{.ssrc = 7, .sequence = 1, .payload_size = 50, .csrcs = 2, .extension_words = 3};
  ByteVector packet = test::protect(sender_, text);
  const ByteVector plain = test::make_rtp(text);
  EXPECT_TRUE(std::equal(plain.begin(), plain.begin() + 12 + 8 + 4 + 12, packet.begin()));
  ByteVector forged = packet;
  forged[12 + 8 + 5] ^= 1;
  EXPECT_EQ(refusal(forged), SrtpError::kAuth);
  ASSERT_TRUE(unprotect(packet).has_value());
  EXPECT_EQ(plain_, plain);
}

TEST_P(SrtpTest, APayloadElsewhereIsEncryptedWithoutBeingCopiedFirst) {
  const RtpText text{.ssrc = 9, .sequence = 5, .payload_size = 700};
  const ByteVector plain = test::make_rtp(text);
  ByteVector dst(plain.size() + kSrtpMaxOverhead);
  std::copy_n(plain.begin(), 12, dst.begin());
  const SrtpStream stream = sender_.stream(9).value();
  dst.resize(sender_.protect(stream, dst.data(), 12, ByteView(plain).subspan(12)).value());
  ASSERT_TRUE(unprotect(dst).has_value());
  EXPECT_EQ(plain_, plain);
}

TEST_P(SrtpTest, DecryptingInPlaceGivesTheSame) {
  ByteVector packet = protect(7, 1);
  const ByteVector plain = test::make_rtp({.ssrc = 7, .sequence = 1, .payload_size = 100});
  const auto size = receiver_.unprotect(packet, packet.data());
  ASSERT_TRUE(size.has_value());
  packet.resize(*size);
  EXPECT_EQ(packet, plain);
}

TEST_P(SrtpTest, SequenceRollOverIsFollowedThroughLossAndReordering) {
  SeededRng rng(11);
  std::vector<ByteVector> sent;
  for (uint32_t i = 0; i < 3000; ++i) sent.push_back(protect(7, static_cast<uint16_t>(64000 + i * 60), 20));
  for (size_t i = 0; i + 1 < sent.size(); i += 2) std::swap(sent[i], sent[i + (rng.below(2))]);
  for (const ByteVector& packet : sent) {
    if (rng.below(10) == 0) continue;
    ASSERT_TRUE(unprotect(packet).has_value());
  }
}

TEST_P(SrtpTest, ARetransmissionFromBeforeTheRollOverIsEncryptedAsItWas) {
  const ByteVector original = protect(7, 65530);
  protect(7, 10);
  EXPECT_EQ(protect(7, 65530), original);
  EXPECT_EQ(protect(7, 11).size(), original.size());
}

TEST_P(SrtpTest, ASequenceNumberBeforeTheStreamsFirstIsRefused) {
  protect(7, 3);
  ByteVector packet = test::make_rtp({.ssrc = 7, .sequence = 65535, .payload_size = 10});
  packet.resize(packet.size() + kSrtpMaxOverhead);
  const auto result = sender_.protect_in_place(packet.data(), 12, 22);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error(), SrtpError::kIndexExhausted);
}

TEST_P(SrtpTest, AReplayIsRefusedAndCounted) {
  const ByteVector first = protect(7, 100);
  const ByteVector second = protect(7, 101);
  ASSERT_TRUE(unprotect(second).has_value());
  ASSERT_TRUE(unprotect(first).has_value());
  EXPECT_EQ(refusal(first), SrtpError::kReplay);
  EXPECT_EQ(refusal(second), SrtpError::kReplay);
  EXPECT_EQ(receiver_.errors()[static_cast<size_t>(SrtpError::kReplay)], 2u);
}

TEST_P(SrtpTest, APacketOlderThanTheWindowIsRefusedAndOneWithinItIsNot) {
  const ByteVector too_old = protect(7, 1000);
  const ByteVector oldest = protect(7, 1001);
  ASSERT_TRUE(unprotect(protect(7, 1000 + 1024)).has_value());
  EXPECT_EQ(refusal(too_old), SrtpError::kReplay);
  EXPECT_TRUE(unprotect(oldest).has_value());
}

TEST_P(SrtpTest, EveryFlippedBitIsNoticed) {
  const ByteVector packet = protect(7, 1, 30);
  for (size_t byte = 0; byte < packet.size(); ++byte) {
    ByteVector forged = packet;
    forged[byte] ^= static_cast<uint8_t>(1 << (byte % 8));
    EXPECT_FALSE(unprotect(forged).has_value()) << byte;
  }
  EXPECT_TRUE(unprotect(packet).has_value()) << "forgeries must not spoil the stream";
}

TEST_P(SrtpTest, OtherKeysAreRefused) {
  SrtpReceiver stranger(backend(), make_master_key(profile(), 2));
  const ByteVector packet = protect(7, 1);
  ByteVector out(packet.size());
  EXPECT_EQ(stranger.unprotect(packet, out.data()).error(), SrtpError::kAuth);
}

TEST_P(SrtpTest, EveryTruncationIsRefused) {
  const ByteVector packet =
      test::protect(sender_, RtpText{.ssrc = 7, .sequence = 1, .payload_size = 20, .csrcs = 1, .extension_words = 1});
  for (size_t size = 0; size < packet.size(); ++size) {
    EXPECT_FALSE(unprotect(ByteVector(packet.begin(), packet.begin() + static_cast<long>(size))).has_value()) << size;
  }
  EXPECT_EQ(refusal(ByteVector(5)), SrtpError::kTooShort);
  EXPECT_EQ(refusal(ByteVector(kSrtpMaxPacket + 1)), SrtpError::kTooLong);
}

TEST_P(SrtpTest, OnlyAuthenticStreamsTakeRoomAndTheirNumberIsBounded) {
  SrtpReceiver receiver(backend(), master_, 3);
  ByteVector out(256);
  for (uint32_t ssrc = 100; ssrc < 200; ++ssrc) {
    ByteVector forged = protect(ssrc, 1);
    forged.back() ^= 1;
    EXPECT_EQ(receiver.unprotect(forged, out.data()).error(), SrtpError::kAuth);
  }
  for (uint32_t ssrc = 1; ssrc <= 3; ++ssrc) EXPECT_TRUE(receiver.unprotect(protect(ssrc, 1), out.data()).has_value());
  EXPECT_EQ(receiver.unprotect(protect(4, 1), out.data()).error(), SrtpError::kTooManyStreams);
  EXPECT_TRUE(receiver.unprotect(protect(3, 2), out.data()).has_value());
}

TEST_P(SrtpTest, SenderStreamsAreBounded) {
  for (uint32_t ssrc = 0; ssrc < kSrtpMaxSendStreams; ++ssrc) ASSERT_TRUE(sender_.stream(ssrc * 7919).has_value());
  EXPECT_EQ(sender_.stream(1).error(), SrtpError::kTooManyStreams);
  EXPECT_TRUE(sender_.stream(7919).has_value());
}

TEST_P(SrtpTest, RtcpComesBackUnchangedAndReplaysAndForgeriesDoNot) {
  for (const size_t words : {0u, 1u, 12u, 200u}) {
    const ByteVector plain = test::make_rtcp(5, words);
    const ByteVector packet = test::protect_rtcp(sender_, plain);
    ByteVector forged = packet;
    forged[packet.size() / 2] ^= 0x10;
    ByteVector out(packet.size());
    EXPECT_FALSE(receiver_.unprotect_rtcp(forged, out.data()).has_value());
    const auto size = receiver_.unprotect_rtcp(packet, out.data());
    ASSERT_TRUE(size.has_value());
    out.resize(*size);
    EXPECT_EQ(out, plain);
    EXPECT_EQ(receiver_.unprotect_rtcp(packet, out.data()).error(), SrtpError::kReplay);
  }
}

TEST_P(SrtpTest, UnencryptedRtcpIsRefused) {
  ByteVector packet = test::protect_rtcp(sender_, test::make_rtcp(5, 4));
  const size_t word = is_aead(profile()) ? packet.size() - 4 : packet.size() - 14;
  packet[word] &= 0x7f;
  ByteVector out(packet.size());
  EXPECT_EQ(receiver_.unprotect_rtcp(packet, out.data()).error(), SrtpError::kNotEncrypted);
}

TEST_P(SrtpTest, RtcpTruncationsAreRefused) {
  const ByteVector packet = test::protect_rtcp(sender_, test::make_rtcp(5, 4));
  ByteVector out(packet.size());
  for (size_t size = 0; size < packet.size(); ++size) {
    EXPECT_FALSE(receiver_.unprotect_rtcp(ByteView(packet).first(size), out.data()).has_value()) << size;
  }
}

TEST_P(SrtpTest, BackendsProduceTheSameBytes) {
  SrtpSender reference(openssl_srtp_backend(), master_);
  for (uint16_t i = 0; i < 50; ++i) {
    const RtpText text{.ssrc = 3, .sequence = static_cast<uint16_t>(65510 + i), .payload_size = i * 23u};
    EXPECT_EQ(test::protect(sender_, text), test::protect(reference, text));
    const ByteVector rtcp = test::make_rtcp(i, i);
    EXPECT_EQ(test::protect_rtcp(sender_, rtcp), test::protect_rtcp(reference, rtcp));
  }
}

TEST(ReplayWindow, ForgetsExactlyWhatLeavesIt) {
  ReplayWindow<128> window;
  for (int64_t i = 0; i < 1000; i += 3) window.mark(i);
  EXPECT_EQ(window.newest(), 999);
  for (int64_t i = 0; i <= 999 - 128; ++i) EXPECT_FALSE(window.is_fresh(i));
  for (int64_t i = 999 - 127; i < 999; ++i) EXPECT_EQ(window.is_fresh(i), i % 3 != 0) << i;
  window.mark(1'000'000);
  EXPECT_TRUE(window.is_fresh(999'999));
  EXPECT_TRUE(window.is_fresh(1'000'000 - 127));
  EXPECT_FALSE(window.is_fresh(1'000'000 - 128));
}

TEST(SrtpBackend, TheChosenOneIsOneOfTheTwo) {
  const SrtpBackend* chosen = &pick_srtp_backend();
  EXPECT_TRUE(chosen == &openssl_srtp_backend() || chosen == ipsec_mb_srtp_backend());
}

TEST(SsrcTable, FindsEachOfManyAndNothingElse) {
  SsrcTable table;
  for (uint32_t i = 0; i < 5000; ++i) table.insert(i * 65536, i);
  for (uint32_t i = 0; i < 5000; ++i) EXPECT_EQ(table.find(i * 65536), i);
  EXPECT_EQ(table.find(1), SsrcTable::kNone);
  EXPECT_EQ(table.size(), 5000u);
}

}  // namespace
}  // namespace parley::transport
