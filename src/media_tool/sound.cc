// SPDX-License-Identifier: GPL-2.0-or-later
#include "media_tool/sound.h"

extern "C" {
#include <libavutil/channel_layout.h>
#include <libswresample/swresample.h>
}

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/base64.h"

namespace parley::media_tool {
namespace {

constexpr int kPeakSamples = kSoundHz / 100;

struct FreeResampler {
  void operator()(SwrContext* resampler) const { swr_free(&resampler); }
};

/// Any frame to mono at kSoundHz. What a change of format leaves in the old resampler, some milliseconds, is dropped.
class Mixer {
 public:
  /// Appends to `out`; false when libav refuses the format.
  bool mix(const AVFrame& frame, std::vector<float>& out) {
    if (!is_for(frame) && !prepare(frame)) return false;
    const int room = swr_get_out_samples(resampler_.get(), frame.nb_samples);
    if (room < 0) return false;
    const size_t before = out.size();
    out.resize(before + static_cast<size_t>(room));
    auto* into = static_cast<uint8_t*>(static_cast<void*>(out.data() + before));
    const int got =
        swr_convert(resampler_.get(), &into, room, const_cast<const uint8_t**>(frame.extended_data), frame.nb_samples);
    out.resize(before + static_cast<size_t>(std::max(got, 0)));
    return got >= 0;
  }

 private:
  bool is_for(const AVFrame& frame) const {
    return resampler_ && hz_ == frame.sample_rate && format_ == frame.format &&
           channels_ == frame.ch_layout.nb_channels;
  }
  bool prepare(const AVFrame& frame) {
    if (frame.ch_layout.nb_channels <= 0 || frame.sample_rate <= 0) return false;
    AVChannelLayout from{};
    av_channel_layout_default(&from, frame.ch_layout.nb_channels);
    AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
    SwrContext* resampler = nullptr;
    const int made = swr_alloc_set_opts2(&resampler, &mono, AV_SAMPLE_FMT_FLT, kSoundHz, &from,
                                         static_cast<AVSampleFormat>(frame.format), frame.sample_rate, 0, nullptr);
    resampler_.reset(resampler);
    hz_ = frame.sample_rate;
    format_ = frame.format;
    channels_ = frame.ch_layout.nb_channels;
    return made >= 0 && swr_init(resampler) >= 0;
  }

