// SPDX-License-Identifier: GPL-2.0-or-later
#include "media_tool/pictures.h"

#include <vips/vips.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media_tool/hidden_data.h"

namespace parley::media_tool {
namespace {

/// What browsers and eyes are content with; more costs bytes without showing.
constexpr int kStillQuality = 80;
/// Of re-encoded originals: differences cannot be seen at all.
constexpr int kCleanQuality = 92;
constexpr int kSmallSide = 320;
constexpr int kLargeSide = 1280;
/// Makes the same blurhash as a large one.
constexpr int kHashSide = 32;

struct Unref {
  void operator()(VipsImage* image) const { g_object_unref(image); }
};
using Image = std::unique_ptr<VipsImage, Unref>;

/// What a vips_* function has put there, when it has worked.
template <class Make>
std::optional<Image> made(const Make& make) {
  VipsImage* image = nullptr;
  if (make(&image) != 0 || image == nullptr) {
    vips_error_clear();
    return std::nullopt;
  }
  return Image(image);
}

enum class Frames : unsigned char { kFirst, kAll };
enum class Order : unsigned char { kFromTheTop, kAny };

/// The header is read here, the pixels when they are wanted. `file` outlives the image.
std::optional<Image> load(std::string_view type, ByteView file, Frames frames, Order order) {
  void* data = const_cast<uint8_t*>(file.data());
  const size_t size = file.size();
  const int pages = frames == Frames::kAll ? -1 : 1;
  const VipsAccess access = order == Order::kAny ? VIPS_ACCESS_RANDOM : VIPS_ACCESS_SEQUENTIAL;
  return made([&](VipsImage** out) {
    const auto with = [&](auto function) {
      return function(data, size, out, "access", access, "fail_on", VIPS_FAIL_ON_ERROR, nullptr);
    };
    const auto with_pages = [&](auto function) {
      return function(data, size, out, "n", pages, "access", access, "fail_on", VIPS_FAIL_ON_ERROR, nullptr);
    };
    if (type == "image/png") return with(vips_pngload_buffer);
    if (type == "image/jpeg") return with(vips_jpegload_buffer);
    if (type == "image/gif") return with_pages(vips_gifload_buffer);
    if (type == "image/webp") return with_pages(vips_webpload_buffer);
    return with(vips_heifload_buffer);
  });
}

bool has_field(const Image& image, const char* name) { return vips_image_get_typeof(image.get(), name) != 0; }

/// In sRGB, so that it looks the same without its profile.
Image without_profile(Image image) {
  const bool is_deep = vips_image_get_format(image.get()) == VIPS_FORMAT_USHORT;
  if (has_field(image, VIPS_META_ICC_NAME)) {
    auto converted = made([&](VipsImage** out) {
      return vips_icc_transform(image.get(), out, "srgb", "embedded", TRUE, "depth", is_deep ? 16 : 8, nullptr);
    });
    // A damaged profile counts as none, as browsers have it.
    if (converted) return std::move(*converted);
  }
  if (vips_image_get_interpretation(image.get()) != VIPS_INTERPRETATION_CMYK) return image;
  auto converted =
      made([&](VipsImage** out) { return vips_colourspace(image.get(), out, VIPS_INTERPRETATION_sRGB, nullptr); });
  return converted ? std::move(*converted) : std::move(image);
}

/// Bytes that libvips has allocated.
struct Buffer {
  void* data = nullptr;
  size_t size = 0;
  Buffer() = default;
  ~Buffer() { g_free(data); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ByteView bytes() const { return {static_cast<const uint8_t*>(data), size}; }
};

Outcome<void> store(const OutputFiles& outputs, product::DerivedFile file, const Buffer& buffer, MediaFacts& facts) {
  const bool is_webp = file.content_type == "image/webp";
  const ByteVector stripped = is_webp ? stripped_webp(buffer.bytes()) : ByteVector();
  const ByteView bytes = is_webp ? ByteView(stripped) : buffer.bytes();
  if (bytes.empty() || !outputs.write(file.role, bytes)) {
    return product::refuse(product::ProblemCode::kInternal, "a derived file cannot be written");
  }
  file.file_name = OutputFiles::name(file.role);
  file.size = static_cast<int64_t>(bytes.size());
  facts.derived.push_back(std::move(file));
  return {};
}

Outcome<void> store_still(VipsImage* image, DerivedRole role, const OutputFiles& outputs, MediaFacts& facts) {
  Buffer buffer;
  if (vips_webpsave_buffer(image, &buffer.data, &buffer.size, "Q", kStillQuality, "strip", TRUE, nullptr) != 0) {
    return unreadable("the picture cannot be decoded");
  }
  return store(outputs,
               {.role = role,
                .content_type = "image/webp",
                .width = vips_image_get_width(image),
                .height = vips_image_get_height(image)},
               buffer, facts);
}

/// Turned as it is to be seen, in sRGB, at most `side` pixels a side, in memory.
std::optional<Image> shrink(const Image& image, int side) {
  const auto small = made([&](VipsImage** out) {
    return vips_thumbnail_image(image.get(), out, side, "height", side, "size", VIPS_SIZE_DOWN, "export_profile",
                                "srgb", nullptr);
  });
  if (!small) return std::nullopt;
  VipsImage* copy = vips_image_copy_memory(small->get());
  if (copy == nullptr) return std::nullopt;
  return Image(copy);
}

std::optional<RgbPicture> to_rgb(const Image& image) {
  auto rgb =
      made([&](VipsImage** out) { return vips_colourspace(image.get(), out, VIPS_INTERPRETATION_sRGB, nullptr); });
  if (rgb && vips_image_hasalpha(rgb->get()) != 0) {
    rgb = made([&](VipsImage** out) { return vips_flatten(rgb->get(), out, nullptr); });
  }
  if (rgb) rgb = made([&](VipsImage** out) { return vips_cast(rgb->get(), out, VIPS_FORMAT_UCHAR, nullptr); });
  if (!rgb || vips_image_get_bands(rgb->get()) != 3) return std::nullopt;
  Buffer pixels;
  pixels.data = vips_image_write_to_memory(rgb->get(), &pixels.size);
  if (pixels.data == nullptr) return std::nullopt;
  return RgbPicture{.width = static_cast<size_t>(vips_image_get_width(rgb->get())),
                    .height = static_cast<size_t>(vips_image_get_height(rgb->get())),
                    .bytes = ByteVector(pixels.bytes().begin(), pixels.bytes().end())};
}

bool is_larger(const Image& image, int side) {
  return vips_image_get_width(image.get()) > side || vips_image_get_height(image.get()) > side;
}

/// Each still is made of the next larger one, so that the original is decoded once.
Outcome<void> add_stills(const Image& image, const OutputFiles& outputs, MediaFacts& facts) {
  const auto large = shrink(image, kLargeSide);
  if (!large) return unreadable("the picture cannot be decoded");
  if (is_larger(image, kLargeSide)) {
    if (auto stored = store_still(large->get(), DerivedRole::kLarge, outputs, facts); !stored) return stored;
  }
  const auto small = shrink(*large, kSmallSide);
  if (!small) return unreadable("the picture cannot be decoded");
  if (is_larger(image, kSmallSide)) {
    if (auto stored = store_still(small->get(), DerivedRole::kSmall, outputs, facts); !stored) return stored;
  }
  const auto tiny = shrink(*small, kHashSide);
  const auto rgb = tiny ? to_rgb(*tiny) : std::nullopt;
  if (!rgb) return unreadable("the picture cannot be decoded");
  facts.blurhash = make_blurhash(*rgb);
  return {};
}

int save_clean(std::string_view type, VipsImage* image, Buffer& out) {
  if (type == "image/png") return vips_pngsave_buffer(image, &out.data, &out.size, "strip", TRUE, nullptr);
  if (type == "image/gif") return vips_gifsave_buffer(image, &out.data, &out.size, "strip", TRUE, nullptr);
  if (type == "image/webp") {
    return vips_webpsave_buffer(image, &out.data, &out.size, "Q", kCleanQuality, "strip", TRUE, nullptr);
  }
  if (type == "image/avif") {
    // Effort 0: at 4 a picture of 12 million pixels takes longer than the process may.
    return vips_heifsave_buffer(image, &out.data, &out.size, "compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "Q", 70,
                                "effort", 0, "strip", TRUE, nullptr);
  }
  return vips_jpegsave_buffer(image, &out.data, &out.size, "Q", kCleanQuality, "strip", TRUE, "optimize_coding", TRUE,
                              nullptr);
}

/// What libvips has found, for formats whose boxes we do not walk ourselves.
bool has_metadata(const Image& image) {
  return has_field(image, VIPS_META_EXIF_NAME) || has_field(image, VIPS_META_XMP_NAME) ||
         has_field(image, VIPS_META_IPTC_NAME) || has_field(image, VIPS_META_ICC_NAME);
}

/// libheif 1.15 tells of success, and writes a file without a picture, when its encoder has run out of memory.
bool can_be_decoded(ByteView avif) {
  const auto image = load("image/avif", avif, Frames::kFirst, Order::kFromTheTop);
  return image && shrink(*image, kHashSide);
}

Outcome<void> add_clean(std::string_view type, ByteView file, const OutputFiles& outputs, MediaFacts& facts) {
  auto loaded = load(type, file, Frames::kAll, Order::kAny);
  if (!loaded) return unreadable("the picture cannot be decoded");
  Image image = without_profile(std::move(*loaded));
  auto turned = made([&](VipsImage** out) { return vips_autorot(image.get(), out, nullptr); });
  if (!turned) return unreadable("the picture cannot be decoded");
  Buffer buffer;
  if (save_clean(type, turned->get(), buffer) != 0) return unreadable("the picture cannot be decoded");
  if (type == "image/avif" && !can_be_decoded(buffer.bytes()))
    return too_large("the picture is too large to be cleaned");
  return store(outputs,
               {.role = DerivedRole::kClean,
                .content_type = type == "image/heic" ? "image/jpeg" : std::string(type),
                .width = facts.width,
                .height = facts.height},
               buffer, facts);
}

/// Width and height as shown, checked before anything is decoded.
Outcome<void> measure(const Image& first, MediaFacts& facts) {
  // Not vips_image_get_n_pages(), which takes 10,000 pages and more for one.
  int frames = 1;
  if (has_field(first, VIPS_META_N_PAGES)) (void)vips_image_get_int(first.get(), VIPS_META_N_PAGES, &frames);
  facts.width = vips_image_get_width(first.get());
  facts.height = vips_image_get_page_height(first.get());
  if (facts.width <= 0 || facts.height <= 0) return unreadable("the picture has no pixels");
  if (facts.width * facts.height > kMaxPixels / std::max(1, frames)) return too_large("too many pixels");
  if (vips_image_get_orientation_swap(first.get()) != 0) std::swap(facts.width, facts.height);
  return {};
}

}  // namespace

bool init_pictures() {
  // Warnings may repeat what stands in the file.
  g_log_set_default_handler([](const char*, GLogLevelFlags, const char*, void*) {}, nullptr);
  // Decoded pictures of up to kMaxPixels stay in memory: the sandbox lets nobody make temporary files.
  g_setenv("VIPS_DISC_THRESHOLD", "1g", TRUE);
  if (vips_init("parley-media") != 0) return false;
  vips_concurrency_set(1);
  vips_cache_set_max(0);
  vips_block_untrusted_set(TRUE);
  vips_operation_block_set("VipsForeignLoad", TRUE);
  for (const char* loader : {"VipsForeignLoadPng", "VipsForeignLoadJpeg", "VipsForeignLoadNsgif", "VipsForeignLoadWebp",
                             "VipsForeignLoadHeif"}) {
    vips_operation_block_set(loader, FALSE);
  }
  return true;
}

Outcome<MediaFacts> examine_picture(std::string_view content_type, const InputFile& input, const OutputFiles& outputs) {
  if (input.size() > kMaxPictureBytes) return too_large("the picture's file is too large");
  const ByteVector file = input.read_head(static_cast<size_t>(input.size()));
  MediaFacts facts{.kind = product::MediaKind::kImage, .content_type = std::string(content_type)};
  const auto first = load(content_type, file, Frames::kFirst, Order::kFromTheTop);
  if (!first) return unreadable("the picture's header cannot be read");
  if (auto measured = measure(*first, facts); !measured) return std::unexpected(measured.error());
  const bool is_avif = content_type == "image/avif";
  const bool is_dirty = is_avif ? has_metadata(*first) : has_hidden_data(content_type, file);
  if (auto added = add_stills(*first, outputs, facts); !added) return std::unexpected(added.error());
  if (!is_dirty) return facts;
  if (auto added = add_clean(content_type, file, outputs, facts); !added) return std::unexpected(added.error());
  return facts;
}

Outcome<void> add_poster(const RgbPicture& frame, int turns, const OutputFiles& outputs, MediaFacts& facts) {
  Image image(vips_image_new_from_memory(frame.bytes.data(), frame.bytes.size(), static_cast<int>(frame.width),
                                         static_cast<int>(frame.height), 3, VIPS_FORMAT_UCHAR));
  if (image == nullptr) return unreadable("the video has no picture");
  const auto turned =
      made([&](VipsImage** out) { return vips_rot(image.get(), out, static_cast<VipsAngle>(turns & 3), nullptr); });
  auto coloured = turned ? made([&](VipsImage** out) {
    return vips_copy(turned->get(), out, "interpretation", VIPS_INTERPRETATION_sRGB, nullptr);
  })
                         : std::nullopt;
  const auto poster = coloured ? shrink(*coloured, kLargeSide) : std::nullopt;
  if (!poster) return unreadable("the video has no picture");
  if (auto stored = store_still(poster->get(), DerivedRole::kPoster, outputs, facts); !stored) return stored;
  const auto small = shrink(*poster, kSmallSide);
  if (!small) return unreadable("the video has no picture");
  if (is_larger(*poster, kSmallSide)) {
    if (auto stored = store_still(small->get(), DerivedRole::kSmall, outputs, facts); !stored) return stored;
  }
  const auto tiny = shrink(*small, kHashSide);
  const auto rgb = tiny ? to_rgb(*tiny) : std::nullopt;
  if (rgb) facts.blurhash = make_blurhash(*rgb);
  return {};
}

}  // namespace parley::media_tool
