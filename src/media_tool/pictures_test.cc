// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <vips/vips.h>

#include <array>

#include "base/rng.h"
#include "media_tool/hidden_data.h"
#include "media_tool/test_tool.h"

/// The encoder that makes this test's HEIC leaks; the tool never calls it.
extern "C" const char* __lsan_default_suppressions() { return "leak:libx265"; }

namespace parley::media_tool {
namespace {

using namespace std::string_literals;

const std::array<std::string, 5> kTypes{"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"};

/// Makes pictures with libvips, in this process and outside of any sandbox.
class Pictures : public ToolTest {
 protected:
  static void SetUpTestSuite() { ASSERT_EQ(vips_init("media_tool_test"), 0); }

  struct Wish {
    int width = 400;
    int height = 300;
    int frames = 1;
    std::string comment;  ///< As XMP.
  };

  /// Left red, right blue.
  static std::string picture(const std::string& type, const Wish& wish) {
    const int rows = wish.height * wish.frames;
    ByteVector bytes;
    for (int y = 0; y < rows; ++y) {
      for (int x = 0; x < wish.width; ++x) {
        const bool is_left = x < wish.width / 2;
        // A little different in each frame.
        const auto shade = static_cast<uint8_t>(y / wish.height * 10);
        bytes.insert(bytes.end(), {uint8_t(is_left ? 250 : 0), shade, uint8_t(is_left ? 0 : 250)});
      }
    }
    VipsImage* raw = vips_image_new_from_memory(bytes.data(), bytes.size(), wish.width, rows, 3, VIPS_FORMAT_UCHAR);
    VipsImage* image = nullptr;
    EXPECT_EQ(vips_copy(raw, &image, "interpretation", VIPS_INTERPRETATION_sRGB, nullptr), 0);
    if (wish.frames > 1) vips_image_set_int(image, "page-height", wish.height);
    if (!wish.comment.empty()) {
      vips_image_set_blob_copy(image, VIPS_META_XMP_NAME, wish.comment.data(), wish.comment.size());
      vips_image_set_string(image, "gif-comment", wish.comment.c_str());
    }
    const std::string out = saved(type, image, wish.comment.empty());
    g_object_unref(image);
    g_object_unref(raw);
    return out;
  }
  static std::string picture(const std::string& type) { return picture(type, {}); }

  static std::string saved(const std::string& type, VipsImage* image, bool strips) {
    void* data = nullptr;
    size_t size = 0;
    const gboolean strip = strips ? TRUE : FALSE;
    int result = -1;
    if (type == "image/jpeg") result = vips_jpegsave_buffer(image, &data, &size, "strip", strip, nullptr);
    if (type == "image/png") result = vips_pngsave_buffer(image, &data, &size, "strip", strip, nullptr);
    if (type == "image/gif") result = vips_gifsave_buffer(image, &data, &size, "strip", strip, nullptr);
    if (type == "image/webp") result = vips_webpsave_buffer(image, &data, &size, "strip", strip, nullptr);
    if (type == "image/heic") {
      result = vips_heifsave_buffer(image, &data, &size, "compression", VIPS_FOREIGN_HEIF_COMPRESSION_HEVC, nullptr);
    }
    if (type == "image/avif") {
      result = vips_heifsave_buffer(image, &data, &size, "compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "effort", 0,
                                    "strip", strip, nullptr);
    }
    EXPECT_EQ(result, 0) << type << vips_error_buffer();
    std::string out(static_cast<const char*>(data), size);
    g_free(data);
    // Libvips strips WebP of nothing.
    return strips && type == "image/webp" ? std::string(as_text(stripped_webp(as_bytes(out)))) : out;
  }

