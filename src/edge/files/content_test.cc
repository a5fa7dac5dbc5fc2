#include "edge/files/content.h"

#include <gtest/gtest.h>

namespace parley::files_api {
namespace {

void expect_part(std::string_view header, uint64_t first, uint64_t size) {
  const RangeAnswer answer = decide_range(header, 1000);
  EXPECT_EQ(answer.verdict, RangeVerdict::kPart) << header;
  EXPECT_EQ(answer.range.first, first) << header;
  EXPECT_EQ(answer.range.size, size) << header;
}

// The examples of RFC 9110 section 14.1.2 among them.
TEST(Ranges, GiveTheBytesThatAreAskedFor) {
  expect_part("bytes=0-499", 0, 500);
  expect_part("bytes=500-", 500, 500);
  expect_part("bytes=-500", 500, 500);
  expect_part("bytes=999-999", 999, 1);
  expect_part("bytes=500-9999", 500, 500);
  expect_part("bytes=-9999", 0, 1000);
}

TEST(Ranges, ThatAreNotUnderstoodGiveEverything) {
  for (const char* header : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=0-1,5-6", "items=0-1",
                             "bytes=0-1-2", "bytes= 0-1"})
    EXPECT_EQ(decide_range(header, 1000).verdict, RangeVerdict::kWhole) << header;
}

TEST(Ranges, OutsideOfTheFileAreRefused) {
  for (const char* header : {"bytes=1000-", "bytes=1000-1001", "bytes=-0"})
    EXPECT_EQ(decide_range(header, 1000).verdict, RangeVerdict::kUnsatisfiable) << header;
  EXPECT_EQ(decide_range("bytes=0-", 0).verdict, RangeVerdict::kUnsatisfiable);
}

TEST(Dispositions, CarryAnyNameSafely) {
  EXPECT_EQ(content_disposition(Disposition::kInline, "a.png"), "inline; filename=\"a.png\"");
  EXPECT_EQ(content_disposition(Disposition::kAttachment, "ğ a.png"),
            "attachment; filename=\"_ a.png\"; filename*=UTF-8''%C4%9F%20a.png");
  EXPECT_EQ(content_disposition(Disposition::kAttachment, "a\"; x=\"b\\"),
            "attachment; filename=\"a_; x=_b_\"; filename*=UTF-8''a%22%3B%20x%3D%22b%5C");
}

}  // namespace
}  // namespace parley::files_api
