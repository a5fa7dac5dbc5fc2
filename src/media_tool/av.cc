// SPDX-License-Identifier: GPL-2.0-or-later
#include "media_tool/av.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace parley::media_tool {
namespace {

constexpr int kIoBuffer = 64 * 1024;
/// Honest recordings have two; telephones' add some tracks of data.
constexpr unsigned kMaxStreams = 16;

/// The codecs that browsers record and play. By id, so that hardware's and libraries' own formats stay out.
constexpr std::array kDecoded{AV_CODEC_ID_H264,      AV_CODEC_ID_HEVC,      AV_CODEC_ID_VP8,   AV_CODEC_ID_VP9,
                              AV_CODEC_ID_AV1,       AV_CODEC_ID_MPEG4,     AV_CODEC_ID_OPUS,  AV_CODEC_ID_VORBIS,
                              AV_CODEC_ID_AAC,       AV_CODEC_ID_MP3,       AV_CODEC_ID_FLAC,  AV_CODEC_ID_PCM_S16LE,
                              AV_CODEC_ID_PCM_S24LE, AV_CODEC_ID_PCM_F32LE, AV_CODEC_ID_PCM_U8};
/// The same by the decoders' names, for those that libav opens itself to learn a stream's parameters.
constexpr const char* kDecoderNames =
    "h264,hevc,vp8,vp9,libdav1d,mpeg4,opus,libopus,vorbis,aac,mp3,mp3float,flac,pcm_s16le,pcm_s24le,pcm_f32le,pcm_u8";

const char* demuxer_of(std::string_view content_type) {
  struct Row {
    std::string_view type;
    const char* demuxer;
  };
  static constexpr std::array kRows{
      Row{"video/mp4", "mov"},       Row{"audio/mp4", "mov"},       Row{"video/quicktime", "mov"},
      Row{"video/webm", "matroska"}, Row{"audio/webm", "matroska"}, Row{"video/x-matroska", "matroska"},
      Row{"audio/ogg", "ogg"},       Row{"audio/mpeg", "mp3"},      Row{"audio/aac", "aac"},
      Row{"audio/wav", "wav"},       Row{"audio/flac", "flac"}};
  const auto* row = std::ranges::find(kRows, content_type, &Row::type);
  return row == kRows.end() ? nullptr : row->demuxer;
}

int refuse_to_open(AVFormatContext* /*format*/, AVIOContext** /*io*/, const char* /*url*/, int /*flags*/,
                   AVDictionary** /*options*/) {
  return AVERROR(EPERM);
}

int64_t moved(int64_t from, int64_t offset, int whence, int64_t size) {
  switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
      return -1;
    case SEEK_CUR:
      offset += from;
      break;
    case SEEK_END:
      offset += size;
      break;
    default:
      break;
  }
  return offset < 0 ? AVERROR(EINVAL) : offset;
}

/// Not by fstat, which the sandbox forbids; descriptors' own positions are not used here.
int64_t size_of(int fd) { return std::max<int64_t>(0, ::lseek(fd, 0, SEEK_END)); }

}  // namespace

void FreeIo::operator()(AVIOContext* io) const {
  av_freep(static_cast<void*>(&io->buffer));
  avio_context_free(&io);
}

int Container::read_more(void* cursor, uint8_t* into, int size) {
  auto& at = *static_cast<Cursor*>(cursor);
  const int64_t got = at.input->read_at(at.offset, MutableByteView(into, static_cast<size_t>(size)));
  if (got <= 0) return got == 0 ? AVERROR_EOF : AVERROR(EIO);
  at.offset += got;
  return static_cast<int>(got);
}

int64_t Container::seek_to(void* cursor, int64_t offset, int whence) {
  auto& at = *static_cast<Cursor*>(cursor);
  if ((whence & AVSEEK_SIZE) != 0) return at.input->size();
  const int64_t to = moved(at.offset, offset, whence, at.input->size());
  if (to >= 0) at.offset = to;
  return to;
}

Outcome<Container> Container::open(std::string_view content_type, const InputFile& input) {
  const char* name = demuxer_of(content_type);
  const AVInputFormat* demuxer = name == nullptr ? nullptr : av_find_input_format(name);
  if (demuxer == nullptr) return unreadable("no recording that is read here");
  Container made;
  made.cursor_ = std::make_unique<Cursor>(&input, 0);
  auto* buffer = static_cast<uint8_t*>(av_malloc(kIoBuffer));
  made.io_.reset(avio_alloc_context(buffer, kIoBuffer, 0, made.cursor_.get(), read_more, nullptr, seek_to));
  AVFormatContext* format = avformat_alloc_context();
  format->pb = made.io_.get();
  format->flags |= AVFMT_FLAG_CUSTOM_IO;
  format->io_open = refuse_to_open;
  format->max_streams = kMaxStreams;
  format->codec_whitelist = av_strdup(kDecoderNames);
  format->format_whitelist = av_strdup(demuxer->name);
  format->protocol_whitelist = av_strdup("none");
  // Frees the context when it fails.
  if (avformat_open_input(&format, nullptr, demuxer, nullptr) < 0)
    return unreadable("the recording's header is damaged");
  made.format_.reset(format);
  if (avformat_find_stream_info(format, nullptr) < 0 || format->nb_streams == 0) {
    return unreadable("the recording has no streams");
  }
  return made;
}

