#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace parley::tools {

/// What a subscriber shows: whose tracks it takes, and how large. The numbers are those of `lk perf load-test`.
enum class Layout : uint8_t {
  kSpeaker,  ///< One at 1280x720, five at 320x180.
  kGrid3x3,  ///< Nine at 640x360.
  kGrid4x4,  ///< Sixteen at 320x180.
  kGrid5x5,  ///< Twenty-five at 320x180.
};
std::optional<Layout> parse_layout(std::string_view text);
/// Participants whose tracks a subscriber takes.
size_t max_participants(Layout layout);

enum class TileSize : uint8_t { kOff, k180p, k360p, k720p };
struct TileDimensions {
  uint32_t width = 0;
  uint32_t height = 0;
};
TileDimensions dimensions(TileSize size);

/// One subscriber's screen: gives each participant a place, first come, first served. Owner: a Tester.
class Screen {
 public:
  explicit Screen(Layout layout) : layout_(layout) {}

  /// True when the tracks of `participant` shall be subscribed to.
  bool admits(const std::string& participant);
  void remove(const std::string& participant) { tiles_.erase(participant); }
  /// The size at which an admitted participant's video is wanted.
  TileSize place_video(const std::string& participant);

 private:
  size_t count(TileSize size) const;
  TileSize decide_size() const;

  Layout layout_;
  std::map<std::string, TileSize> tiles_;  ///< kOff until video comes.
};

}  // namespace parley::tools
