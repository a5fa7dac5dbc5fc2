// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <memory>
#include <string>
#include <string_view>

#include "media_tool/files.h"

namespace parley::media_tool {

struct FreePacket {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
using Packet = std::unique_ptr<AVPacket, FreePacket>;
struct FreeFrame {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
using Frame = std::unique_ptr<AVFrame, FreeFrame>;
struct FreeCodec {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
};
using Codec = std::unique_ptr<AVCodecContext, FreeCodec>;
struct FreeIo {
  void operator()(AVIOContext* io) const;
};
using Io = std::unique_ptr<AVIOContext, FreeIo>;

/// A container open for reading: one named demuxer over one descriptor. Whatever the file names elsewhere (playlists,
/// references, key servers) cannot be opened: there is no protocol at all.
class Container {
 public:
  /// kMediaUnreadable when it has no streams. `input` outlives the container.
  static Outcome<Container> open(std::string_view content_type, const InputFile& input);

  AVFormatContext* get() const { return format_.get(); }
  /// The first of its kind that is no picture of an album; nullptr without any.
  AVStream* first(AVMediaType kind) const;
  /// The next packet; false at the end, for which damage counts, too.
  bool read(AVPacket& packet) const;
  /// A decoder for `stream`, nullptr where there is none that we trust.
  static Codec make_decoder(const AVStream& stream);

 private:
  struct Close {
    void operator()(AVFormatContext* format) const { avformat_close_input(&format); }
  };
  struct Cursor {
    const InputFile* input;
    int64_t offset;
  };
  static int read_more(void* cursor, uint8_t* into, int size);
  static int64_t seek_to(void* cursor, int64_t offset, int whence);

  // The format uses the reader, and that the cursor: destroyed in this order.
  std::unique_ptr<Cursor> cursor_;
  Io io_;
  std::unique_ptr<AVFormatContext, Close> format_;
};

/// A container open for writing into one of the output files, without any metadata. MP4 gets its index at the front.
class ContainerWriter {
 public:
  /// `muxer` is a name of libav's. Streams are added to get() before begin().
  static Outcome<ContainerWriter> open(const std::string& muxer, int fd);

  AVFormatContext* get() const { return format_.get(); }
  /// Each is false when libav refuses.
  bool begin() const;
  bool write(AVPacket& packet) const { return av_interleaved_write_frame(format_.get(), &packet) >= 0; }
  bool end() const { return av_write_trailer(format_.get()) >= 0; }

 private:
  struct Close {
    void operator()(AVFormatContext* format) const { avformat_free_context(format); }
  };
  struct Cursor {
    int fd;
    int64_t offset;
  };
  static int write_more(void* cursor, uint8_t* bytes, int size);
  static int read_back(void* cursor, uint8_t* into, int size);
  static int64_t seek_to(void* cursor, int64_t offset, int whence);
  static int open_again(AVFormatContext* format, AVIOContext** io, const char* url, int flags, AVDictionary** options);
  static int close_again(AVFormatContext* format, AVIOContext* io);

  std::unique_ptr<Cursor> cursor_;
  std::unique_ptr<Cursor> second_cursor_;
  Io io_;
  std::unique_ptr<AVFormatContext, Close> format_;
};

}  // namespace parley::media_tool
