// SPDX-License-Identifier: GPL-2.0-or-later
#include "media_tool/blurhash.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace parley::media_tool {
namespace {

constexpr size_t kColumns = 4;
constexpr size_t kRows = 3;
/// Of an 83-digit number's three digits: the largest factor is stored in 0..82.
constexpr double kMaxLevel = 82;

struct Colour {
  double red = 0;
  double green = 0;
  double blue = 0;
};

/// IEC 61966-2-1.
double to_linear(uint8_t value) {
  const double v = value / 255.0;
  return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
}
uint32_t to_srgb(double value) {
  const double v = std::clamp(value, 0.0, 1.0);
  const double encoded = v <= 0.0031308 ? v * 12.92 : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
  return static_cast<uint32_t>(std::lround(encoded * 255));
}

/// `value` as `digits` characters, the highest first.
void append_base83(std::string& out, uint32_t value, size_t digits) {
  static constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
  static_assert(kDigits.size() == 83);
  std::string reversed;
  for (size_t i = 0; i < digits; ++i, value /= 83) reversed += kDigits[value % 83];
  out.append(reversed.rbegin(), reversed.rend());
}

/// The picture's part in one cosine wave.
Colour factor_of(const RgbPicture& picture, const std::array<double, 256>& linear, size_t column, size_t row) {
  Colour sum;
  for (size_t y = 0; y < picture.height; ++y) {
    const double down = std::cos(std::numbers::pi * static_cast<double>(row * y) / static_cast<double>(picture.height));
    for (size_t x = 0; x < picture.width; ++x) {
      const double across =
          std::cos(std::numbers::pi * static_cast<double>(column * x) / static_cast<double>(picture.width));
      const uint8_t* pixel = &picture.bytes[(y * picture.width + x) * 3];
      sum.red += across * down * linear.at(pixel[0]);
      sum.green += across * down * linear.at(pixel[1]);
      sum.blue += across * down * linear.at(pixel[2]);
    }
  }
  const double scale = (column == 0 && row == 0 ? 1.0 : 2.0) / static_cast<double>(picture.width * picture.height);
  return {sum.red * scale, sum.green * scale, sum.blue * scale};
}

/// 0..18 of a factor within +-`maximum`, with more steps near zero.
uint32_t level_of(double factor, double maximum) {
  const double v = factor / maximum;
  return static_cast<uint32_t>(std::clamp(std::floor(std::copysign(std::sqrt(std::abs(v)), v) * 9 + 9.5), 0.0, 18.0));
}

}  // namespace

std::string make_blurhash(const RgbPicture& picture) {
  if (picture.width == 0 || picture.height == 0 || picture.bytes.size() < picture.width * picture.height * 3) return {};
  std::array<double, 256> linear{};
  for (size_t i = 0; i < linear.size(); ++i) linear.at(i) = to_linear(static_cast<uint8_t>(i));
  std::array<Colour, kColumns * kRows> factors{};
  double largest = 0;
  for (size_t i = 0; i < factors.size(); ++i) {
    const Colour factor = factor_of(picture, linear, i % kColumns, i / kColumns);
    factors.at(i) = factor;
    if (i > 0) largest = std::max({largest, std::abs(factor.red), std::abs(factor.green), std::abs(factor.blue)});
  }
  const auto level = static_cast<uint32_t>(std::clamp(std::floor(largest * 166 - 0.5), 0.0, kMaxLevel));
  const double maximum = (level + 1) / 166.0;

  std::string out;
  append_base83(out, (kColumns - 1) + (kRows - 1) * 9, 1);
  append_base83(out, level, 1);
  const Colour& average = factors.front();
  append_base83(out, to_srgb(average.red) << 16U | to_srgb(average.green) << 8U | to_srgb(average.blue), 4);
  for (size_t i = 1; i < factors.size(); ++i) {
    const Colour& factor = factors.at(i);
    append_base83(
        out,
        level_of(factor.red, maximum) * 19 * 19 + level_of(factor.green, maximum) * 19 + level_of(factor.blue, maximum),
        2);
  }
  return out;
}

}  // namespace parley::media_tool
