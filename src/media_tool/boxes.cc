// SPDX-License-Identifier: GPL-2.0-or-later
#include "media_tool/boxes.h"

#include <algorithm>
#include <array>

namespace parley::media_tool {
namespace {

constexpr int kMaxParts = 100'000;

struct Range {
  int64_t begin;
  int64_t end;
};

class Walk {
 public:
  explicit Walk(const InputFile& input) : input_(input) {}

  void boxes(Range range) {
    while (range.begin + 8 <= range.end) {
      std::array<uint8_t, 16> head{};
      if (++parts_ > kMaxParts || input_.read_at(range.begin, head) < 8) {
        outline_.hides = true;
        return;
      }
      ByteReader reader(head);
      const auto short_size = static_cast<int64_t>(reader.u32());
      const std::string_view type = as_text(reader.bytes(4));
      const int64_t header = short_size == 1 ? 16 : 8;
      int64_t size = short_size == 1 ? static_cast<int64_t>(reader.u64()) : short_size;
      if (size == 0) size = range.end - range.begin;
      if (size < header || size > range.end - range.begin) return;
      note(type, {range.begin + header, range.begin + size});
      range.begin += size;
    }
  }

  void riff() {
    static constexpr std::array<std::string_view, 3> kNeeded{"fmt ", "data", "fact"};
    for (int64_t at = 12; at + 8 <= input_.size();) {
      std::array<uint8_t, 8> head{};
      if (++parts_ > kMaxParts || input_.read_at(at, head) < 8) break;
      ByteReader reader(head);
      const std::string_view type = as_text(reader.bytes(4));
      const int64_t size = __builtin_bswap32(reader.u32());
      if (std::ranges::find(kNeeded, type) == kNeeded.end()) outline_.hides = true;
      at += 8 + size + size % 2;
    }
  }

  /// ID3v2 in front, ID3v1 and APE behind.
  void mp3() {
    std::array<uint8_t, 3> front{};
    std::array<uint8_t, 128> back{};
    input_.read_at(0, front);
    input_.read_at(std::max<int64_t>(0, input_.size() - 128), back);
    outline_.hides = as_text(front) == "ID3" || as_text(back).contains("TAG");
  }

  const Outline& outline() const { return outline_; }

 private:
  void note(std::string_view type, Range body) {
    if (type == "moof" || type == "mvex") outline_.is_fragmented = true;
    if (type == "moov" || type == "trak") boxes(body);
    if (type == "uuid" || type == "meta" || (type == "udta" && !is_empty_list(body))) outline_.hides = true;
  }

  /// User data as libav's own muxer writes it where there are none: a handler and a list of nothing.
  bool is_empty_list(Range body) const {
    std::array<uint8_t, 53> bytes{};
    if (body.end - body.begin != static_cast<int64_t>(bytes.size())) return false;
    if (input_.read_at(body.begin, bytes) != static_cast<int64_t>(bytes.size())) return false;
    static constexpr std::string_view kEmpty(
        "\0\0\0\x35meta\0\0\0\0\0\0\0\x21hdlr\0\0\0\0\0\0\0\0mdirappl\0\0\0\0\0\0\0\0\0\0\0\0\x08ilst", 53);
    return as_text(bytes) == kEmpty;
  }

  const InputFile& input_;
  Outline outline_;
  int parts_ = 0;
};

}  // namespace

Outline outline_of(std::string_view content_type, const InputFile& input) {
  Walk walk(input);
  if (content_type == "video/mp4" || content_type == "audio/mp4" || content_type == "video/quicktime") {
    walk.boxes({0, input.size()});
  } else if (content_type == "audio/wav") {
    walk.riff();
  } else if (content_type == "audio/mpeg") {
    walk.mp3();
  }
  return walk.outline();
}

}  // namespace parley::media_tool
