#pragma once

#include <cstdint>

#include "media/stream/packet_pool.h"

namespace parley::forward {

/// Keeps VP8 picture ids and TL0PICIDX continuous when the forwarded layer changes (RFC 7741 §4.2): decoders freeze on
/// a jump. Offsets only; within one layer the publisher's own steps are kept. Owner: one subscription.
class Vp8Rewriter {
 public:
  struct Values {
    uint16_t picture_id = 0;  ///< 15 bits.
    uint8_t tl0_picture_index = 0;
  };
  /// `first` is the first packet of the layer forwarded from now on.
  void on_switch(const stream::MediaMeta& first);
  Values map(const stream::MediaMeta& media);
  /// True when map() changes nothing, so the publisher's bytes can be sent as they are.
  bool is_identity() const { return picture_offset_ == 0 && tl0_offset_ == 0; }

 private:
  uint16_t picture_offset_ = 0;
  uint8_t tl0_offset_ = 0;
  uint16_t newest_picture_ = 0;  ///< Outgoing.
  uint8_t newest_tl0_ = 0;
  bool has_sent_ = false;
};

}  // namespace parley::forward