  struct Look {
    int width = 0;
    int height = 0;
    int frames = 0;
    std::vector<double> corner;  ///< The colour near the upper left.
  };
  static Look look_at(const std::string& file) {
    VipsImage* image = vips_image_new_from_buffer(file.data(), file.size(), "", nullptr);
    if (image == nullptr) return {};
    Look look{.width = vips_image_get_width(image),
              .height = vips_image_get_height(image),
              .frames = vips_image_get_n_pages(image),
              .corner = {}};
    double* values = nullptr;
    int count = 0;
    if (vips_getpoint(image, &values, &count, 5, 5, nullptr) == 0) look.corner.assign(values, values + count);
    g_free(values);
    g_object_unref(image);
    return look;
  }
  static bool is_red(const std::vector<double>& pixel) { return pixel.size() >= 3 && pixel[0] > 200 && pixel[2] < 60; }
  static bool is_blue(const std::vector<double>& pixel) { return pixel.size() >= 3 && pixel[0] < 60 && pixel[2] > 200; }
};

/// An EXIF segment of our own making: orientation, and a GPS directory with a latitude.
std::string exif_with_gps(char orientation) {
  // TIFF, big-endian; IFD0 at 8 with two entries, the GPS IFD at 38 with two.
  const std::string tiff = "MM\0*\0\0\0\x08"s +                                                    //
                           "\0\2"s + "\x01\x12\0\3\0\0\0\1\0"s + orientation + "\0\0"s +           // Orientation
                           "\x88\x25\0\4\0\0\0\1\0\0\0\x26"s + "\0\0\0\0"s +                       // GPS IFD at 38
                           "\0\2"s + "\0\1\0\2\0\0\0\2N\0\0\0"s + "\0\2\0\5\0\0\0\3\0\0\0\x44"s +  // latitude at 68
                           "\0\0\0\0"s +                                                           //
                           "\0\0\0\x29\0\0\0\1\0\0\0\x18\0\0\0\1\0\0\0\x31\0\0\0\1"s;              // 41° 24' 49"
  const std::string body = "Exif\0\0"s + tiff;
  return "\xff\xe1"s + static_cast<char>((body.size() + 2) >> 8U) + static_cast<char>((body.size() + 2) & 0xffU) + body;
}

/// A PNG chunk with its checksum.
std::string png_chunk(const std::string& type, const std::string& body) {
  uint32_t crc = 0xffffffff;
  for (const char c : type + body) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? crc >> 1U ^ 0xedb88320U : crc >> 1U;
  }
  const auto number = [](uint32_t value) {
    return std::string{static_cast<char>(value >> 24U), static_cast<char>(value >> 16U), static_cast<char>(value >> 8U),
                       static_cast<char>(value)};
  };
  return number(static_cast<uint32_t>(body.size())) + type + body + number(~crc);
}

TEST_F(Pictures, OfAllFormatsAreMeasuredAndHaveABlurhash) {
  for (const std::string& type : kTypes) {
    const auto facts = examine(picture(type));
    ASSERT_TRUE(facts.has_value()) << type << facts.error().detail;
    EXPECT_EQ(facts->kind, product::MediaKind::kImage);
    EXPECT_EQ(facts->content_type, type);
    EXPECT_EQ(facts->width, 400) << type;
    EXPECT_EQ(facts->height, 300) << type;
    EXPECT_EQ(facts->blurhash.size(), 28U) << type;
  }
}

TEST_F(Pictures, HaveStillsOnlyWhereTheyAreLarger) {
  const auto tiny = examine(picture("image/png", {.width = 320, .height = 200}));
  ASSERT_TRUE(tiny.has_value());
  EXPECT_TRUE(tiny->derived.empty());
  const auto large = examine(picture("image/png", {.width = 700, .height = 2000}));
  const DerivedFile* small_still = find(large, DerivedRole::kSmall);
  const DerivedFile* large_still = find(large, DerivedRole::kLarge);
  ASSERT_TRUE(small_still != nullptr && large_still != nullptr);
  EXPECT_EQ(small_still->content_type, "image/webp");
  EXPECT_EQ(small_still->height, 320);
  EXPECT_EQ(small_still->width, 112);
  EXPECT_EQ(large_still->height, 1280);
  EXPECT_EQ(large_still->width, 448);
  EXPECT_EQ(look_at(derived(large, DerivedRole::kLarge)).height, 1280);
  EXPECT_TRUE(is_red(look_at(derived(large, DerivedRole::kSmall)).corner));
}

TEST_F(Pictures, FromCamerasLoseThePlaceAndAreTurned) {
  std::string photo = picture("image/jpeg");
  photo.insert(2, exif_with_gps(6));  // To be turned a quarter clockwise: red comes to the top.
  const auto facts = examine(photo);
  ASSERT_TRUE(facts.has_value()) << facts.error().detail;
  EXPECT_EQ(facts->width, 300);
  EXPECT_EQ(facts->height, 400);
  const std::string clean = derived(facts, DerivedRole::kClean);
  ASSERT_FALSE(clean.empty());
  EXPECT_FALSE(has_hidden_data("image/jpeg", as_bytes(clean)));
  EXPECT_THAT(clean, ::testing::Not(::testing::HasSubstr("Exif")));
  const std::string still = derived(facts, DerivedRole::kSmall);
  ASSERT_FALSE(still.empty());
  EXPECT_FALSE(has_hidden_data("image/webp", as_bytes(still)));
  const Look look = look_at(clean);
  EXPECT_EQ(look.width, 300);
  EXPECT_EQ(look.height, 400);
  EXPECT_TRUE(is_red(look.corner));
  // The other way round, so that the test sees what it says.
  photo = picture("image/jpeg");
  photo.insert(2, exif_with_gps(8));
  EXPECT_TRUE(is_blue(look_at(derived(examine(photo), DerivedRole::kClean)).corner));
}

TEST_F(Pictures, OfAllFormatsLoseTheirMetadata) {
  for (const std::string& type : kTypes) {
    const std::string comment = "<x:xmpmeta>Where Ada lives</x:xmpmeta>";
    std::string file = picture(type, {.comment = comment});
    // Libvips writes none into GIF: a comment extension before the end.
    if (type == "image/gif") file.insert(file.size() - 1, "\x21\xfe\x0fWhere Ada lives\0"s);
    // Into PNG it writes them packed.
    if (type == "image/png") file.insert(file.size() - 12, png_chunk("tEXt", "Comment\0Where Ada lives"s));
    ASSERT_THAT(file, ::testing::HasSubstr("Where Ada lives")) << type;
    const auto facts = examine(file);
    ASSERT_TRUE(facts.has_value()) << type << facts.error().detail;
    const std::string clean = derived(facts, DerivedRole::kClean);
    ASSERT_FALSE(clean.empty()) << type;
    EXPECT_THAT(clean, ::testing::Not(::testing::HasSubstr("Ada"))) << type;
    EXPECT_TRUE(is_red(look_at(clean).corner)) << type;
    const auto again = examine(clean);
    ASSERT_TRUE(again.has_value()) << type;
    EXPECT_EQ(again->content_type, type);
    EXPECT_EQ(find(again, DerivedRole::kClean), nullptr) << type;
  }
}

TEST_F(Pictures, OfTelephonesThatBrowsersDoNotShowBecomeJpeg) {
  const auto facts = examine(picture("image/heic"));
  ASSERT_TRUE(facts.has_value()) << facts.error().detail;
  EXPECT_EQ(facts->content_type, "image/heic");
  const DerivedFile* clean = find(facts, DerivedRole::kClean);
  ASSERT_NE(clean, nullptr);
  EXPECT_EQ(clean->content_type, "image/jpeg");
  EXPECT_TRUE(is_red(look_at(derived(facts, DerivedRole::kClean)).corner));
}

TEST_F(Pictures, WithoutMetadataStayAsTheyAre) {
  for (const std::string& type : kTypes) EXPECT_EQ(find(examine(picture(type)), DerivedRole::kClean), nullptr) << type;
}

TEST_F(Pictures, ThatMoveStillMoveWithoutTheirMetadata) {
  for (const std::string type : {"image/gif", "image/webp"}) {
    std::string file = picture(type, {.width = 100, .height = 80, .frames = 5, .comment = "<x:xmpmeta/>"});
    if (type == "image/gif")
      file.insert(file.size() - 1,
                  "\x21\xfe\x03"
                  "Ada\0"s);
    ASSERT_EQ(look_at(file).frames, 5) << type;
    const auto facts = examine(file);
    ASSERT_TRUE(facts.has_value()) << type << facts.error().detail;
    EXPECT_EQ(facts->height, 80) << type;
    const std::string clean = derived(facts, DerivedRole::kClean);
    ASSERT_FALSE(clean.empty()) << type;
    EXPECT_EQ(look_at(clean).frames, 5) << type;
    EXPECT_EQ(look_at(clean).height, 80) << type;
  }
}

TEST_F(Pictures, LoseWhatStandsBehindTheirEnd) {
  const auto facts = examine(picture("image/jpeg") + "....ftypmp42 a film with a place");
  EXPECT_THAT(derived(facts, DerivedRole::kClean), ::testing::Not(::testing::HasSubstr("film")));
  EXPECT_NE(find(facts, DerivedRole::kClean), nullptr);
}

TEST_F(Pictures, OfTooManyPixelsAreRefusedByTheirHeaders) {
  const std::string png = "\x89PNG\r\n\x1a\n"s + png_chunk("IHDR", "\0\0\xea\x60\0\0\xea\x60\x08\2\0\0\0"s) +
                          png_chunk("IDAT", "\x78\x9c\x03\0\0\0\0\1"s) + png_chunk("IEND", "");
  EXPECT_EQ(problem_of(examine(png)), "media_too_large");
  std::string jpeg = picture("image/jpeg");
  const size_t frame = jpeg.find("\xff\xc0\x00\x11\x08"s);
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\xff\x00\xff\x00"s);
  EXPECT_EQ(problem_of(examine(jpeg)), "media_too_large");
}

TEST_F(Pictures, OfTooManyFramesAreRefused) {
  std::string gif = "GIF89a\xc8\0\xc8\0\x80\0\0\0\0\0\xff\xff\xff"s;
  const std::string frame = "\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0"s;
  for (int i = 0; i < 1'000'000; ++i) gif += frame;
  const auto facts = examine(gif + "\x3b");
  EXPECT_EQ(problem_of(facts), "media_too_large");
}

TEST_F(Pictures, ThatAreNoneAreUnreadable) {
  EXPECT_EQ(problem_of(examine("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDRPK\3\4\x14\0\0\0"s)), "media_unreadable");
  EXPECT_EQ(problem_of(examine("\xff\xd8\xff\xe0 PK\3\4"s)), "media_unreadable");
  EXPECT_EQ(problem_of(examine("RIFF\x24\0\0\0WEBPVP8Lxxxxxxxxxx"s)), "media_unreadable");
  for (const std::string& type : kTypes) {
    const std::string file = picture(type);
    EXPECT_EQ(problem_of(examine(file.substr(0, file.size() / 2))), "media_unreadable") << type;
  }
}

TEST_F(Pictures, OfOtherFormatsAreNotLookedAt) {
  for (const auto& bytes : {"II*\0\x08\0\0\0\0\0"s, "<svg xmlns='http://www.w3.org/2000/svg'/>"s, "%PDF-1.7\n"s,
                            "PK\3\4\x14\0\0\0"s, "plain text"s, ""s}) {
    const auto facts = examine(bytes);
    ASSERT_TRUE(facts.has_value()) << bytes;
    EXPECT_EQ(facts->kind, product::MediaKind::kOther);
    EXPECT_TRUE(facts->derived.empty());
  }
}

TEST_F(Pictures, WithDamageNeverCrashTheTool) {
  SeededRng rng(20261120);
  for (const std::string& type : kTypes) {
    const std::string whole = picture(type, {.width = 80, .height = 60, .comment = "<x/>"});
    for (int i = 0; i < 12; ++i) {
      std::string file = whole;
      for (int j = 0; j < 8; ++j) file[16 + rng.below(file.size() - 16)] = static_cast<char>(rng.next_u32());
      const auto facts = examine(file);
      // ToolTest looks at the counters of crashes and nonsense.
      if (!facts) EXPECT_THAT(problem_of(facts), ::testing::AnyOf("media_unreadable", "media_too_large")) << type;
    }
  }
}

TEST_F(Pictures, AreGivenUpAtTheDeadline) {
  const std::string input = path("late");
  std::ofstream(input) << picture("image/png");
  std::filesystem::create_directory(path("late_out"));
  media_tool_adapter::ProcessMediaTool hasty({.executable = tool_path(), .time_limit = TimeDelta::micros(1)});
  const auto facts =
      hasty.examine({.input_path = input, .output_folder = path("late_out"), .purpose = {}}, Timestamp::never());
  EXPECT_EQ(problem_of(facts), "media_unreadable");
  EXPECT_EQ(hasty.stats().timed_out, 1U);
}

}  // namespace
}  // namespace parley::media_tool
