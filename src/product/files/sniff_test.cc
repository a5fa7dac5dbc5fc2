#include "product/files/sniff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace parley::product::files {
namespace {

using namespace std::string_literals;

std::string as_utf16(std::string_view text, bool is_big) {
  std::string out = is_big ? "\xfe\xff" : "\xff\xfe";
  for (const char c : text) {
    if (is_big) out += '\0';
    out += c;
    if (!is_big) out += '\0';
  }
  return out;
}

TEST(Sniff, KnowsPicturesByTheirFirstBytes) {
  EXPECT_EQ(sniff("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\1"s), "image/png");
  EXPECT_EQ(sniff("\xff\xd8\xff\xe0\0\x10JFIF"s), "image/jpeg");
  EXPECT_EQ(sniff("GIF89a\1\0\1\0"s), "image/gif");
  EXPECT_EQ(sniff("RIFF\x24\0\0\0WEBPVP8L"s), "image/webp");
  EXPECT_EQ(sniff("\0\0\0\x1c"
                  "ftypavif\0\0\0\0avifmif1"s),
            "image/avif");
  EXPECT_EQ(sniff("\0\0\0\x1c"
                  "ftypmif1\0\0\0\0mif1avif"s),
            "image/avif");
  EXPECT_EQ(sniff("\0\0\0\x18"
                  "ftypheic\0\0\0\0mif1heic"s),
            "image/heic");
  EXPECT_EQ(sniff("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"s), "image/bmp");
  EXPECT_EQ(sniff("II*\0\x08\0\0\0"s), "image/tiff");
  EXPECT_EQ(sniff("MM\0*\0\0\0\x08"s), "image/tiff");
}

TEST(Sniff, KnowsSoundAndVideoByTheirContainers) {
  EXPECT_EQ(sniff("\0\0\0\x20"
                  "ftypisom\0\0\2\0isomiso2avc1mp41"s),
            "video/mp4");
  EXPECT_EQ(sniff("\0\0\0\x18"
                  "ftypM4A \0\0\2\0M4A isom"s),
            "audio/mp4");
  EXPECT_EQ(sniff("\0\0\0\x14"
                  "ftypqt  \0\0\2\0qt  "s),
            "video/quicktime");
  EXPECT_EQ(sniff("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm\x42\x87"s), "video/webm");
  EXPECT_EQ(sniff("\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska"s), "video/x-matroska");
  EXPECT_EQ(sniff("OggS"s + std::string(22, '\0') + "\1\x13OpusHead"), "audio/ogg");
  EXPECT_EQ(sniff("OggS"s + std::string(22, '\0') + "\1\x1e\1vorbis"), "audio/ogg");
  EXPECT_EQ(sniff("OggS"s + std::string(22, '\0') + "\1\x2a\x80theora"), "application/ogg");
  EXPECT_EQ(sniff("ID3\4\0\0\0\0\0\0"s), "audio/mpeg");
  EXPECT_EQ(sniff("RIFF\x24\0\0\0WAVEfmt "s), "audio/wav");
  EXPECT_EQ(sniff("fLaC\0\0\0\x22"s), "audio/flac");
}

TEST(Sniff, TakesAFrameForSoundOnlyWhenAnotherFollows) {
  const std::string mp3 = "\xff\xfb\x90\x00"s + std::string(413, '\0');  // 128 kb/s at 44.1 kHz: 417 bytes.
  EXPECT_EQ(sniff(mp3 + mp3), "audio/mpeg");
  EXPECT_EQ(sniff(mp3 + std::string(417, '\0')), "application/octet-stream");
  const std::string adts = "\xff\xf1\x50\x80\x02\x1f\xfc"s + std::string(9, '\1');  // 16 bytes.
  EXPECT_EQ(sniff(adts + adts), "audio/aac");
  EXPECT_EQ(sniff(adts + std::string(16, '\1')), "application/octet-stream");
}

TEST(Sniff, KnowsDocumentsAndArchives) {
  EXPECT_EQ(sniff("%PDF-1.7\n"), "application/pdf");
  EXPECT_EQ(sniff("PK\3\4\x14\0"s), "application/zip");
  EXPECT_EQ(sniff("\x1f\x8b\x08\0"s), "application/gzip");
}

TEST(Sniff, KnowsPlainTextInUtf8Only) {
  EXPECT_EQ(sniff("Salam, dünya: 3 < 4, a<bc, #include <vector>\n"), "text/plain");
  EXPECT_EQ(sniff("\xef\xbb\xbfsalam"), "text/plain");
  EXPECT_EQ(sniff("caf\xe9"), "application/octet-stream");
  EXPECT_EQ(sniff("one\1two"), "application/octet-stream");
  EXPECT_EQ(sniff(""), "application/octet-stream");
}

TEST(Sniff, DoesNotMindACharacterCutByTheEndOfTheHead) {
  const std::string text = std::string(kSniffBytes - 1, 'a') + "ə and more";
  EXPECT_EQ(sniff(text), "text/plain");
  EXPECT_EQ(sniff(std::string(10, 'a') + "\xc9"), "application/octet-stream");
}

TEST(Sniff, NeverTakesHtmlForTextOrAPicture) {
  const std::vector<std::string> pages{"<html>",
                                       "<!DOCTYPE html>",
                                       "<ScRiPt>alert(1)</script>",
                                       " \t\r\n<html >",
                                       "<!-- x --><body>",
                                       "\xef\xbb\xbf <script src=x>",
                                       "text first <iframe src=x>",
                                       "<a href=javascript:x>",
                                       "<img/src=x>",
                                       "<!--",
                                       as_utf16("<html>", false),
                                       as_utf16(" <!-- --><script>", true),
                                       as_utf16("<a href=x>", false)};
  for (const std::string& page : pages) EXPECT_EQ(sniff(page), "text/html") << page;
}

TEST(Sniff, NeverTakesSvgForTextOrAPicture) {
  const std::vector<std::string> pictures{"<svg>",
                                          "<?xml version='1.0'?><!-- a --><!DOCTYPE svg><svg xmlns='x'>",
                                          "\xef\xbb\xbf\n<SVG\n",
                                          "<x:svg xmlns:x='http://www.w3.org/2000/svg'>",
                                          as_utf16("<?xml?><svg>", true),
                                          as_utf16("<svg/>", false)};
  for (const std::string& picture : pictures) EXPECT_EQ(sniff(picture), "image/svg+xml") << picture;
  EXPECT_EQ(sniff("<?xml version='1.0'?><!--" + std::string(kSniffBytes, 'x')), "text/html");
  EXPECT_EQ(sniff("<?xml version='1.0'?>" + std::string(kSniffBytes, ' ') + "<svg>"), "text/xml");
  EXPECT_EQ(sniff(std::string(kSniffBytes, ' ') + "<svg>"), "application/octet-stream");
}

TEST(Sniff, ShowsNothingThatIsAPictureAndAPageAtOnce) {
  EXPECT_EQ(sniff("GIF89a/*<script>*/=1"), "application/octet-stream");
  EXPECT_EQ(sniff("\xff\xd8\xff\xfe\0\x10<html><body>"s), "application/octet-stream");
  EXPECT_EQ(sniff("ID3\3\0<svg onload=x>"s), "application/octet-stream");
}

TEST(IsInline, HoldsForTheListOnly) {
  for (const auto* type : {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "video/mp4",
                           "video/webm", "audio/webm", "audio/ogg", "audio/mp4", "audio/mpeg", "audio/wav"}) {
    EXPECT_TRUE(is_inline(type)) << type;
  }
  for (const auto* type : {"image/svg+xml", "text/html", "text/plain", "text/xml", "application/pdf", "image/heic",
                           "image/tiff", "image/bmp", "application/octet-stream", "", "image/png; x=y"}) {
    EXPECT_FALSE(is_inline(type)) << type;
  }
}

}  // namespace
}  // namespace parley::product::files