AVStream* Container::first(AVMediaType kind) const {
  for (unsigned i = 0; i < format_->nb_streams; ++i) {
    AVStream* stream = format_->streams[i];
    const bool is_cover = (stream->disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS)) != 0;
    if (stream->codecpar->codec_type == kind && !is_cover) return stream;
  }
  return nullptr;
}

bool Container::read(AVPacket& packet) const {
  av_packet_unref(&packet);
  return av_read_frame(format_.get(), &packet) >= 0;
}

Codec Container::make_decoder(const AVStream& stream) {
  if (std::ranges::find(kDecoded, stream.codecpar->codec_id) == kDecoded.end()) return nullptr;
  const AVCodec* codec = avcodec_find_decoder(stream.codecpar->codec_id);
  if (codec == nullptr) return nullptr;
  Codec context(avcodec_alloc_context3(codec));
  if (avcodec_parameters_to_context(context.get(), stream.codecpar) < 0) return nullptr;
  context->pkt_timebase = stream.time_base;
  context->thread_count = 1;
  context->max_pixels = kMaxPixels;
  if (avcodec_open2(context.get(), codec, nullptr) < 0) return nullptr;
  return context;
}

int ContainerWriter::write_more(void* cursor, uint8_t* bytes, int size) {
  auto& at = *static_cast<Cursor*>(cursor);
  int written = 0;
  while (written < size) {
    const ssize_t wrote = ::pwrite(at.fd, bytes + written, static_cast<size_t>(size - written), at.offset);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return AVERROR(EIO);
    written += static_cast<int>(wrote);
    at.offset += wrote;
  }
  return written;
}

int ContainerWriter::read_back(void* cursor, uint8_t* into, int size) {
  auto& at = *static_cast<Cursor*>(cursor);
  const ssize_t got = ::pread(at.fd, into, static_cast<size_t>(size), at.offset);
  if (got <= 0) return got == 0 ? AVERROR_EOF : AVERROR(EIO);
  at.offset += got;
  return static_cast<int>(got);
}

int64_t ContainerWriter::seek_to(void* cursor, int64_t offset, int whence) {
  auto& at = *static_cast<Cursor*>(cursor);
  const int64_t size = size_of(at.fd);
  if ((whence & AVSEEK_SIZE) != 0) return size;
  const int64_t to = moved(at.offset, offset, whence, size);
  if (to >= 0) at.offset = to;
  return to;
}

/// Moving the index to the front reads back what was written; nothing else is ever opened.
int ContainerWriter::open_again(AVFormatContext* format, AVIOContext** io, const char* /*url*/, int flags,
                                AVDictionary** /*options*/) {
  if ((flags & AVIO_FLAG_WRITE) != 0) return AVERROR(EPERM);
  auto* second = static_cast<Cursor*>(format->opaque);
  second->offset = 0;
  auto* buffer = static_cast<uint8_t*>(av_malloc(kIoBuffer));
  *io = avio_alloc_context(buffer, kIoBuffer, 0, second, read_back, nullptr, seek_to);
  return *io == nullptr ? AVERROR(ENOMEM) : 0;
}

int ContainerWriter::close_again(AVFormatContext* /*format*/, AVIOContext* io) {
  FreeIo()(io);
  return 0;
}

Outcome<ContainerWriter> ContainerWriter::open(const std::string& muxer, int fd) {
  ContainerWriter made;
  AVFormatContext* format = nullptr;
  if (avformat_alloc_output_context2(&format, nullptr, muxer.c_str(), nullptr) < 0) {
    return product::refuse(product::ProblemCode::kInternal, "no such container");
  }
  made.format_.reset(format);
  made.cursor_ = std::make_unique<Cursor>(fd, 0);
  made.second_cursor_ = std::make_unique<Cursor>(fd, 0);
  auto* buffer = static_cast<uint8_t*>(av_malloc(kIoBuffer));
  made.io_.reset(avio_alloc_context(buffer, kIoBuffer, 1, made.cursor_.get(), nullptr, write_more, seek_to));
  format->pb = made.io_.get();
  format->url = av_strdup("output");
  format->opaque = made.second_cursor_.get();
  format->io_open = open_again;
  format->io_close2 = close_again;
  // Without the names and numbers of the software that wrote it.
  format->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
  return made;
}

bool ContainerWriter::begin() const {
  AVDictionary* options = nullptr;
  const std::string_view name = format_->oformat->name;
  if (name == "mp4" || name == "mov" || name == "ipod") av_dict_set(&options, "movflags", "faststart", 0);
  if (name == "mp3") {
    av_dict_set(&options, "id3v2_version", "0", 0);
    av_dict_set(&options, "write_id3v1", "0", 0);
  }
  const int result = avformat_write_header(format_.get(), &options);
  av_dict_free(&options);
  return result >= 0;
}

}  // namespace parley::media_tool
