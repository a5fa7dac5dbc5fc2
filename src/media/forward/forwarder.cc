#include "media/forward/forwarder.h"

namespace parley::forward {
namespace {

std::optional<stream::ClockReference> clock_of(const LayerStreams& layers, int layer) {
  if (layer == kNoLayer || !layers[static_cast<size_t>(layer)]) return std::nullopt;
  return layers[static_cast<size_t>(layer)]->clock_reference();
}

}  // namespace

std::optional<Forwarder::Rewrite> Forwarder::on_packet(const stream::PacketCell& packet, int layer,
                                                       const LayerStreams& layers, Timestamp now) {
  const bool may_start = codec_ == Codec::kAudio || packet.media.starts_key_frame;
  switch (selector_.decide(layer, may_start)) {
    case LayerDecision::kDrop:
      return std::nullopt;
    case LayerDecision::kSwitch:
      apply_switch(packet, layer, layers, now);
      break;
    case LayerDecision::kForward:
      break;
  }
  if (packet.payload_size == 0) {
    // Padding only: a probe for us, nothing for a subscriber.
    rewriter_.on_dropped(packet.sequence);
    return std::nullopt;
  }
  const auto numbers = rewriter_.map(packet.sequence, packet.timestamp, now);
  if (!numbers) return std::nullopt;
  Rewrite rewrite{numbers->sequence_number, numbers->timestamp, {}, false};
  if (codec_ == Codec::kVp8) {
    rewrite.vp8 = vp8_.map(packet.media);
    rewrite.rewrites_vp8 = !vp8_.is_identity();
  }
  return rewrite;
}

void Forwarder::apply_switch(const stream::PacketCell& packet, int layer, const LayerStreams& layers, Timestamp now) {
  rewriter_.on_switch({.source_sequence = packet.sequence,
                       .source_timestamp = packet.timestamp,
                       .old_clock = clock_of(layers, clock_layer_),
                       .new_clock = clock_of(layers, layer),
                       .clock_rate = clock_rate_,
                       .now = now});
  if (codec_ == Codec::kVp8) vp8_.on_switch(packet.media);
  selector_.apply_switch(layer);
  clock_layer_ = layer;
}

void Forwarder::set_wanted_layer(int layer) {
  selector_.set_wanted(layer);
  if (layer == kNoLayer) selector_.restart();
}

}  // namespace parley::forward
