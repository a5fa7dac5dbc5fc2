#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/strong_id.h"
#include "media/congestion/feedback_generator.h"
#include "media/sfu/media_params.h"
#include "media/sfu/subscription.h"
#include "media/sfu/track.h"
#include "media/transport/peer.h"
#include "media/wire/rtp.h"

namespace parley::sfu {

struct PeerIdTag {};
using PeerId = StrongId<PeerIdTag, uint64_t>;

class Participant;

/// Where packets of one received SSRC go.
struct ReceiveBinding {
  Track* track = nullptr;
  stream::ReceiveStream* stream = nullptr;
  const ReceiveSection* section = nullptr;
  int layer = 0;
  bool is_rtx = false;
};

/// One peer connection of a participant: its transport, and what negotiation said about the streams in it.
/// Owner: its Participant; never leaves its shard.
class MediaPeer {
 public:
  /// SSRCs a client may bind: 3 layers and their RTX for about ten tracks.
  static constexpr size_t kMaxBindings = 128;

  MediaPeer(Participant& participant, PeerId id, transport::PeerOptions options)
      : participant_(participant), id_(id), transport_(std::move(options)) {}

  Participant& participant() const { return participant_; }
  PeerId id() const { return id_; }
  transport::Peer& transport() { return transport_; }
  const transport::Peer& transport() const { return transport_; }
  bool is_connected() const { return transport_.is_connected(); }
  /// Where and with which keys media goes. A copy of what the transport knows, because every packet needs it and the
  /// transport's parts lie far apart.
  struct Route {
    transport::SrtpSender* srtp = nullptr;  ///< Null while nothing may be sent.
    Path path;
  };
  const Route& route() const { return route_; }
  /// After anything that may have changed the transport's state.
  void refresh_route();

  /// Replaces what the client may send. Bindings of sections that stay are kept.
  void set_receive(std::vector<ReceiveSection> sections, const wire::ExtensionIds& extensions);
  const std::vector<ReceiveSection>& receive_sections() const { return sections_; }
  const wire::ExtensionIds& receive_extensions() const { return extensions_; }
  /// The binding of `ssrc`, or null: resolve() it from a packet's header extensions.
  ReceiveBinding* binding(uint32_t ssrc) {
    const auto it = bindings_.find(ssrc);
    return it == bindings_.end() ? nullptr : &it->second;
  }
  /// Makes the binding of an SSRC seen for the first time, from mid and rid (RFC 8852, RFC 9143 §9.2), a declared
  /// SSRC, or a payload type that only one section has. Null when nothing fits yet, or the limit is reached.
  ReceiveBinding* resolve(const wire::RtpView& packet);
  void forget_track(const Track* track);

  void add_subscription(Subscription* subscription);
  void remove_subscription(Subscription* subscription);
  /// The subscription that sends on `ssrc` (its media or its RTX stream), or null.
  Subscription* subscription_by_ssrc(uint32_t ssrc) const {
    const auto it = send_by_ssrc_.find(ssrc);
    return it == send_by_ssrc_.end() ? nullptr : it->second;
  }
  const std::vector<Subscription*>& subscriptions() const { return subscriptions_; }

  congestion::FeedbackGenerator& feedback() { return feedback_; }
  /// An SSRC of ours for feedback that belongs to no stream.
  uint32_t local_ssrc = 1;
  /// Round-trip time from the last receiver report (RFC 3550 §6.4.1).
  std::optional<TimeDelta> rtt;
  /// The client's own estimate of what it can receive (REMB).
  std::optional<DataRate> receiver_estimate;

  /// Somebody waits for the data channels' send buffer to empty: DataRoomAvailable is raised once it is half empty.
  bool wants_data_room = false;

  // Bookkeeping of the packet path: the pass and the timer queue this peer is listed in.
  Timestamp scheduled = Timestamp::never();
  Timestamp next_report;
  Timestamp next_nack = Timestamp::never();
  std::vector<Path> known_paths;
  std::vector<std::string> ufrags;  ///< That name this peer in checks: the present one and the one before.
  bool has_feedback_due = false;

 private:
  struct Identified {
    const ReceiveSection* section = nullptr;
    int layer = 0;
    bool is_rtx = false;
  };
  std::optional<Identified> identify(const wire::RtpView& packet) const;
  const ReceiveSection* section_by_payload_type(uint8_t payload_type) const;

  Participant& participant_;
  PeerId id_;
  Route route_;
  transport::Peer transport_;
  std::vector<ReceiveSection> sections_;
  wire::ExtensionIds extensions_;
  std::unordered_map<uint32_t, ReceiveBinding> bindings_;
  std::unordered_map<uint32_t, Subscription*> send_by_ssrc_;
  std::vector<Subscription*> subscriptions_;
  congestion::FeedbackGenerator feedback_;
};

}  // namespace parley::sfu
