#include "media/sfu/subscription.h"

#include "media/sfu/track.h"

namespace parley::sfu {
namespace {

forward::Forwarder::Codec forwarder_codec(const Track& track) {
  if (track.kind() == MediaKind::kAudio) return forward::Forwarder::Codec::kAudio;
  return track.codec() == Codec::kVp8 ? forward::Forwarder::Codec::kVp8 : forward::Forwarder::Codec::kOtherVideo;
}

uint32_t clock_rate_of(const Track& track) {
  if (track.kind() == MediaKind::kVideo) return 90'000;
  // RFC 3551 §4.5.2: G.722, PCMU and PCMA all count at 8 kHz.
  return track.codec() == Codec::kOpus || track.codec() == Codec::kUnknown ? 48'000 : 8'000;
}

}  // namespace

Subscription::Subscription(Track& track, MediaPeer& peer, SendParams params, uint16_t first_sequence)
    : track_(track),
      peer_(peer),
      params_(std::move(params)),
      forwarder_(forwarder_codec(track), clock_rate_of(track), first_sequence),
      send_(params_.ssrc, params_.rtx_ssrc, clock_rate_of(track),
            track.kind() == MediaKind::kVideo ? stream::SendStream::kVideoMap : stream::SendStream::kAudioMap) {
  update_wanted_layer();
}

void Subscription::on_codec_known() {
  forwarder_.set_codec(forwarder_codec(track_), clock_rate_of(track_));
  send_.set_clock_rate(clock_rate_of(track_));
}

void Subscription::update_wanted_layer() {
  if (is_paused_) {
    forwarder_.set_wanted_layer(forward::kNoLayer);
    return;
  }
  if (track_.kind() == MediaKind::kAudio) {
    forwarder_.set_wanted_layer(0);
    return;
  }
  // Before anything flows the lowest layer is as good a guess as any: a key frame of any layer starts the picture.
  const int live = track_.best_live_layer(max_layer_);
  const int lowest = track_.best_live_layer(forward::kMaxLayers - 1);
  const int wanted = live != forward::kNoLayer ? live : (lowest != forward::kNoLayer ? lowest : 0);
  const int current = forwarder_.current_layer();
  forwarder_.set_wanted_layer(wanted);
  if (current != forward::kNoLayer && current != wanted) {
    const auto* stream = track_.layers()[static_cast<size_t>(current)];
    const auto* better = track_.layers()[static_cast<size_t>(wanted)];
    const bool has_ended =
        !stream || !better || !stream->is_live(better->stats().last_arrival(), Track::kLayerPatience);
    if (has_ended) forwarder_.on_layer_ended();
  }
}

}  // namespace parley::sfu
