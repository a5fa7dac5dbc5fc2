#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "media/forward/layer_selector.h"
#include "media/forward/rtp_rewriter.h"
#include "media/forward/vp8_rewriter.h"
#include "media/stream/packet_pool.h"
#include "media/stream/receive_stream.h"

namespace parley::forward {

/// The received layers of the subscribed track, indexed by layer; null where a layer has not appeared.
using LayerStreams = std::array<stream::ReceiveStream*, kMaxLayers>;

/// One subscription's decision on each packet of its track: forward or not, and with which numbers. Composes layer
/// choice, sequence and timestamp rewriting and VP8 rewriting; builds no bytes. Owner: one subscription.
class Forwarder {
 public:
  enum class Codec : uint8_t { kAudio, kVp8, kOtherVideo };

  Forwarder(Codec codec, uint32_t clock_rate, uint16_t first_sequence)
      : codec_(codec), clock_rate_(clock_rate), rewriter_(first_sequence) {}

  /// The codec became known only now: the track was subscribed to before its first packet.
  void set_codec(Codec codec, uint32_t clock_rate) {
    codec_ = codec;
    clock_rate_ = clock_rate;
  }

  struct Rewrite {
    uint16_t sequence_number;
    uint32_t timestamp;
    Vp8Rewriter::Values vp8;
    bool rewrites_vp8 = false;  ///< The payload descriptor must be changed to `vp8`.
  };
  /// What becomes of `packet` of `layer`; nullopt means that this subscriber does not get it. Runs per packet and
  /// subscriber: no allocation.
  std::optional<Rewrite> on_packet(const stream::PacketCell& packet, int layer, const LayerStreams& layers,
                                   Timestamp now);

  /// The best layer this subscriber may have; kNoLayer pauses. After a pause video waits for a key frame.
  void set_wanted_layer(int layer);
  int wanted_layer() const { return selector_.wanted(); }
  int current_layer() const { return selector_.current(); }
  /// The layer to request a key frame of, or kNoLayer.
  int needs_key_frame() const { return codec_ == Codec::kAudio ? kNoLayer : selector_.needs_key_frame(); }
  /// The layer forwarded until now has ended; the next key frame of any layer up to the wanted one takes over.
  void on_layer_ended() { selector_.restart(); }

 private:
  void apply_switch(const stream::PacketCell& packet, int layer, const LayerStreams& layers, Timestamp now);

  Codec codec_;
  uint32_t clock_rate_;
  LayerSelector selector_;
  RtpRewriter rewriter_;
  Vp8Rewriter vp8_;
  int clock_layer_ = kNoLayer;  ///< Whose clock the outgoing timestamps follow.
};

}  // namespace parley::forward
