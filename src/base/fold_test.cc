#include "base/fold.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "base/utf8.h"

namespace parley {
namespace {

TEST(Fold, MakesTheFourLettersIOne) {
  for (const char* letter : {"I", "İ", "ı", "i", "I\u0307", "i\u0307"}) EXPECT_EQ(fold(letter), "i") << letter;
}

TEST(Fold, FindsTurkishAndAzerbaijaniWordsInAnyCase) {
  EXPECT_EQ(fold("ISPARTA"), fold("ısparta"));
  EXPECT_EQ(fold("IĞDIR"), fold("ığdır"));
  EXPECT_EQ(fold("İSTANBUL"), "istanbul");
  EXPECT_EQ(fold("Şəki"), "seki");
  EXPECT_EQ(fold("GƏNCƏ"), "gence");
  EXPECT_EQ(fold("Çiğdem ÖZGÜR"), "cigdem ozgur");
}

TEST(Fold, TakesALetterInTwoPartsForTheSame) {
  EXPECT_EQ(fold("s\u0327eki"), fold("şeki"));
  EXPECT_EQ(fold("go\u0308l"), fold("göl"));
  EXPECT_EQ(fold("dag\u0306"), fold("dağ"));
  EXPECT_EQ(fold("u\u0308c\u0327"), fold("üç"));
}

TEST(Fold, TakesLookAlikesOfTheseLettersForThem) {
  EXPECT_EQ(fold("ǝli"), fold("əli"));
  EXPECT_EQ(fold("șeki"), fold("şəki"));
}

TEST(Fold, LowersLatinGreekAndCyrillic) {
  EXPECT_EQ(fold("ÀÉÑØÞ×"), "àéñøþ×");
  EXPECT_EQ(fold("ŁÓDŹŸ"), "łódźÿ");
  EXPECT_EQ(fold("ΆΣΩς"), "άσωσ");
  EXPECT_EQ(fold("ЁЖИКӘҒӮ"), "ёжикәғӯ");
}

TEST(Fold, LeavesEverythingElseAlone) {
  EXPECT_EQ(fold("a_b-1.2 東京 🎧"), "a_b-1.2 東京 🎧");
  EXPECT_EQ(fold(""), "");
}

TEST(Fold, KeepsOtherAccentsApart) {
  EXPECT_NE(fold("é"), fold("e"));
  EXPECT_NE(fold("а"), fold("a"));  // Cyrillic and Latin.
}

TEST(Fold, IsTheSameWhenDoneTwiceAndAlwaysUtf8) {
  SeededRng rng(7);
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (size_t length = rng.below(12); length > 0; --length) {
      if (rng.below(10) == 0) {
        text += static_cast<char>(rng.below(256));
      } else {
        append_code_point(text, static_cast<char32_t>(rng.below(0x600)));
      }
    }
    const std::string once = fold(text);
    ASSERT_EQ(fold(once), once);
    ASSERT_TRUE(is_utf8(once));
  }
}

TEST(CodePoints, ComeApartAndTogetherAgain) {
  const std::string text = "aıə€🎧";
  std::string_view rest = text;
  std::string out;
  while (const auto code = take_code_point(rest)) append_code_point(out, *code);
  EXPECT_EQ(out, text);
}

TEST(CodePoints, BrokenBytesBecomeReplacements) {
  std::string_view rest = "\xc3";
  EXPECT_EQ(take_code_point(rest), char32_t{0xfffd});
  EXPECT_TRUE(rest.empty());
}

}  // namespace
}  // namespace parley
