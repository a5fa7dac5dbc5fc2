#include "product/chat/text.h"

#include <gtest/gtest.h>

namespace parley::product::chat {
namespace {

TEST(NormalForm, JoinsWhatIsWrittenInTwo) {
  EXPECT_EQ(to_nfc("plain"), "plain");
  EXPECT_EQ(to_nfc("I\u0307stanbul g\u0306"), "İstanbul ğ");
  EXPECT_EQ(to_nfc("\U0001F600 e\u0301"), "\U0001F600 é") << "beyond 16 bits";
  EXPECT_EQ(to_nfc("é"), "é");
}

TEST(Words, AreTheSameForWhatPeopleTakeForTheSame) {
  EXPECT_EQ(searchable("ISPARTA"), searchable("ısparta"));
  EXPECT_EQ(searchable("IĞDIR"), searchable("ığdır"));
  EXPECT_EQ(searchable("Şəki'də, GƏNCƏ!"), "seki de gence");
  EXPECT_EQ(searchable("İSTANBUL"), "istanbul");
  EXPECT_EQ(searchable("  --  "), "");
}

TEST(Words, ArePartedByPunctuationOfAnyScriptAndNeverTooLong) {
  EXPECT_EQ(words_of("a,b…c“d”e—f　g"), (std::vector<std::string>{"a", "b", "c", "d", "e", "f", "g"}));
  EXPECT_EQ(words_of("x1_y2"), (std::vector<std::string>{"x1", "y2"}));
  EXPECT_EQ(count_code_points(searchable(std::string(4000, 'a'))), kMaxWord);
}

TEST(Words, HoldNothingThatAQueryCouldTakeForItsOwn) {
  for (char c = 1; c < 0x7f; ++c) {
    const std::string found = searchable(std::string("a") + c + "b");
    for (const char bad : std::string("\"'\\*&|!():<>^~-+.,;%_")) EXPECT_FALSE(found.contains(bad)) << int{c};
  }
}

TEST(Links, AreThoseOfTheWeb) {
  EXPECT_TRUE(has_link("see https://example.com/a"));
  EXPECT_TRUE(has_link("http://örnek.com"));
  EXPECT_FALSE(has_link("https:// and http:/x and example.com"));
}

TEST(Calls, AreIdsNamesAndAll) {
  const Calls calls = find_calls("<@0198-a> @Ayşe. (@bora_2) @everyone");
  EXPECT_EQ(calls.ids, std::vector<std::string>{"0198-a"});
  EXPECT_EQ(calls.names, (std::vector<std::string>{"ayse", "bora_2"}));
  EXPECT_EQ(calls.all, MentionAll::kEveryone);
}

TEST(Calls, AreNoAddressesOfMailAndNoHalves) {
  const Calls calls = find_calls("mail@example.com <@ <@> @ @@x <@a b> ...");
  EXPECT_TRUE(calls.ids.empty());
  EXPECT_TRUE(calls.names.empty() || calls.names == std::vector<std::string>{"a"});
  EXPECT_EQ(calls.all, MentionAll::kNone);
}

TEST(Calls, OfOneMessageAreBounded) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "<@" + std::to_string(i) + ">@n" + std::to_string(i) + " ";
  const Calls calls = find_calls(text);
  EXPECT_EQ(calls.ids.size(), kMaxMentions);
  EXPECT_EQ(calls.names.size(), kMaxMentions);
}

TEST(Emoji, AreToldFromText) {
  for (const char* good : {"👍", "👍🏽", "❤️", "👩‍💻", "🇦🇿", "3️⃣", "☕", ":parley:", ":a_1:", "✅"})
    EXPECT_TRUE(is_emoji(good)) << good;
  for (const char* bad : {"", "a", "1", "ə", "👍a", ":A:", "::", ": :", " ", "\u200d", "<b>", "漢"})
    EXPECT_FALSE(is_emoji(bad)) << bad;
}

TEST(Blank, IsWhatShowsNothing) {
  EXPECT_TRUE(is_blank(" \n\u200b\u2003\ufeff"));
  EXPECT_FALSE(is_blank("\u200b."));
}

TEST(Beginning, CutsBetweenCodePoints) {
  EXPECT_EQ(beginning("şəki", 2), "şə");
  EXPECT_EQ(beginning("ab", 5), "ab");
}

}  // namespace
}  // namespace parley::product::chat
