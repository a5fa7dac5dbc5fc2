#pragma once

#include <cstdint>

#include "media/forward/forwarder.h"
#include "media/sfu/media_params.h"
#include "media/stream/send_stream.h"
#include "media/transport/srtp.h"

namespace parley::sfu {

class MediaPeer;
class Track;

/// One track sent to one participant: what to forward (Forwarder), what was sent (SendStream), and how it looks on that
/// connection (SendParams). Owner: the subscribing Participant.
class Subscription {
 public:
  Subscription(Track& track, MediaPeer& peer, SendParams params, uint16_t first_sequence);

  Track& track() const { return track_; }
  MediaPeer& peer() const { return peer_; }
  const SendParams& params() const { return params_; }
  forward::Forwarder& forwarder() { return forwarder_; }
  stream::SendStream& send() { return send_; }

  /// The best layer the subscriber asked for, 0 to 2.
  void set_max_layer(int layer) { max_layer_ = layer; }
  int max_layer() const { return max_layer_; }
  /// The subscriber switched the track off, keeping the m-line.
  void set_paused(bool paused) { is_paused_ = paused; }
  bool is_paused() const { return is_paused_; }
  /// Chooses the wanted layer from what the subscriber asked for and what flows; video then waits for its key frame.
  void update_wanted_layer();

  /// The track's codec became known.
  void on_codec_known();

  /// Encryption handles; made when the connection is up.
  transport::SrtpStream srtp_stream;
  transport::SrtpStream srtp_rtx_stream;
  bool has_srtp = false;

 private:
  Track& track_;
  MediaPeer& peer_;
  SendParams params_;
  forward::Forwarder forwarder_;
  stream::SendStream send_;
  int max_layer_ = forward::kMaxLayers - 1;
  bool is_paused_ = false;
};

}  // namespace parley::sfu
