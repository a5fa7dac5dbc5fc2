#include "media/sfu/track.h"

#include <algorithm>

#include "media/sfu/subscription.h"

namespace parley::sfu {

void Track::set_codec(Codec codec) {
  codec_ = codec;
  for (Subscription* subscription : subscriptions_) subscription->on_codec_known();
}

stream::ReceiveStream& Track::layer(int layer, uint32_t ssrc, uint32_t clock_rate) {
  const auto i = static_cast<size_t>(layer);
  if (!layers_[i] || layers_[i]->ssrc() != ssrc) {
    // Packets of the old stream must not be forwarded as if they were of the new one.
    for (auto* packets : {&pending_, &leaving_}) {
      std::erase_if(*packets, [layer](const PendingPacket& p) { return p.layer == layer; });
    }
    layers_[i] = std::make_unique<stream::ReceiveStream>(ssrc, params_.kind, clock_rate);
    layer_view_[i] = layers_[i].get();
  }
  return *layers_[i];
}

int Track::best_live_layer(int limit) const {
  Timestamp newest;
  for (const auto& layer : layers_) {
    if (layer && layer->stats().has_packets()) newest = std::max(newest, layer->stats().last_arrival());
  }
  for (int i = std::min(limit, forward::kMaxLayers - 1); i >= 0; --i) {
    const auto& layer = layers_[static_cast<size_t>(i)];
    if (layer && layer->is_live(newest, kLayerPatience)) return i;
  }
  return forward::kNoLayer;
}

void Track::add_pending(PendingPacket packet) {
  // Audio packets are whole frames; so is the end of a video frame.
  if (params_.kind == MediaKind::kAudio || packet.packet->marker) has_complete_frame_ = true;
  has_media_ = true;
  pending_.push_back(std::move(packet));
}

bool Track::holds(const stream::PacketCell& cell) const {
  const auto is_it = [&cell](const PendingPacket& p) { return p.packet.get() == &cell; };
  return std::ranges::any_of(pending_, is_it) || std::ranges::any_of(leaving_, is_it);
}

}  // namespace parley::sfu
