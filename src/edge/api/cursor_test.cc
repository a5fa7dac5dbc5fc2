#include "edge/api/cursor.h"

#include <gtest/gtest.h>

namespace parley::api {
namespace {

TEST(Cursor, OpensWhatItSealed) {
  const CursorSealer sealer("0123456789abcdef");
  for (const std::string& position : {std::string("42"), std::string(), std::string("a\0b", 3)}) {
    EXPECT_EQ(sealer.open("members", sealer.seal("members", position)), position);
  }
}

TEST(Cursor, BelongsToOneListing) {
  const CursorSealer sealer("0123456789abcdef");
  EXPECT_EQ(sealer.open("ab", sealer.seal("a", "bc")), std::nullopt);
  EXPECT_EQ(sealer.open("a", sealer.seal("ab", "c")), std::nullopt);
}

TEST(Cursor, CannotBeMadeOrChanged) {
  const CursorSealer sealer("0123456789abcdef");
  const std::string good = sealer.seal("members", "42");
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(sealer.open("members", bad), std::nullopt) << i;
  }
  EXPECT_EQ(CursorSealer("another key, 16 bytes").open("members", good), std::nullopt);
  EXPECT_EQ(sealer.open("members", ""), std::nullopt);
  EXPECT_EQ(sealer.open("members", "!!"), std::nullopt);
}

}  // namespace
}  // namespace parley::api
