#include "media/client/publication.h"

#include <algorithm>

namespace parley::client {
namespace {

constexpr TimeDelta kAudioInterval = TimeDelta::millis(20);

pb::VideoQuality quality_of(size_t place, size_t count) {
  if (count == 1) return pb::HIGH;
  return place == 0 ? pb::LOW : (place == 1 ? pb::MEDIUM : pb::HIGH);
}

}  // namespace

PublishSpec PublishSpec::microphone() { return {}; }

PublishSpec PublishSpec::camera_simulcast() {
  PublishSpec spec = camera_single_layer();
  spec.layers = {{"q", 320, 180, DataRate::kbps(150)},
                 {"h", 640, 360, DataRate::kbps(500)},
                 {"f", 1280, 720, DataRate::kbps(1700)}};
  return spec;
}

PublishSpec PublishSpec::camera_single_layer() {
  PublishSpec spec;
  spec.type = pb::VIDEO;
  spec.source = pb::CAMERA;
  spec.layers = {LayerSpec{}};
  return spec;
}

Publication::Publication(PublishSpec spec, std::string cid, uint32_t publisher_id, Rng& rng)
    : spec_(std::move(spec)), cid_(std::move(cid)), rng_(rng) {
  if (is_audio()) {
    encodings_.emplace_back(Encoding::Kind::kOpus, publisher_id, "", rng);
    is_active_.push_back(true);
    interval_ = kAudioInterval;
    return;
  }
  interval_ = TimeDelta::micros(1'000'000 / std::max(spec_.frames_per_second, 1));
  for (const LayerSpec& layer : spec_.layers) {
    encodings_.emplace_back(Encoding::Kind::kVp8, publisher_id, layer.rid, rng);
    sources_.emplace_back(layer.bitrate, std::max(spec_.frames_per_second, 1));
    is_active_.push_back(true);
  }
}

pb::AddTrackRequest Publication::add_track_request() const {
  pb::AddTrackRequest request;
  request.set_cid(cid_);
  request.set_name(spec_.name);
  request.set_type(spec_.type);
  request.set_source(spec_.source);
  request.set_muted(is_muted_);
  if (is_audio()) return request;
  request.set_width(spec_.layers.back().width);
  request.set_height(spec_.layers.back().height);
  for (size_t i = 0; i < spec_.layers.size(); ++i) {
    pb::VideoLayer& layer = *request.add_layers();
    layer.set_quality(quality_of(i, spec_.layers.size()));
    layer.set_width(spec_.layers[i].width);
    layer.set_height(spec_.layers[i].height);
    layer.set_bitrate(static_cast<uint32_t>(spec_.layers[i].bitrate.bps()));
  }
  pb::SimulcastCodec& codec = *request.add_simulcast_codecs();
  codec.set_codec("vp8");
  codec.set_cid(cid_);
  return request;
}

void Publication::set_muted(bool muted) {
  is_muted_ = muted;
  next_.reset();
  // A camera that is switched on again begins with a key frame.
  if (!muted) std::ranges::for_each(sources_, &VideoSource::request_key_frame);
}

void Publication::set_layer_active(int layer, bool active) {
  const auto i = static_cast<size_t>(layer);
  if (i >= is_active_.size()) return;
  if (active && !is_active_[i] && !is_audio()) sources_[i].request_key_frame();
  is_active_[i] = active;
}

Timestamp Publication::next_deadline() const {
  if (!format_ || is_muted_ || is_ended_) return Timestamp::never();
  return next_.value_or(Timestamp());
}

void Publication::send_due(Timestamp now, SendTarget& target) {
  if (!format_ || is_muted_ || is_ended_) {
    next_.reset();
    return;
  }
  // Publishers do not burst together: each begins at a random phase.
  if (!next_) next_ = now + TimeDelta::micros(static_cast<int64_t>(rng_.below(static_cast<uint64_t>(interval_.us()))));
  while (*next_ <= now) {
    for (size_t i = 0; i < encodings_.size(); ++i) {
      if (!is_active_[i]) continue;
      const VideoSource::Frame frame =
          is_audio() ? VideoSource::Frame{.bytes = next_audio_size(spec_.bitrate, rng_)} : sources_[i].next(rng_);
      encodings_[i].send_frame(frame, *format_, {*next_, now}, target);
    }
    *next_ += interval_;
    // A driver that was late drops frames, as a camera does, rather than send them in a heap.
    if (now - *next_ > interval_ * 3) *next_ = now + interval_;
  }
}

bool Publication::on_nack(uint32_t ssrc, uint16_t sequence_number, SendTarget& target) {
  for (Encoding& encoding : encodings_) {
    if (encoding.ssrc() != ssrc) continue;
    if (format_) encoding.resend(sequence_number, *format_, target);
    return true;
  }
  return false;
}

void Publication::on_key_frame_request(uint32_t ssrc) {
  for (size_t i = 0; i < sources_.size(); ++i) {
    if (encodings_[i].ssrc() != ssrc) continue;
    ++key_frame_requests_;
    sources_[i].request_key_frame();
  }
}

}  // namespace parley::client
