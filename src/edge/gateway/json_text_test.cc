#include "edge/gateway/json_text.h"

#include <gtest/gtest.h>

namespace parley::gateway {
namespace {

using Items = std::vector<std::string_view>;

TEST(JsonText, SplitsAnArrayIntoTheTextsOfItsItems) {
  EXPECT_EQ(split_json_array(R"(["a", {"b":[1,2]} ,null,-1.5e+3])", 0),
            (Items{R"("a")", R"({"b":[1,2]})", "null", "-1.5e+3"}));
  EXPECT_EQ(split_json_array(" [ ] ", 0), Items{});
}

TEST(JsonText, RefusesWhatIsNoJson) {
  for (const char* text :
       {"",        "{}",           "[",     "[1",    "[1,]",      "[,1]",          "[01]",     "[1.]",
        "[.5]",    "[1e]",         "[tru]", "[\"a]", "[\"\\x\"]", "[\"\\u12g4\"]", "[\"\n\"]", "[{\"a\"}]",
        "[{a:1}]", "[{\"a\":1,}]", "[1]x",  "[nul]", "['a']",     "[+1]"}) {
    EXPECT_FALSE(split_json_array(text, 0)) << text;
  }
}

TEST(JsonText, StopsAtTheLimitsOfDepthAndCount) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(split_json_array(nested(kMaxJsonDepth), 0));
  EXPECT_FALSE(split_json_array(nested(kMaxJsonDepth + 1), 0));
  std::string many = "[0";
  for (size_t i = 1; i < kMaxArguments; ++i) many += ",0";
  EXPECT_TRUE(split_json_array(many + "]", 0));
  EXPECT_FALSE(split_json_array(many + ",0]", 0));
}

TEST(JsonText, LetsPlaceholdersPointOnlyAtWhatIsThere) {
  EXPECT_TRUE(split_json_array(R"([{"_placeholder":true,"num":1}])", 2));
  EXPECT_FALSE(split_json_array(R"([{"_placeholder":true,"num":2}])", 2));
  EXPECT_FALSE(split_json_array(R"([{"deep":[{"num": 7 , "_placeholder" : true }]}])", 2));
  EXPECT_FALSE(split_json_array(R"([{"_placeholder":true}])", 1));
  EXPECT_FALSE(split_json_array(R"([{"_placeholder":true,"num":-1}])", 1));
  EXPECT_FALSE(split_json_array(R"([{"\u005fplaceholder":true,"num":9}])", 1));
  EXPECT_TRUE(split_json_array(R"([{"_placeholder":false,"num":9}])", 1));
  EXPECT_TRUE(split_json_array(R"([{"_placeholder":true,"num":9}])", 0)) << "plain data without attachments";
}

TEST(JsonText, DecodesStringsAsJavaScriptWritesThem) {
  EXPECT_EQ(decode_json_string(R"("a\"\\\/\b\f\n\r\tz")"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(decode_json_string(R"("\u0041\u00e9\u20ac\ud83d\ude00")"), "Aé€😀");
  EXPECT_EQ(decode_json_string(R"("\ud83dx")"), "\xef\xbf\xbdx");
  EXPECT_EQ(decode_json_string(R"("\udc00")"), "\xef\xbf\xbd");
}

TEST(JsonText, FindsATopLevelMember) {
  const char* text = R"({"a":{"pid":"inner"},"p\u0069d":"x","n":1})";
  EXPECT_EQ(find_json_string(text, "pid"), "x");
  EXPECT_FALSE(find_json_string(text, "n"));
  EXPECT_FALSE(find_json_string(text, "b"));
  EXPECT_FALSE(find_json_string(R"({"pid":"x","pid":1})", "pid"));
}

}  // namespace
}  // namespace parley::gateway
