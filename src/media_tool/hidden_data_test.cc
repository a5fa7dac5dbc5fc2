// SPDX-License-Identifier: GPL-2.0-or-later
#include "media_tool/hidden_data.h"

#include <gtest/gtest.h>

#include <string>

namespace parley::media_tool {
namespace {

using namespace std::string_literals;

bool hides(std::string_view type, const std::string& file) { return has_hidden_data(type, as_bytes(file)); }

const std::string kJfif = "\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0"s;
const std::string kScan =
    "\xff\xda\x00\x03\x01"
    "data\xff\x00more\xff\xd0rest\xff\xd9"s;

TEST(HiddenData, IsAnyJpegSegmentThatDrawingDoesNotNeed) {
  EXPECT_FALSE(hides("image/jpeg", "\xff\xd8" + kJfif + "\xff\xdb\x00\x04qt"s + kScan));
  EXPECT_FALSE(hides("image/jpeg", "\xff\xd8" + kJfif +
                                       "\xff\xee\x00\x0e"
                                       "Adobe\0\x64\0\0\0\0\0"s +
                                       kScan));
  EXPECT_TRUE(hides("image/jpeg",
                    "\xff\xd8\xff\xe1\x00\x08"
                    "Exif\0\0"s +
                        kScan));
  EXPECT_TRUE(hides("image/jpeg", "\xff\xd8\xff\xfe\x00\x04hi"s + kScan));
  EXPECT_TRUE(hides("image/jpeg", "\xff\xd8\xff\xe2\x00\x0eICC_PROFILE\0"s + kScan));
  // JFIF with a thumbnail of one pixel.
  EXPECT_TRUE(hides("image/jpeg", "\xff\xd8\xff\xe0\x00\x13JFIF\0\1\1\0\0\1\0\1\1\1rgb"s + kScan));
}

TEST(HiddenData, IsWhatStandsBehindAPicturesEnd) {
  EXPECT_TRUE(hides("image/jpeg", "\xff\xd8" + kJfif + kScan + "ftyp"));
  const std::string end = "\0\0\0\0IEND\xae\x42\x60\x82"s;
  EXPECT_FALSE(hides("image/png", "\x89PNG\r\n\x1a\n\0\0\0\1IDATxcrc!"s + end));
  EXPECT_TRUE(hides("image/png", "\x89PNG\r\n\x1a\n\0\0\0\1IDATxcrc!"s + end + "x"));
  EXPECT_FALSE(hides("image/gif", "GIF89a\1\0\1\0\0\0\0\x3b"s));
  EXPECT_TRUE(hides("image/gif", "GIF89a\1\0\1\0\0\0\0\x3b PK"s));
  EXPECT_TRUE(hides("image/webp", "RIFF\4\0\0\0WEBPmore"s));
}

TEST(HiddenData, IsAnyPngChunkOfText) {
  const std::string end = "\0\0\0\0IEND\xae\x42\x60\x82"s;
  for (const std::string type : {"tEXt", "iTXt", "zTXt", "eXIf", "iCCP", "tIME", "prVt"}) {
    EXPECT_TRUE(hides("image/png", "\x89PNG\r\n\x1a\n\0\0\0\1"s + type + "xcrc!" + end)) << type;
  }
}

TEST(HiddenData, IsAnyGifExtensionButTimesAndLoops) {
  const std::string head = "GIF89a\1\0\1\0\0\0\0"s;
  EXPECT_FALSE(hides("image/gif", head + "\x21\xf9\4\0\0\0\0\0\x21\xff\x0bNETSCAPE2.0\3\1\0\0\0\x3b"s));
  EXPECT_TRUE(hides("image/gif", head + "\x21\xfe\2hi\0\x3b"s));
  EXPECT_TRUE(hides("image/gif", head + "\x21\xff\x0bXMP DataXMP\1x\0\x3b"s));
}

TEST(HiddenData, IsAnyWebpChunkButPictures) {
  EXPECT_FALSE(hides("image/webp", "RIFF\x0e\0\0\0WEBPVP8L\2\0\0\0xx"s));
  EXPECT_TRUE(hides("image/webp", "RIFF\x0e\0\0\0WEBPEXIF\2\0\0\0xx"s));
  EXPECT_TRUE(hides("image/webp", "RIFF\x0e\0\0\0WEBPXMP \2\0\0\0xx"s));
}

TEST(HiddenData, IsTakenOutOfWebp) {
  const std::string file = "RIFF\x2e\0\0\0WEBPVP8X\x0a\0\0\0\x3e\0\0\0abcdefEXIF\3\0\0\0xyz\0VP8L\2\0\0\0xx"s;
  const ByteVector stripped = stripped_webp(as_bytes(file));
  EXPECT_EQ(as_text(stripped), "RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\x12\0\0\0abcdefVP8L\2\0\0\0xx"s);
  EXPECT_TRUE(stripped_webp(as_bytes(file.substr(0, file.size() - 1))).empty());
}

TEST(HiddenData, IsSupposedInEveryDamagedFile) {
  for (const auto* type : {"image/jpeg", "image/png", "image/gif", "image/webp", "image/heic"}) {
    EXPECT_TRUE(hides(type, "")) << type;
    EXPECT_TRUE(hides(type, "\xff\xd8\xff\xe0\xff\xff"s)) << type;
    EXPECT_TRUE(hides(type, "GIF89a")) << type;
  }
}

}  // namespace
}  // namespace parley::media_tool
