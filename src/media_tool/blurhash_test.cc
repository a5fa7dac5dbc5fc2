// SPDX-License-Identifier: GPL-2.0-or-later
#include "media_tool/blurhash.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>

namespace parley::media_tool {
namespace {

using Pixel = std::array<uint8_t, 3>;

RgbPicture painted(size_t width, size_t height, const std::function<Pixel(size_t x, size_t y)>& colour) {
  RgbPicture picture{.width = width, .height = height, .bytes = {}};
  for (size_t y = 0; y < height; ++y) {
    for (size_t x = 0; x < width; ++x) {
      for (const uint8_t part : colour(x, y)) picture.bytes.push_back(part);
    }
  }
  return picture;
}

// The expected texts were computed by a program of 40 lines of Python, written from Algorithm.md apart from this code.

TEST(Blurhash, OfAGradient) {
  EXPECT_EQ(make_blurhash(painted(32, 32,
                                  [](size_t x, size_t y) {
                                    return Pixel{static_cast<uint8_t>(x * 8), static_cast<uint8_t>(y * 8), 128};
                                  })),
            "LxH2cX2swxX8l}WDjte;gJfjfQfj");
}

TEST(Blurhash, OfTwoHalves) {
  EXPECT_EQ(make_blurhash(painted(16, 9, [](size_t x, size_t) { return x < 7 ? Pixel{255, 0, 0} : Pixel{0, 0, 255}; })),
            "L~KN:?|T,SSSw%sRn~a~fQfQfQfQ");
}

TEST(Blurhash, OfOneColourInASmallPicture) {
  EXPECT_EQ(make_blurhash(painted(5, 7, [](size_t, size_t) { return Pixel{100, 150, 200}; })),
            "LbBh]8yZfQyZyFogfQogfQfQfQfQ");
}

TEST(Blurhash, IsEmptyWithoutPixels) {
  EXPECT_EQ(make_blurhash({}), "");
  EXPECT_EQ(make_blurhash({.width = 3, .height = 3, .bytes = ByteVector(26)}), "");
}

}  // namespace
}  // namespace parley::media_tool