  std::unique_ptr<SwrContext, FreeResampler> resampler_;
  int hz_ = 0;
  int format_ = -1;
  int channels_ = 0;
};

}  // namespace

Outcome<int64_t> decode_sound(const Container& source, const AVStream& stream, int64_t most,
                              const std::function<bool(std::span<const float>)>& sink) {
  const Codec decoder = Container::make_decoder(stream);
  if (!decoder) return unreadable("the sound cannot be decoded");
  const Packet packet(av_packet_alloc());
  const Frame frame(av_frame_alloc());
  Mixer mixer;
  std::vector<float> samples;
  int64_t total = 0;
  for (bool is_more = true; is_more;) {
    is_more = source.read(*packet);
    if (is_more && packet->stream_index != stream.index) continue;
    // At the end nothing is sent, which gives out what the decoder still holds.
    if (avcodec_send_packet(decoder.get(), is_more ? packet.get() : nullptr) < 0) continue;
    while (avcodec_receive_frame(decoder.get(), frame.get()) >= 0) {
      samples.clear();
      if (!mixer.mix(*frame, samples)) return unreadable("the sound cannot be decoded");
      total += static_cast<int64_t>(samples.size());
      if (total > most) return too_large("the recording is too long");
      if (!sink(samples)) return unreadable("the sound cannot be encoded");
    }
  }
  if (total == 0) return unreadable("there is no sound");
  return total;
}

void Waveform::add(std::span<const float> samples) {
  for (const float sample : samples) {
    peak_ = std::max(peak_, std::abs(sample));
    if (++filled_ < kPeakSamples) continue;
    peaks_.push_back(peak_);
    peak_ = 0;
    filled_ = 0;
  }
}

std::string Waveform::finish() const {
  std::vector<float> peaks = peaks_;
  if (filled_ > 0 || peaks.empty()) peaks.push_back(peak_);
  const size_t parts = std::clamp<size_t>(peaks.size() / 10, 64, 256);
  ByteVector bytes;
  for (size_t i = 0; i < parts; ++i) {
    const size_t begin = i * peaks.size() / parts;
    const size_t end = std::max(begin + 1, (i + 1) * peaks.size() / parts);
    const float loudest =
        *std::max_element(peaks.begin() + static_cast<ptrdiff_t>(begin), peaks.begin() + static_cast<ptrdiff_t>(end));
    bytes.push_back(static_cast<uint8_t>(std::lround(std::min(loudest, 1.0F) * 255)));
  }
  return base64_encode(bytes);
}

SoundWriter::SoundWriter(ContainerWriter writer, Codec encoder)
    : writer_(std::move(writer)), encoder_(std::move(encoder)) {}

Outcome<SoundWriter> SoundWriter::open(int fd) {
  auto writer = ContainerWriter::open("ipod", fd);
  if (!writer) return std::unexpected(writer.error());
  const AVCodec* codec = avcodec_find_encoder_by_name("aac");
  if (codec == nullptr) return product::refuse(product::ProblemCode::kInternal, "there is no AAC encoder");
  Codec encoder(avcodec_alloc_context3(codec));
  encoder->sample_rate = kSoundHz;
  encoder->sample_fmt = AV_SAMPLE_FMT_FLTP;
  encoder->bit_rate = 64'000;
  encoder->time_base = AVRational{1, kSoundHz};
  encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
  encoder->thread_count = 1;
  av_channel_layout_default(&encoder->ch_layout, 1);
  AVStream* stream = avformat_new_stream(writer->get(), nullptr);
  const bool is_ready = avcodec_open2(encoder.get(), codec, nullptr) >= 0 && stream != nullptr &&
                        avcodec_parameters_from_context(stream->codecpar, encoder.get()) >= 0;
  if (!is_ready) return product::refuse(product::ProblemCode::kInternal, "the AAC encoder does not start");
  stream->time_base = encoder->time_base;
  if (!writer->begin()) return product::refuse(product::ProblemCode::kInternal, "the M4A cannot be begun");
  return SoundWriter(std::move(*writer), std::move(encoder));
}

bool SoundWriter::add(std::span<const float> samples) {
  waiting_.insert(waiting_.end(), samples.begin(), samples.end());
  const auto frame_size = static_cast<size_t>(encoder_->frame_size);
  size_t done = 0;
  for (; waiting_.size() - done >= frame_size; done += frame_size) {
    if (!encode(std::span<const float>(waiting_).subspan(done, frame_size))) return false;
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(done));
  return true;
}

bool SoundWriter::encode(std::span<const float> samples) {
  const Frame frame(av_frame_alloc());
  frame->format = encoder_->sample_fmt;
  frame->nb_samples = static_cast<int>(samples.size());
  frame->sample_rate = kSoundHz;
  frame->pts = position_;
  if (av_channel_layout_copy(&frame->ch_layout, &encoder_->ch_layout) < 0) return false;
  if (av_frame_get_buffer(frame.get(), 0) < 0) return false;
  std::memcpy(frame->data[0], samples.data(), samples.size_bytes());
  position_ += frame->nb_samples;
  return avcodec_send_frame(encoder_.get(), frame.get()) >= 0 && drain();
}

bool SoundWriter::drain() {
  const Packet packet(av_packet_alloc());
  while (avcodec_receive_packet(encoder_.get(), packet.get()) >= 0) {
    packet->stream_index = 0;
    av_packet_rescale_ts(packet.get(), encoder_->time_base, writer_.get()->streams[0]->time_base);
    if (!writer_.write(*packet)) return false;
  }
  return true;
}

bool SoundWriter::finish() {
  if (!waiting_.empty() && !encode(waiting_)) return false;
  return avcodec_send_frame(encoder_.get(), nullptr) >= 0 && drain() && writer_.end();
}

}  // namespace parley::media_tool
