#include "tools/layout.h"

#include <gtest/gtest.h>

namespace parley::tools {
namespace {

std::vector<TileSize> place(Layout layout, size_t participants) {
  Screen screen(layout);
  std::vector<TileSize> sizes;
  for (size_t i = 0; i < participants; ++i) {
    const std::string name = "p" + std::to_string(i);
    if (screen.admits(name)) sizes.push_back(screen.place_video(name));
  }
  return sizes;
}

TEST(Screen, ShowsOneSpeakerLargeAndFiveSmall) {
  using enum TileSize;
  EXPECT_EQ(place(Layout::kSpeaker, 10), (std::vector{k720p, k180p, k180p, k180p, k180p, k180p}));
}

TEST(Screen, ShowsAGridOfEqualTiles) {
  EXPECT_EQ(place(Layout::kGrid3x3, 20), std::vector(9, TileSize::k360p));
  EXPECT_EQ(place(Layout::kGrid4x4, 20), std::vector(16, TileSize::k180p));
  EXPECT_EQ(place(Layout::kGrid5x5, 30), std::vector(25, TileSize::k180p));
}

TEST(Screen, GivesAPlaceThatBecameFreeToTheNext) {
  Screen screen(Layout::kSpeaker);
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(screen.admits(std::to_string(i)));
  EXPECT_EQ(screen.place_video("0"), TileSize::k720p);
  EXPECT_FALSE(screen.admits("late"));
  screen.remove("0");
  EXPECT_TRUE(screen.admits("late"));
  EXPECT_EQ(screen.place_video("late"), TileSize::k720p);
}

TEST(Screen, KeepsTheSizeOfATile) {
  Screen screen(Layout::kSpeaker);
  ASSERT_TRUE(screen.admits("a"));
  EXPECT_EQ(screen.place_video("a"), TileSize::k720p);
  EXPECT_EQ(screen.place_video("a"), TileSize::k720p);
}

TEST(ParseLayout, KnowsTheNamesOfLk) {
  EXPECT_EQ(parse_layout("speaker"), Layout::kSpeaker);
  EXPECT_EQ(parse_layout("5x5"), Layout::kGrid5x5);
  EXPECT_EQ(parse_layout("6x6"), std::nullopt);
}

}  // namespace
}  // namespace parley::tools
