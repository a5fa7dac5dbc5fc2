#include "edge/files/tus.h"

#include <gtest/gtest.h>

#include "base/base64.h"

namespace parley::files_api {
namespace {

TEST(TusHeaders, MetadataIsPairsOfKeysAndBase64) {
  const auto metadata = parse_upload_metadata("filename xZ4ucG5n,voice dHJ1ZQ==, empty");
  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->name, "Ş.png");
  EXPECT_TRUE(metadata->is_voice);
  EXPECT_EQ(parse_upload_metadata("name YQ==")->name, "a");
  EXPECT_EQ(parse_upload_metadata("")->name, "");
  for (const char* bad : {"filename a b", "filename %%", "filename YQ==,filename YQ==", " ,", "filename /w=="})
    EXPECT_FALSE(parse_upload_metadata(bad)) << bad;
  EXPECT_FALSE(parse_upload_metadata("k " + std::string(9000, 'A')));
}

TEST(TusHeaders, LengthsAreDigitsThatJavaScriptHolds) {
  EXPECT_EQ(parse_length("0"), 0);
  EXPECT_EQ(parse_length("9007199254740991"), 9'007'199'254'740'991);
  for (const char* bad : {"", "-1", "+1", "1.0", " 1", "1e3", "9007199254740992", "99999999999999999999"})
    EXPECT_FALSE(parse_length(bad)) << bad;
}

// "hello world", as the checksum extension's own example has it.
TEST(TusHeaders, ChecksumsTellWhetherTheBytesAreThose) {
  const auto checksum = parse_upload_checksum("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=");
  ASSERT_TRUE(checksum);
  ChecksumVerifier good(*checksum);
  good.update("hello ");
  good.update("world");
  EXPECT_TRUE(good.is_right());
  ChecksumVerifier bad(*checksum);
  bad.update("hello World");
  EXPECT_FALSE(bad.is_right());
  for (const char* wrong : {"", "sha1", "sha1 AAAA", "crc32 AAAAAA==", "SHA1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="})
    EXPECT_FALSE(parse_upload_checksum(wrong)) << wrong;
}

}  // namespace
}  // namespace parley::files_api
