// Published vectors, and libsrtp2 as a second opinion in both directions.

#include <gtest/gtest.h>
#include <srtp2/srtp.h>

#include "media/transport/srtp.h"
#include "media/transport/srtp_test_util.h"

namespace parley::transport {
namespace {

using test::bytes_from_hex;
using test::RtpText;
using test::SrtpCase;

template <size_t N>
std::array<uint8_t, N> padded(std::string_view hex) {
  std::array<uint8_t, N> out{};
  const ByteVector bytes = bytes_from_hex(hex);
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

class SrtpVectors : public ::testing::TestWithParam<const SrtpBackend*> {};

std::vector<const SrtpBackend*> backends() {
  std::vector<const SrtpBackend*> all{&openssl_srtp_backend()};
  if (ipsec_mb_srtp_backend() != nullptr) all.push_back(ipsec_mb_srtp_backend());
  return all;
}
INSTANTIATE_TEST_SUITE_P(EveryBackend, SrtpVectors, ::testing::ValuesIn(backends()), [](const auto& info) {
  return info.param == &openssl_srtp_backend() ? "Openssl" : "IpsecMb";
});

struct AeadVector {
  SrtpProfile profile;
  const char* key;
  const char* iv;
  const char* aad;
  const char* plain;
  const char* sealed;
};

void expect_vector(const SrtpBackend& backend, const AeadVector& v) {
  const auto cipher = backend.make_cipher({.profile = v.profile, .encryption = padded<32>(v.key)});
  const ByteVector iv = bytes_from_hex(v.iv);
  const ByteVector aad = bytes_from_hex(v.aad);
  const ByteVector plain = bytes_from_hex(v.plain);
  ByteVector sealed(plain.size() + 16);
  cipher->seal(
      {.iv = iv.data(), .aad = aad, .in = plain.data(), .out = sealed.data(), .size = plain.size(), .suffix = 0},
      sealed.data() + plain.size());
  EXPECT_EQ(sealed, bytes_from_hex(v.sealed));
  ByteVector opened(plain.size());
  EXPECT_TRUE(cipher->open(
      {.iv = iv.data(), .aad = aad, .in = sealed.data(), .out = opened.data(), .size = plain.size(), .suffix = 0},
      sealed.data() + plain.size()));
  EXPECT_EQ(opened, plain);
}

TEST_P(SrtpVectors, Rfc7714Section16Aes128Gcm) {
  expect_vector(*GetParam(), {.profile = SrtpProfile::kAeadAes128Gcm,
                              .key = "000102030405060708090a0b0c0d0e0f",
                              .iv = "51753c6580c2726f20718414",
                              .aad = "8040f17b8041f8d35501a0b2",
                              .plain = "47616c6c696120657374206f6d6e697320646976697361"
                                       "20696e207061727465732074726573",
                              .sealed = "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
                                        "899d7f27beb16a9152cf765ee4390cce"});
}

TEST_P(SrtpVectors, Rfc7714Section16Aes256Gcm) {
  expect_vector(*GetParam(), {.profile = SrtpProfile::kAeadAes256Gcm,
                              .key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                              .iv = "51753c6580c2726f20718414",
                              .aad = "8040f17b8041f8d35501a0b2",
                              .plain = "47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573",
                              .sealed = "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
                                        "7aa3db36dfffd6b0f9bb7878d7a76c13"});
}

TEST_P(SrtpVectors, Rfc7714Section17Aes128GcmRtcp) {
  expect_vector(*GetParam(), {.profile = SrtpProfile::kAeadAes128Gcm,
                              .key = "000102030405060708090a0b0c0d0e0f",
                              .iv = "517524055203726f207170bb",
                              .aad = "81c8000d4d617273800005d4",
                              .plain = "4e5450314e545032525450200000042a0000e9304c756e61"
                                       "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
                              .sealed = "63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda"
                                        "4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade"});
}

TEST_P(SrtpVectors, Rfc3711AppendixB2CounterModeKeystream) {
  const auto cipher = GetParam()->make_cipher(
      {.profile = SrtpProfile::kAes128CmSha1_80, .encryption = padded<32>("2b7e151628aed2a6abf7158809cf4f3c")});
  const ByteVector iv = bytes_from_hex("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000");
  ByteVector packet(12 + 48 + 10);
  cipher->seal({.iv = iv.data(),
                .aad = ByteView(packet).first(12),
                .in = packet.data() + 12,
                .out = packet.data() + 12,
                .size = 48,
                .suffix = 0},
               packet.data() + 60);
  EXPECT_EQ(ByteVector(packet.begin() + 12, packet.begin() + 60),
            bytes_from_hex("e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab"
                           "41e95b3bb0a2e8dd477901e4fca894c0"));
}

SrtpMasterKey rfc3711_master() {
  SrtpMasterKey master;
  master.profile = SrtpProfile::kAes128CmSha1_80;
  master.key = padded<32>("e1f97a0d3e018be0d64fa32c06de4139");
  master.salt = padded<14>("0ec675ad498afeebb6960b3aabe6");
  return master;
}

TEST_P(SrtpVectors, Rfc3711AppendixB3KeyDerivation) {
  const SrtpSessionKeys keys(*GetParam(), rfc3711_master());
  EXPECT_EQ(keys.rtp_salt, padded<16>("30cbbc08863d8c85d49db34a9ae1"));
  // The RTP cipher shows its derived key by the packet it makes: keystream under c61e7a93744f39ee10734afe3ff7a087.
  const auto expected =
      GetParam()->make_cipher({.profile = SrtpProfile::kAes128CmSha1_80,
                               .encryption = padded<32>("c61e7a93744f39ee10734afe3ff7a087"),
                               .authentication = padded<20>("cebe321f6ff7716b6fd4ab49af256a156d38baa4")});
  const ByteVector iv(16, 0x42);
  ByteVector a(12 + 32 + 10);
  ByteVector b = a;
  for (auto [cipher, packet] : {std::pair{keys.rtp.get(), &a}, std::pair{expected.get(), &b}}) {
    cipher->seal({.iv = iv.data(),
                  .aad = ByteView(*packet).first(12),
                  .in = packet->data() + 12,
                  .out = packet->data() + 12,
                  .size = 32,
                  .suffix = 5},
                 packet->data() + 44);
  }
  EXPECT_EQ(a, b);
}

/// libsrtp2, one direction, any SSRC.
class Libsrtp {
 public:
  enum class Direction { kSend, kReceive };
  Libsrtp(const SrtpMasterKey& master, Direction direction) {
    static const srtp_err_status_t initialised = srtp_init();
    EXPECT_EQ(initialised, srtp_err_status_ok);
    srtp_policy_t policy{};
    switch (master.profile) {
      case SrtpProfile::kAeadAes128Gcm:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
        break;
      case SrtpProfile::kAeadAes256Gcm:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
        break;
      case SrtpProfile::kAes128CmSha1_80:
        srtp_crypto_policy_set_rtp_default(&policy.rtp);
        srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
        break;
    }
    const size_t key = key_size(master.profile);
    std::copy_n(master.key.begin(), key, key_.begin());
    std::copy_n(master.salt.begin(), salt_size(master.profile), key_.begin() + static_cast<long>(key));
    policy.key = key_.data();
    policy.ssrc.type = direction == Direction::kSend ? ssrc_any_outbound : ssrc_any_inbound;
    policy.window_size = 1024;
    policy.allow_repeat_tx = 1;
    EXPECT_EQ(srtp_create(&session_, &policy), srtp_err_status_ok);
  }
  ~Libsrtp() { srtp_dealloc(session_); }
  Libsrtp(const Libsrtp&) = delete;
  Libsrtp& operator=(const Libsrtp&) = delete;

  using Call = srtp_err_status_t (*)(srtp_t, void*, int*);
  /// The packet after `call` (srtp_protect, srtp_unprotect, ...), or empty when libsrtp refuses it.
  ByteVector apply(Call call, ByteVector packet) {
    int size = static_cast<int>(packet.size());
    packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN + 8);
    if (call(session_, packet.data(), &size) != srtp_err_status_ok) return {};
    packet.resize(static_cast<size_t>(size));
    return packet;
  }

 private:
  std::array<uint8_t, 64> key_{};
  srtp_t session_ = nullptr;
};

class SrtpOracle : public ::testing::TestWithParam<SrtpCase> {};
INSTANTIATE_TEST_SUITE_P(EveryBackendAndProfile, SrtpOracle, ::testing::ValuesIn(test::every_srtp_case()),
                         [](const auto& info) { return info.param.name(); });

TEST_P(SrtpOracle, LibsrtpReadsOurRtpAcrossRollOvers) {
  const SrtpMasterKey master = test::make_master_key(GetParam().profile, 9);
  SrtpSender ours(*GetParam().backend, master);
  Libsrtp theirs(master, Libsrtp::Direction::kReceive);
  for (uint32_t i = 0; i < 2000; ++i) {
    const RtpText text{.ssrc = 40 + i % 3,
                       .sequence = static_cast<uint16_t>(30000 + i * 100),
                       .payload_size = i % 1100,
                       .csrcs = static_cast<uint8_t>(i % 3),
                       .extension_words = static_cast<uint16_t>(i % 4)};
    ASSERT_EQ(theirs.apply(&srtp_unprotect, test::protect(ours, text)), test::make_rtp(text)) << i;
  }
}

TEST_P(SrtpOracle, WeReadLibsrtpsRtpAcrossRollOvers) {
  const SrtpMasterKey master = test::make_master_key(GetParam().profile, 9);
  SrtpReceiver ours(*GetParam().backend, master);
  Libsrtp theirs(master, Libsrtp::Direction::kSend);
  for (uint32_t i = 0; i < 2000; ++i) {
    const RtpText text{.ssrc = 40 + i % 3,
                       .sequence = static_cast<uint16_t>(30000 + i * 100),
                       .payload_size = i % 1100,
                       .extension_words = static_cast<uint16_t>(i % 4)};
    const ByteVector packet = theirs.apply(&srtp_protect, test::make_rtp(text));
    ByteVector out(packet.size());
    const auto size = ours.unprotect(packet, out.data());
    ASSERT_TRUE(size.has_value()) << i;
    out.resize(*size);
    ASSERT_EQ(out, test::make_rtp(text)) << i;
  }
}

TEST_P(SrtpOracle, LibsrtpReadsOurRetransmissionsFromBeforeTheRollOver) {
  const SrtpMasterKey master = test::make_master_key(GetParam().profile, 9);
  SrtpSender ours(*GetParam().backend, master);
  Libsrtp theirs(master, Libsrtp::Direction::kReceive);
  for (const uint16_t sequence : {65533, 65535, 1, 2, 65534, 0, 3}) {
    const RtpText text{.ssrc = 1, .sequence = sequence};
    EXPECT_EQ(theirs.apply(&srtp_unprotect, test::protect(ours, text)), test::make_rtp(text)) << sequence;
  }
}

TEST_P(SrtpOracle, RtcpPassesInBothDirections) {
  const SrtpMasterKey master = test::make_master_key(GetParam().profile, 9);
  SrtpSender our_sender(*GetParam().backend, master);
  SrtpReceiver our_receiver(*GetParam().backend, master);
  Libsrtp their_receiver(master, Libsrtp::Direction::kReceive);
  Libsrtp their_sender(master, Libsrtp::Direction::kSend);
  for (uint32_t i = 0; i < 300; ++i) {
    const ByteVector plain = test::make_rtcp(i % 5, i % 60);
    ASSERT_EQ(their_receiver.apply(&srtp_unprotect_rtcp, test::protect_rtcp(our_sender, plain)), plain) << i;
    const ByteVector packet = their_sender.apply(&srtp_protect_rtcp, plain);
    ByteVector out(packet.size());
    const auto size = our_receiver.unprotect_rtcp(packet, out.data());
    ASSERT_TRUE(size.has_value()) << i;
    out.resize(*size);
    ASSERT_EQ(out, plain) << i;
  }
}

}  // namespace
}  // namespace parley::transport
