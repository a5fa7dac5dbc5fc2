#include "media/sfu/packet_meta.h"

#include "media/wire/keyframe.h"
#include "media/wire/vp8.h"

namespace parley::sfu {
namespace {

uint16_t offset_in(const stream::PacketCell& cell, ByteView part) {
  return static_cast<uint16_t>(part.data() - cell.bytes);
}

void fill_vp8(stream::PacketCell& cell) {
  const auto descriptor = wire::parse_vp8(cell.payload());
  if (!descriptor) return;
  stream::MediaMeta& media = cell.media;
  media.starts_key_frame = descriptor->is_keyframe;
  media.starts_frame = descriptor->is_frame_start();
  media.has_picture_id = descriptor->picture_id.has_value();
  media.picture_id = descriptor->picture_id.value_or(0);
  media.has_tl0 = descriptor->tl0_picture_index.has_value();
  media.tl0_picture_index = descriptor->tl0_picture_index.value_or(0);
  media.temporal_id = descriptor->temporal_id.value_or(0);
  media.layer_sync = descriptor->is_layer_sync;
  media.descriptor_size = descriptor->size;
}

bool starts_key_frame(Codec codec, ByteView payload) {
  switch (codec) {
    case Codec::kVp9:
      return wire::is_keyframe(wire::VideoCodec::kVp9, payload);
    case Codec::kH264:
      return wire::is_keyframe(wire::VideoCodec::kH264, payload);
    case Codec::kH265:
      return wire::is_keyframe(wire::VideoCodec::kH265, payload);
    case Codec::kAv1:
      return wire::is_keyframe(wire::VideoCodec::kAv1, payload);
    default:
      return false;
  }
}

}  // namespace

void fill_header(stream::PacketCell& cell, const wire::RtpView& rtp, const wire::ExtensionIds& extensions) {
  cell.timestamp = rtp.timestamp;
  cell.payload_type = rtp.payload_type;
  cell.marker = rtp.marker;
  cell.payload_offset = rtp.header_size;
  cell.payload_size = static_cast<uint16_t>(rtp.payload_size());
  cell.capture_time_size = 0;
  cell.dependency_size = 0;
  cell.padding_size = 0;
  cell.media = {};
  rtp.for_each_extension([&](uint8_t id, ByteView bytes) {
    const auto kind = extensions.kind_of(id);
    if (!kind) return;
    switch (*kind) {
      case wire::RtpExtensionKind::kAudioLevel:
        if (const auto level = wire::parse_audio_level(bytes)) {
          cell.media.has_audio_level = true;
          cell.media.audio_level = level->level;
        }
        break;
      case wire::RtpExtensionKind::kAbsCaptureTime:
        cell.capture_time_offset = offset_in(cell, bytes);
        cell.capture_time_size = static_cast<uint8_t>(bytes.size());
        break;
      case wire::RtpExtensionKind::kDependencyDescriptor:
        cell.dependency_offset = offset_in(cell, bytes);
        cell.dependency_size = static_cast<uint8_t>(bytes.size());
        break;
      default:
        break;
    }
  });
}

void fill_media(stream::PacketCell& cell, const Track& track) {
  if (track.kind() == MediaKind::kAudio || cell.payload_size == 0) return;
  if (track.codec() == Codec::kVp8) {
    fill_vp8(cell);
  } else {
    cell.media.starts_key_frame = starts_key_frame(track.codec(), cell.payload());
  }
}

}  // namespace parley::sfu
