// SPDX-License-Identifier: GPL-2.0-or-later
#include "media_tool/still.h"

extern "C" {
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>
}

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace parley::media_tool {
namespace {

constexpr int kMaxSide = 1280;
/// Of the stream, until one gives a picture: a few seconds of video.
constexpr int kMaxPackets = 500;

struct FreeScaler {
  void operator()(SwsContext* scaler) const { sws_freeContext(scaler); }
};
struct FreeBytes {
  void operator()(uint8_t* bytes) const { av_free(bytes); }
};

/// Which matrix made its colours; where it does not say, by size, as players do.
const int* matrix_of(const AVFrame& frame) {
  const int said = frame.colorspace == AVCOL_SPC_UNSPECIFIED ? (frame.height >= 720 ? SWS_CS_ITU709 : SWS_CS_ITU601)
                                                             : static_cast<int>(frame.colorspace);
  return sws_getCoefficients(said);
}

RgbPicture to_rgb(const AVFrame& frame) {
  const double scale = std::min(1.0, kMaxSide / static_cast<double>(std::max(frame.width, frame.height)));
  const int width = std::max(1, static_cast<int>(std::lround(frame.width * scale)));
  const int height = std::max(1, static_cast<int>(std::lround(frame.height * scale)));
  const std::unique_ptr<SwsContext, FreeScaler> scaler(
      sws_getContext(frame.width, frame.height, static_cast<AVPixelFormat>(frame.format), width, height,
                     AV_PIX_FMT_RGB24, SWS_BILINEAR, nullptr, nullptr, nullptr));
  if (!scaler) return {};
  const int is_full = frame.color_range == AVCOL_RANGE_JPEG ? 1 : 0;
  constexpr int kOne = 1 << 16;
  sws_setColorspaceDetails(scaler.get(), matrix_of(frame), is_full, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, kOne,
                           kOne);
  std::array<uint8_t*, 4> planes{};
  std::array<int, 4> strides{};
  if (av_image_alloc(planes.data(), strides.data(), width, height, AV_PIX_FMT_RGB24, 64) < 0) return {};
  const std::unique_ptr<uint8_t, FreeBytes> owner(planes[0]);
  if (sws_scale(scaler.get(), frame.data, frame.linesize, 0, frame.height, planes.data(), strides.data()) != height) {
    return {};
  }
  RgbPicture picture{.width = static_cast<size_t>(width), .height = static_cast<size_t>(height), .bytes = {}};
  const size_t row = picture.width * 3;
  picture.bytes.resize(row * picture.height);
  for (size_t y = 0; y < picture.height; ++y) {
    std::memcpy(&picture.bytes[y * row], planes[0] + y * static_cast<size_t>(strides[0]), row);
  }
  return picture;
}

}  // namespace

int turns_of(const AVStream& stream) {
  size_t size = 0;
  const uint8_t* matrix = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  if (matrix == nullptr || size < 9 * sizeof(int32_t)) return 0;
  const double counterclockwise =
      av_display_rotation_get(static_cast<const int32_t*>(static_cast<const void*>(matrix)));
  if (!std::isfinite(counterclockwise)) return 0;
  return static_cast<int>(std::lround(-counterclockwise / 90)) & 3;
}

RgbPicture decode_still(const Container& source, const AVStream& stream, int64_t at_ms) {
  const Codec decoder = Container::make_decoder(stream);
  if (!decoder) return {};
  // The first pictures of many videos are black. Where seeking fails, the first will do.
  const int64_t begin = stream.start_time == AV_NOPTS_VALUE ? 0 : stream.start_time;
  (void)av_seek_frame(source.get(), stream.index, begin + av_rescale_q(at_ms, AVRational{1, 1000}, stream.time_base),
                      AVSEEK_FLAG_BACKWARD);
  const Packet packet(av_packet_alloc());
  const Frame frame(av_frame_alloc());
  bool is_more = true;
  for (int packets = 0; is_more && packets < kMaxPackets;) {
    is_more = source.read(*packet);
    if (is_more && packet->stream_index != stream.index) continue;
    ++packets;
    if (avcodec_send_packet(decoder.get(), is_more ? packet.get() : nullptr) < 0) continue;
    if (avcodec_receive_frame(decoder.get(), frame.get()) >= 0) return to_rgb(*frame);
  }
  return {};
}

}  // namespace parley::media_tool
