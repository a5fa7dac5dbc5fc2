// SPDX-License-Identifier: GPL-2.0-or-later
#include "media_tool/recordings.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "media_tool/av.h"
#include "media_tool/boxes.h"
#include "media_tool/pictures.h"
#include "media_tool/remux.h"
#include "media_tool/sound.h"
#include "media_tool/still.h"
#include "product/files/sniff.h"

namespace parley::media_tool {
namespace {

using product::DerivedFile;

/// What containers say about themselves rather than about people and places.
bool is_harmless(std::string_view key) {
  static constexpr std::array<std::string_view, 8> kHarmless{"major_brand",  "minor_version", "compatible_brands",
                                                             "encoder",      "language",      "vendor_id",
                                                             "handler_name", "DURATION"};
  return std::ranges::find(kHarmless, key) != kHarmless.end() || key.starts_with("DURATION-");
}

bool is_harmless(const AVDictionary* metadata) {
  const AVDictionaryEntry* entry = nullptr;
  while ((entry = av_dict_get(metadata, "", entry, AV_DICT_IGNORE_SUFFIX)) != nullptr) {
    if (!is_harmless(std::string_view(entry->key))) return false;
  }
  return true;
}

bool holds_more_than_media(const Container& container) {
  const AVFormatContext& format = *container.get();
  if (!is_harmless(format.metadata) || format.nb_chapters > 0) return true;
  const AVStream* video = container.first(AVMEDIA_TYPE_VIDEO);
  for (unsigned i = 0; i < format.nb_streams; ++i) {
    const AVStream* stream = format.streams[i];
    const bool is_media = stream == video || stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
    if (!is_media || !is_harmless(stream->metadata)) return true;
  }
  return false;
}

std::string muxer_of(std::string_view content_type) {
  struct Row {
    std::string_view type;
    std::string_view muxer;
  };
  static constexpr std::array kRows{Row{"video/mp4", "mp4"},   Row{"audio/mp4", "ipod"},  Row{"video/quicktime", "mov"},
                                    Row{"video/webm", "webm"}, Row{"audio/webm", "webm"}, Row{"audio/ogg", "ogg"},
                                    Row{"audio/mpeg", "mp3"},  Row{"audio/aac", "adts"},  Row{"audio/wav", "wav"},
                                    Row{"audio/flac", "flac"}};
  const auto* row = std::ranges::find(kRows, content_type, &Row::type);
  return std::string(row == kRows.end() ? "matroska" : row->muxer);
}

/// The content type once it is known whether there are pictures.
std::string refined(std::string_view sniffed, const Container& container) {
  const bool has_video = container.first(AVMEDIA_TYPE_VIDEO) != nullptr;
  if (has_video) return std::string(sniffed == "audio/mp4" ? "video/mp4" : sniffed);
  if (sniffed == "video/mp4" || sniffed == "video/quicktime") return "audio/mp4";
  return std::string(sniffed == "video/webm" ? "audio/webm" : sniffed);
}

/// From the first to the end of the last packet of any sound or picture; headers may lie or be silent.
int64_t duration_ms_of(const Container& container) {
  const Packet packet(av_packet_alloc());
  std::optional<int64_t> begin;
  int64_t end = 0;
  constexpr AVRational kMillis{1, 1000};
  while (container.read(*packet)) {
    const AVStream& stream = *container.get()->streams[packet->stream_index];
    const AVMediaType kind = stream.codecpar->codec_type;
    const int64_t at = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
    if (at == AV_NOPTS_VALUE || (kind != AVMEDIA_TYPE_AUDIO && kind != AVMEDIA_TYPE_VIDEO)) continue;
    if ((stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) continue;
    const int64_t from = av_rescale_q(at, stream.time_base, kMillis);
    begin = std::min(begin.value_or(from), from);
    end = std::max(end, av_rescale_q(at + std::max<int64_t>(packet->duration, 0), stream.time_base, kMillis));
  }
  return begin ? std::max<int64_t>(end - *begin, 0) : -1;
}

Outcome<void> add_file(DerivedRole role, std::string content_type, const OutputFiles& outputs,
                       product::MediaFacts& facts) {
  const int64_t size = outputs.size(role);
  if (size == 0) return product::refuse(product::ProblemCode::kInternal, "a derived file cannot be written");
  facts.derived.push_back(DerivedFile{.role = role,
                                      .content_type = std::move(content_type),
                                      .file_name = std::string(OutputFiles::name(role)),
                                      .size = size,
                                      .width = facts.width,
                                      .height = facts.height});
  return {};
}

/// `content_type` is the container's; the streams are copied into a new one of the same kind.
Outcome<void> add_copy(DerivedRole role, const InputFile& input, const OutputFiles& outputs,
                       product::MediaFacts& facts) {
  const auto again = Container::open(facts.content_type, input);
  if (!again) return std::unexpected(again.error());
  if (auto copied = copy_streams(*again, muxer_of(facts.content_type), outputs.descriptor(role)); !copied)
    return copied;
  return add_file(role, facts.content_type, outputs, facts);
}

Outcome<void> add_still(const InputFile& input, const OutputFiles& outputs, product::MediaFacts& facts) {
  const auto again = Container::open(facts.content_type, input);
  if (!again) return std::unexpected(again.error());
  const AVStream* video = again->first(AVMEDIA_TYPE_VIDEO);
  if (video == nullptr) return {};
  const RgbPicture still = decode_still(*again, *video, std::min<int64_t>(1000, facts.duration_ms / 10));
  // Without a decoder there is no poster, but still a video.
  if (still.bytes.empty()) return {};
  return add_poster(still, turns_of(*video), outputs, facts);
}

Outcome<void> measure(const AVStream& video, product::MediaFacts& facts) {
  facts.width = video.codecpar->width;
  facts.height = video.codecpar->height;
  if (facts.width < 0 || facts.height < 0) return unreadable("the video has no size");
  if (facts.width * facts.height > kMaxPixels) return too_large("too many pixels");
  if (turns_of(video) % 2 == 1) std::swap(facts.width, facts.height);
  return {};
}

/// The one stream of a voice message, or why it is none.
Outcome<const AVStream*> voice_of(const Container& container, std::string_view content_type) {
  if (container.get()->nb_streams != 1) return unreadable("a voice message is one sound and nothing else");
  const AVStream* stream = container.get()->streams[0];
  const AVCodecID codec = stream->codecpar->codec_id;
  const bool is_mp4 = content_type == "audio/mp4";
  if (stream->codecpar->codec_type != AVMEDIA_TYPE_AUDIO || codec != (is_mp4 ? AV_CODEC_ID_AAC : AV_CODEC_ID_OPUS)) {
    return unreadable("a voice message is Opus in WebM or Ogg, or AAC in MP4");
  }
  return stream;
}

/// Listens to all of it, writing what every engine plays on the way where `writer` is given.
Outcome<void> listen(const Container& container, const AVStream& stream, SoundWriter* writer,
                     product::MediaFacts& facts) {
  Waveform waveform;
  const auto samples =
      decode_sound(container, stream, kMaxVoiceMs * (kSoundHz / 1000), [&](std::span<const float> piece) {
        waveform.add(piece);
        return writer == nullptr || writer->add(piece);
      });
  if (!samples) return std::unexpected(samples.error());
  if (writer != nullptr && !writer->finish()) return unreadable("the sound cannot be encoded");
  facts.duration_ms = *samples / (kSoundHz / 1000);
  facts.waveform = waveform.finish();
  return {};
}

}  // namespace

void init_recordings() { av_log_set_level(AV_LOG_QUIET); }

Outcome<product::MediaFacts> examine_recording(std::string_view content_type, const InputFile& input,
                                               const OutputFiles& outputs) {
  const auto container = Container::open(content_type, input);
  if (!container) return std::unexpected(container.error());
  const AVStream* video = container->first(AVMEDIA_TYPE_VIDEO);
  if (video == nullptr && container->first(AVMEDIA_TYPE_AUDIO) == nullptr) return unreadable("nothing to see or hear");
  product::MediaFacts facts{.content_type = refined(content_type, *container)};
  facts.kind = product::files::kind_of(facts.content_type);
  if (video != nullptr) {
    if (auto measured = measure(*video, facts); !measured) return std::unexpected(measured.error());
  }
  const bool is_dirty = holds_more_than_media(*container) || outline_of(facts.content_type, input).hides;
  facts.duration_ms = duration_ms_of(*container);
  if (facts.duration_ms < 0) return unreadable("the recording is empty");
  if (auto added = add_still(input, outputs, facts); !added) return std::unexpected(added.error());
  if (!is_dirty) return facts;
  if (auto added = add_copy(DerivedRole::kClean, input, outputs, facts); !added) return std::unexpected(added.error());
  return facts;
}

Outcome<product::MediaFacts> examine_voice(std::string_view content_type, const InputFile& input,
                                           const OutputFiles& outputs) {
  static constexpr std::array<std::string_view, 4> kContainers{"video/webm", "audio/ogg", "video/mp4", "audio/mp4"};
  if (std::ranges::find(kContainers, content_type) == kContainers.end()) {
    return unreadable("a voice message is Opus in WebM or Ogg, or AAC in MP4");
  }
  const auto container = Container::open(content_type, input);
  if (!container) return std::unexpected(container.error());
  product::MediaFacts facts{.kind = product::MediaKind::kAudio, .content_type = refined(content_type, *container)};
  const auto stream = voice_of(*container, facts.content_type);
  if (!stream) return std::unexpected(stream.error());
  const Outline outline = outline_of(facts.content_type, input);
  const bool is_dirty = holds_more_than_media(*container) || outline.hides;
  const bool is_aac =
      (*stream)->codecpar->codec_id == AV_CODEC_ID_AAC && (*stream)->codecpar->profile == FF_PROFILE_AAC_LOW;
  std::optional<SoundWriter> writer;
  if (!is_aac) {
    auto made = SoundWriter::open(outputs.descriptor(DerivedRole::kPlayable));
    if (!made) return std::unexpected(made.error());
    writer.emplace(std::move(*made));
  }
  if (auto heard = listen(*container, **stream, writer ? &*writer : nullptr, facts); !heard) {
    return std::unexpected(heard.error());
  }
  Outcome<void> added;
  if (!is_aac) {
    added = add_file(DerivedRole::kPlayable, "audio/mp4", outputs, facts);
  } else if (outline.is_fragmented) {
    added = add_copy(DerivedRole::kPlayable, input, outputs, facts);
  }
  if (added && is_dirty) added = add_copy(DerivedRole::kClean, input, outputs, facts);
  if (!added) return std::unexpected(added.error());
  return facts;
}

}  // namespace parley::media_tool
