#include "base/base64.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

/// RFC 4648 section 10.
TEST(Base64, ReproducesTheVectorsOfTheStandard) {
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(base64_encode(as_bytes(plain)), encoded);
    EXPECT_EQ(as_text(*base64_decode(encoded)), plain);
  }
}

TEST(Base64, UsesTheUrlAlphabetWithoutPadding) {
  const ByteVector bytes{0xfb, 0xff, 0xfe, 0xff};
  EXPECT_EQ(base64_encode(bytes), "+//+/w==");
  EXPECT_EQ(base64url_encode(bytes), "-__-_w");
  EXPECT_EQ(base64url_decode("-__-_w"), bytes);
  EXPECT_EQ(base64url_decode("-__-_w=="), bytes);
}

TEST(Base64, RefusesWhatNoEncoderWrites) {
  for (const std::string_view text : {"A", "AAAAA", "Zh", "Zg=", "=", "====", "Z===", "Zm 9v", "Zm9v\n", "Z=8="}) {
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
    EXPECT_EQ(base64url_decode(text), std::nullopt) << text;
  }
  EXPECT_EQ(base64url_decode("+//+"), std::nullopt);
  EXPECT_EQ(base64_decode("-__-"), std::nullopt);
}

}  // namespace
}  // namespace parley
