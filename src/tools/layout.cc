#include "tools/layout.h"

#include <algorithm>

namespace parley::tools {

std::optional<Layout> parse_layout(std::string_view text) {
  if (text == "speaker") return Layout::kSpeaker;
  if (text == "3x3") return Layout::kGrid3x3;
  if (text == "4x4") return Layout::kGrid4x4;
  if (text == "5x5") return Layout::kGrid5x5;
  return std::nullopt;
}

size_t max_participants(Layout layout) {
  switch (layout) {
    case Layout::kSpeaker:
      return 6;
    case Layout::kGrid3x3:
      return 9;
    case Layout::kGrid4x4:
      return 16;
    case Layout::kGrid5x5:
      return 25;
  }
  return 0;
}

TileDimensions dimensions(TileSize size) {
  switch (size) {
    case TileSize::kOff:
      return {};
    case TileSize::k180p:
      return {320, 180};
    case TileSize::k360p:
      return {640, 360};
    case TileSize::k720p:
      return {1280, 720};
  }
  return {};
}

bool Screen::admits(const std::string& participant) {
  if (tiles_.contains(participant)) return true;
  if (tiles_.size() >= max_participants(layout_)) return false;
  tiles_[participant] = TileSize::kOff;
  return true;
}

TileSize Screen::place_video(const std::string& participant) {
  TileSize& tile = tiles_[participant];
  if (tile == TileSize::kOff) tile = decide_size();
  return tile;
}

size_t Screen::count(TileSize size) const {
  return static_cast<size_t>(std::ranges::count_if(tiles_, [size](const auto& t) { return t.second == size; }));
}

TileSize Screen::decide_size() const {
  switch (layout_) {
    case Layout::kSpeaker:
      return count(TileSize::k720p) == 0 ? TileSize::k720p : TileSize::k180p;
    case Layout::kGrid3x3:
      return TileSize::k360p;
    case Layout::kGrid4x4:
    case Layout::kGrid5x5:
      return TileSize::k180p;
  }
  return TileSize::kOff;
}

}  // namespace parley::tools
