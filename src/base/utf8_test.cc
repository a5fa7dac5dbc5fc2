#include "base/utf8.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(Utf8, AcceptsEveryLength) {
  for (const std::string_view text : {"", "a", "plain ASCII, longer than eight", "\xc3\xa7", "\xe2\x82\xac",
                                      "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Utf8, RefusesOverlongSurrogateAndTooLargeForms) {
  for (const std::string_view text : {"\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(Utf8, RefusesCutAndStraySequences) {
  for (const std::string_view text :
       {"\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc3(", "\xe2\x82(", "12345678\x80"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

}  // namespace
}  // namespace parley
