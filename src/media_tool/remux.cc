// SPDX-License-Identifier: GPL-2.0-or-later
#include "media_tool/remux.h"

#include <cstring>
#include <vector>

namespace parley::media_tool {
namespace {

/// How the picture is turned; it stands beside the stream's parameters.
void copy_turn(const AVStream& from, AVStream& to) {
  size_t size = 0;
  const uint8_t* matrix = av_stream_get_side_data(&from, AV_PKT_DATA_DISPLAYMATRIX, &size);
  if (matrix == nullptr) return;
  if (uint8_t* copy = av_stream_new_side_data(&to, AV_PKT_DATA_DISPLAYMATRIX, size)) std::memcpy(copy, matrix, size);
}

/// The place in `writer` of each stream of `source`, -1 of those that are left out.
std::vector<int> add_streams(const Container& source, const ContainerWriter& writer) {
  std::vector<int> places(source.get()->nb_streams, -1);
  const AVStream* video = source.first(AVMEDIA_TYPE_VIDEO);
  for (unsigned i = 0; i < source.get()->nb_streams; ++i) {
    const AVStream* from = source.get()->streams[i];
    if (from != video && from->codecpar->codec_type != AVMEDIA_TYPE_AUDIO) continue;
    AVStream* to = avformat_new_stream(writer.get(), nullptr);
    if (to == nullptr || avcodec_parameters_copy(to->codecpar, from->codecpar) < 0) continue;
    // The tag is the old container's; its muxer knows its own.
    to->codecpar->codec_tag = 0;
    to->time_base = from->time_base;
    to->sample_aspect_ratio = from->sample_aspect_ratio;
    to->avg_frame_rate = from->avg_frame_rate;
    copy_turn(*from, *to);
    places[i] = to->index;
  }
  return places;
}

}  // namespace

Outcome<void> copy_streams(const Container& source, const std::string& muxer, int fd) {
  auto writer = ContainerWriter::open(muxer, fd);
  if (!writer) return std::unexpected(writer.error());
  const std::vector<int> places = add_streams(source, *writer);
  if (!writer->begin()) return unreadable("the streams do not fit into their container");
  const Packet packet(av_packet_alloc());
  while (source.read(*packet)) {
    const auto from = static_cast<size_t>(packet->stream_index);
    // A stream that only turned up while reading has no place.
    if (from >= places.size() || places[from] < 0) continue;
    const AVStream* to = writer->get()->streams[places[from]];
    av_packet_rescale_ts(packet.get(), source.get()->streams[from]->time_base, to->time_base);
    packet->stream_index = to->index;
    packet->pos = -1;
    if (!writer->write(*packet)) return unreadable("the streams do not fit into their container");
  }
  if (!writer->end()) return unreadable("the streams do not fit into their container");
  return {};
}

}  // namespace parley::media_tool
