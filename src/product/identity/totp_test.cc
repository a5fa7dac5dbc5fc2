#include "product/identity/totp.h"

#include <gtest/gtest.h>

namespace parley::product::identity {
namespace {

constexpr std::string_view kSecret = "12345678901234567890";

TEST(Totp, GivesTheValuesOfRfc4226) {
  const std::array expected{"755224", "287082", "359152", "969429", "338314",
                            "254676", "287922", "162583", "399871", "520489"};
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(hotp(as_bytes(kSecret), i, 6), expected[i]);
}

TEST(Totp, GivesTheValuesOfRfc6238) {
  const auto at = [](int64_t seconds) { return hotp(as_bytes(kSecret), static_cast<uint64_t>(seconds / 30), 8); };
  EXPECT_EQ(at(59), "94287082");
  EXPECT_EQ(at(1'111'111'109), "07081804");
  EXPECT_EQ(at(1'111'111'111), "14050471");
  EXPECT_EQ(at(1'234'567'890), "89005924");
  EXPECT_EQ(at(2'000'000'000), "69279037");
  EXPECT_EQ(at(20'000'000'000), "65353130");
}

TEST(Totp, TakesTheStepsBesideThePresentOneAndNoOthers) {
  const int64_t step = 1000;
  const WallTime now{step * 30 * 1'000'000};
  for (int64_t off = -3; off <= 3; ++off) {
    const std::string code = hotp(as_bytes(kSecret), static_cast<uint64_t>(step + off), 6);
    EXPECT_EQ(match_totp(as_bytes(kSecret), code, now, 0).has_value(), off >= -1 && off <= 1) << off;
  }
}

TEST(Totp, NoCodeWorksTwice) {
  const WallTime now{1000LL * 30 * 1'000'000};
  const std::string code = hotp(as_bytes(kSecret), 1000, 6);
  EXPECT_EQ(match_totp(as_bytes(kSecret), code, now, 999), 1000);
  EXPECT_EQ(match_totp(as_bytes(kSecret), code, now, 1000), std::nullopt);
  EXPECT_EQ(match_totp(as_bytes(kSecret), hotp(as_bytes(kSecret), 999, 6), now, 1000), std::nullopt);
}

TEST(Totp, RefusesWhatIsNoCode) {
  const WallTime now{1000LL * 30 * 1'000'000};
  for (const char* code : {"", "12345", "1234567", "abcdef", "      "})
    EXPECT_FALSE(match_totp(as_bytes(kSecret), code, now, 0)) << code;
}

TEST(Base32, GivesTheValuesOfRfc4648) {
  EXPECT_EQ(base32_encode(as_bytes("")), "");
  EXPECT_EQ(base32_encode(as_bytes("f")), "MY");
  EXPECT_EQ(base32_encode(as_bytes("fooba")), "MZXW6YTB");
  EXPECT_EQ(base32_encode(as_bytes("foobar")), "MZXW6YTBOI");
  EXPECT_EQ(as_text(base32_decode("mzxw 6ytb oi").value()), "foobar");
  EXPECT_FALSE(base32_decode("MZXW0"));
}

TEST(TotpUrl, EscapesItsParts) {
  EXPECT_EQ(make_totp_url("My chat", "ali@example.com", "MZXW6YTB"),
            "otpauth://totp/My%20chat:ali%40example.com?secret=MZXW6YTB&issuer=My%20chat&algorithm=SHA1&digits=6"
            "&period=30");
}

}  // namespace
}  // namespace parley::product::identity
