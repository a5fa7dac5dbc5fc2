#pragma once

#include <cstdint>

namespace parley::forward {

/// Spatial layers of one simulcast track: 0 low, 1 medium, 2 high.
inline constexpr int kMaxLayers = 3;
inline constexpr int kNoLayer = -1;

/// What a packet means for the choice of layer.
enum class LayerDecision : uint8_t {
  kForward,  ///< It belongs to the layer being forwarded.
  kSwitch,   ///< Forward it, and from here on its layer.
  kDrop,     ///< Another layer, or no key frame yet.
};

/// Which layer of a simulcast track one subscriber receives: always the wanted one, as soon as its key frame arrives,
/// and meanwhile the best other layer whose key frame does. Pure bookkeeping; who may have how much is decided
/// elsewhere and arrives through set_wanted(). Owner: one subscription.
class LayerSelector {
 public:
  /// The layer to reach; kNoLayer stops forwarding. Lowering takes effect at the lower layer's next key frame.
  void set_wanted(int layer) { wanted_ = layer; }
  int wanted() const { return wanted_; }
  int current() const { return current_; }
  /// Layer whose key frame should be requested, or kNoLayer.
  int needs_key_frame() const { return wanted_ != kNoLayer && current_ != wanted_ ? wanted_ : kNoLayer; }
  /// The next packet to forward must start a key frame: after a pause, or when the current layer ended.
  void restart() { current_ = kNoLayer; }

  /// Pure. `starts_key_frame` is meaningless (true) for codecs without one.
  LayerDecision decide(int layer, bool starts_key_frame) const {
    if (layer == current_) return wanted_ == kNoLayer ? LayerDecision::kDrop : LayerDecision::kForward;
    if (wanted_ == kNoLayer || !starts_key_frame) return LayerDecision::kDrop;
    if (layer == wanted_) return LayerDecision::kSwitch;
    // A step towards the wanted layer, from nothing or from further below. Never away from it, never above it.
    const bool is_step_up = layer < wanted_ && layer > current_;
    return is_step_up ? LayerDecision::kSwitch : LayerDecision::kDrop;
  }
  /// The caller follows a kSwitch.
  void apply_switch(int layer) { current_ = layer; }

 private:
  int wanted_ = kNoLayer;
  int current_ = kNoLayer;
};

}  // namespace parley::forward
