#include "media/sfu/media_params.h"

#include <array>

#include "media/wire/sdp.h"

namespace parley::sfu {
namespace {

struct CodecRow {
  Codec codec;
  std::string_view name;
  std::string_view mime;
};
constexpr std::array kCodecs{
    CodecRow{Codec::kOpus, "opus", "audio/opus"}, CodecRow{Codec::kPcmu, "PCMU", "audio/PCMU"},
    CodecRow{Codec::kPcma, "PCMA", "audio/PCMA"}, CodecRow{Codec::kG722, "G722", "audio/G722"},
    CodecRow{Codec::kVp8, "VP8", "video/VP8"},    CodecRow{Codec::kVp9, "VP9", "video/VP9"},
    CodecRow{Codec::kH264, "H264", "video/H264"}, CodecRow{Codec::kH265, "H265", "video/H265"},
    CodecRow{Codec::kAv1, "AV1", "video/AV1"},
};

}  // namespace

Codec codec_from_name(std::string_view name) {
  for (const CodecRow& row : kCodecs) {
    if (wire::equals_ignoring_case(row.name, name)) return row.codec;
  }
  return Codec::kUnknown;
}

Codec codec_from_mime(std::string_view mime) {
  const size_t slash = mime.find('/');
  return codec_from_name(slash == std::string_view::npos ? mime : mime.substr(slash + 1));
}

std::string_view mime_type(Codec codec) {
  for (const CodecRow& row : kCodecs) {
    if (row.codec == codec) return row.mime;
  }
  return "";
}

std::string_view codec_name(Codec codec) {
  for (const CodecRow& row : kCodecs) {
    if (row.codec == codec) return row.name;
  }
  return "";
}

MediaKind kind_of(Codec codec) {
  return mime_type(codec).starts_with("audio/") ? MediaKind::kAudio : MediaKind::kVideo;
}

}  // namespace parley::sfu
