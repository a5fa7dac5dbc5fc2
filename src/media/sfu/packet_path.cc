// The path of a media packet, top to bottom: a datagram comes in, is decrypted into a cell and placed in its track; at
// the end of the pass it goes out to every subscriber. Nothing here allocates once the shard is warm.

#include <algorithm>

#include "media/sfu/packet_meta.h"
#include "media/sfu/sfu.h"
#include "media/wire/demux.h"
#include "media/wire/rtp.h"
#include "media/wire/rtx.h"
#include "media/wire/stun.h"
#include "media/wire/vp8.h"

namespace parley::sfu {

Verdict Sfu::on_datagram(const Path& from, ByteView datagram, Timestamp now, Outputs& out) {
  counters_.received_bytes += datagram.size();
  Verdict verdict = Verdict::kDropUnknownPath;
  if (datagram.size() > stream::PacketCell::kCapacity) {
    verdict = Verdict::kDropOversized;
  } else if (MediaPeer* peer = find_peer(from, datagram)) {
    if (!spare_) spare_ = pool_.acquire();
    if (!spare_) {
      verdict = Verdict::kDropNoCell;
    } else {
      const transport::PeerPacket packet =
          peer->transport().on_datagram(from, datagram, spare_->bytes, now, out.transport);
      switch (packet.verdict) {
        case transport::PeerVerdict::kRtp:
          verdict = on_rtp(*peer, packet.size, datagram.size(), now);
          break;
        case transport::PeerVerdict::kRtcp:
          verdict = on_rtcp(*peer, ByteView(spare_->bytes, packet.size), now, out);
          break;
        case transport::PeerVerdict::kControl:
          verdict = Verdict::kControl;
          if (wire::classify(datagram) == wire::PacketKind::kStun) learn_path(*peer, from);
          after_transport(*peer, out);
          break;
        default:
          verdict = Verdict::kDropTransport;
      }
    }
  }
  ++counters_.received[static_cast<size_t>(verdict)];
  return verdict;
}

MediaPeer* Sfu::find_peer(const Path& from, ByteView datagram) {
  const bool is_stun = wire::classify(datagram) == wire::PacketKind::kStun;
  const auto known = by_path_.find(from);
  if (known != by_path_.end() && !is_stun) return known->second;
  if (is_stun) {
    // A check names its peer, whatever address it comes from: the address may have been another peer's before.
    const auto message = wire::parse_stun(datagram);
    if (!message || !message->username) return nullptr;
    const auto names = wire::split_username(*message->username);
    if (names) return peer_by_ufrag(names->receiver);
  }
  return nullptr;
}

void Sfu::learn_path(MediaPeer& peer, const Path& from) {
  const auto known = by_path_.find(from);
  if (known != by_path_.end() && known->second == &peer) return;
  // A check that proves nothing (an indication, a replay) must not take a place from paths that do.
  if (!peer.transport().is_validated(from)) return;
  if (known != by_path_.end()) std::erase(known->second->known_paths, from);
  if (peer.known_paths.size() >= transport::kIceMaxPaths) {
    by_path_.erase(peer.known_paths.front());
    peer.known_paths.erase(peer.known_paths.begin());
  }
  peer.known_paths.push_back(from);
  by_path_[from] = &peer;
}

Verdict Sfu::on_rtp(MediaPeer& peer, size_t size, size_t wire_size, Timestamp now) {
  const auto parsed = wire::parse_rtp(ByteView(spare_->bytes, size));
  if (!parsed) return Verdict::kDropMalformed;
  const wire::RtpView& rtp = *parsed;
  if (const uint8_t id = peer.receive_extensions().id_of(wire::RtpExtensionKind::kTransportSequence); id != 0) {
    if (const auto bytes = rtp.extension(id)) {
      if (const auto sequence = wire::parse_transport_sequence(*bytes)) {
        const bool was_idle = peer.feedback().next_deadline().is_never();
        peer.feedback().on_packet(*sequence, now);
        if (was_idle || peer.feedback().is_full()) schedule(peer, peer.feedback().next_deadline());
      }
    }
  }
  ReceiveBinding* binding = peer.binding(rtp.ssrc);
  if (!binding) binding = peer.resolve(rtp);
  if (!binding) return Verdict::kDropUnknownStream;
  stream::PacketCell& cell = *spare_;
  fill_header(cell, rtp, peer.receive_extensions());
  uint16_t sequence_number = rtp.sequence_number;
  if (binding->is_rtx) {
    // RFC 4588 §4: the payload begins with the number that the packet had when it was lost.
    const auto rtx = wire::parse_rtx(rtp.payload());
    if (!rtx || rtx->payload.empty()) return Verdict::kControl;  // Padding sent as a probe.
    sequence_number = rtx->original_sequence_number;
    cell.payload_offset = static_cast<uint16_t>(cell.payload_offset + wire::kRtxHeaderSize);
    cell.payload_size = static_cast<uint16_t>(cell.payload_size - wire::kRtxHeaderSize);
  }
  return place(peer, *binding, sequence_number, wire_size, now);
}

Verdict Sfu::place(MediaPeer& peer, const ReceiveBinding& binding, uint16_t sequence_number, size_t wire_size,
                   Timestamp now) {
  Track& track = *binding.track;
  stream::ReceiveStream* stream = binding.is_rtx ? track.layers()[static_cast<size_t>(binding.layer)] : binding.stream;
  if (!stream) return Verdict::kDropUnknownStream;
  fill_media(*spare_, track);
  const size_t missing_before = stream->nacks().missing_count();
  switch (stream->on_packet(spare_, sequence_number, wire_size, now)) {
    case stream::PacketHistory::Inserted::kDuplicate:
      return Verdict::kDropDuplicate;
    case stream::PacketHistory::Inserted::kTooOld:
      return Verdict::kDropTooOld;
    case stream::PacketHistory::Inserted::kNew:
      break;
  }
  if (stream->nacks().missing_count() > missing_before) mark_feedback_due(peer);
  if (spare_->media.starts_key_frame) track.key_frame(binding.layer).on_key_frame();
  if (spare_->media.has_audio_level) track.speaker().on_level(spare_->media.audio_level, kAudioPacketTime);
  if (track.is_muted()) {
    spare_.reset();
    return Verdict::kDropMuted;
  }
  list_pending(track, {std::move(spare_), binding.layer});
  return Verdict::kForward;
}

void Sfu::mark_feedback_due(MediaPeer& peer) {
  if (peer.has_feedback_due) return;
  peer.has_feedback_due = true;
  feedback_due_.push_back(&peer);
}

void Sfu::list_pending(Track& track, PendingPacket packet) {
  Room& room = track.publisher().room();
  if (track.pending().empty()) {
    if (room.pending_tracks_.empty()) room.pending_since_ = packet.packet->arrival;
    room.pending_tracks_.push_back(&track);
  }
  if (!room.is_listed_) {
    room.is_listed_ = true;
    pending_rooms_.push_back(&room);
  }
  if (!track.has_media()) started_tracks_.push_back(&track);
  track.add_pending(std::move(packet));
}

void Sfu::end_pass(Timestamp now, Outputs& out) {
  for (Track* track : started_tracks_) out.events.push_back(TrackStarted{track});
  started_tracks_.clear();
  // Requests to publishers first: they are short and the sooner they leave the sooner a loss is mended.
  for (MediaPeer* peer : feedback_due_) {
    peer->has_feedback_due = false;
    send_feedback(*peer, now, out);
  }
  feedback_due_.clear();
  size_t kept = 0;
  for (size_t i = 0; i < pending_rooms_.size(); ++i) {
    Room& room = *pending_rooms_[i];
    if (room.leaving_tracks_.empty() && !must_wait(room, now)) begin_round(room);
    if (!room.leaving_tracks_.empty()) forward_room(room, now, out);
    room.is_listed_ = !room.leaving_tracks_.empty() || !room.pending_tracks_.empty();
    if (room.is_listed_) pending_rooms_[kept++] = &room;
  }
  pending_rooms_.resize(kept);
}

bool Sfu::must_wait(const Room& room, Timestamp now) const {
  if (room.pending_tracks_.empty()) return true;
  if (now - room.pending_since_ >= config_.max_hold) return false;
  for (const Track* track : room.pending_tracks_) {
    if (track->has_complete_frame() || track->pending().size() >= Track::kMaxPending) return false;
    if (track->subscriptions().size() < config_.hold_from_subscriptions) return false;
  }
  return true;
}

void Sfu::begin_round(Room& room) {
  room.leaving_tracks_.swap(room.pending_tracks_);
  room.next_participant_ = 0;
  for (Track* track : room.leaving_tracks_) {
    track->begin_round();
    if (track->kind() == MediaKind::kVideo) equalise(track->leaving(), config_.max_padding);
  }
}

void Sfu::forward_room(Room& room, Timestamp now, Outputs& out) {
  // Subscriber outside, packets inside: what goes to one address leaves in one burst, and its keys stay in the cache.
  for (; room.next_participant_ < room.participants_.size(); ++room.next_participant_) {
    if (out.packets().bytes() >= config_.max_pass_bytes) return;
    const Participant& participant = *room.participants_[room.next_participant_];
    for (Track* track : room.leaving_tracks_) {
      if (Subscription* subscription = participant.subscription(track->slot())) {
        forward_track(*subscription, now, out);
      }
    }
  }
  for (Track* track : room.leaving_tracks_) track->end_round();
  room.leaving_tracks_.clear();
}

void Sfu::forward_track(Subscription& subscription, Timestamp now, Outputs& out) {
  if (!subscription.peer().route().srtp) return;
  if (!subscription.has_srtp && !prepare_srtp(subscription)) return;
  const forward::Forwarder& forwarder = subscription.forwarder();
  for (const PendingPacket& pending : subscription.track().leaving()) {
    const int layer_before = forwarder.current_layer();
    forward_packet(subscription, *pending.packet, pending.layer, now, out);
    if (forwarder.current_layer() != layer_before) forward_overtaken(subscription, pending, now, out);
  }
}

void Sfu::forward_packet(Subscription& subscription, const stream::PacketCell& cell, int layer, Timestamp now,
                         Outputs& out) {
  const auto rewrite = subscription.forwarder().on_packet(cell, layer, subscription.track().layers(), now);
  if (!rewrite || !write_media(subscription, cell, *rewrite, out.packets())) return;
  subscription.send().on_sent({.sequence_number = rewrite->sequence_number,
                               .source_sequence_number = static_cast<uint16_t>(cell.sequence),
                               .timestamp = rewrite->timestamp,
                               .picture_id = rewrite->vp8.picture_id,
                               .tl0_picture_index = rewrite->vp8.tl0_picture_index,
                               .layer = static_cast<uint8_t>(layer),
                               .rewrites_vp8 = rewrite->rewrites_vp8,
                               .is_used = true},
                              cell.payload_size, now);
}

void Sfu::forward_overtaken(Subscription& subscription, const PendingPacket& first, Timestamp now, Outputs& out) {
  // The first packet of a key frame was repaired, and the rest of the frame overtook it: that was dropped, for nothing
  // had begun yet. What waits for its round, or is in this one, comes by itself.
  const Track& track = subscription.track();
  stream::ReceiveStream& source = *track.layers()[static_cast<size_t>(first.layer)];
  for (int64_t sequence = first.packet->sequence + 1; sequence <= source.newest_sequence(); ++sequence) {
    const stream::PacketCell* cell = source.history().find(sequence);
    if (cell && !track.holds(*cell)) forward_packet(subscription, *cell, first.layer, now, out);
  }
}

bool Sfu::prepare_srtp(Subscription& subscription) {
  transport::SrtpSender* srtp = subscription.peer().transport().srtp();
  if (!srtp) return false;
  const auto stream = srtp->stream(subscription.params().ssrc);
  if (!stream) return false;
  subscription.srtp_stream = *stream;
  if (subscription.params().rtx_ssrc != 0) {
    const auto rtx = srtp->stream(subscription.params().rtx_ssrc);
    if (!rtx) return false;
    subscription.srtp_rtx_stream = *rtx;
  }
  subscription.has_srtp = true;
  return true;
}

bool Sfu::write_media(const Subscription& subscription, const stream::PacketCell& cell,
                      const forward::Forwarder::Rewrite& rewrite, PacketBatch& batch) {
  const SendParams& params = subscription.params();
  const OutgoingHeader header{.payload_type = params.payload_type,
                              .ssrc = params.ssrc,
                              .sequence_number = rewrite.sequence_number,
                              .timestamp = rewrite.timestamp,
                              .original_sequence_number = std::nullopt,
                              .vp8 = rewrite.rewrites_vp8 ? std::optional(rewrite.vp8) : std::nullopt};
  if (!write_packet(subscription, subscription.srtp_stream, cell, header, batch)) return false;
  ++counters_.forwarded_packets;
  counters_.forwarded_bytes += cell.payload_size;
  return true;
}

bool Sfu::write_packet(const Subscription& subscription, transport::SrtpStream stream, const stream::PacketCell& cell,
                       const OutgoingHeader& header, PacketBatch& batch) {
  const MediaPeer::Route& route = subscription.peer().route();
  const SendParams& params = subscription.params();
  // A resend on the same SSRC must be the same bytes; one by RTX needs no padding.
  const bool has_padding = cell.padding_size > 0 && !header.original_sequence_number;
  ByteView payload = has_padding ? cell.padded_payload() : cell.payload();
  uint8_t* dst =
      batch.reserve(kMaxOutgoingHeader + payload.size() + wire::kRtxHeaderSize + transport::kSrtpMaxOverhead);
  // Extension ids belong to the subscriber's connection; an id of 0 leaves the extension out.
  const wire::RtpExtension extensions[] = {
      {cell.capture_time_size > 0 ? params.capture_time_id : uint8_t{0}, cell.capture_time()},
      {cell.dependency_size > 0 ? params.dependency_descriptor_id : uint8_t{0}, cell.dependency_descriptor()},
  };
  const size_t header_size = wire::write_rtp_header({.timestamp = header.timestamp,
                                                     .ssrc = header.ssrc,
                                                     .sequence_number = header.sequence_number,
                                                     .payload_type = header.payload_type,
                                                     .marker = cell.marker,
                                                     .has_padding = has_padding},
                                                    extensions, MutableByteView(dst, kMaxOutgoingHeader));
  if (header_size == 0) return false;
  if (header.original_sequence_number || header.vp8) {
    payload = copy_payload(payload, header, dst + header_size);
  }
  const auto size = route.srtp->protect(stream, dst, header_size, payload);
  if (!size) {
    ++counters_.protect_failures;
    return false;
  }
  batch.commit(route.path, *size);
  return true;
}

ByteView Sfu::copy_payload(ByteView payload, const OutgoingHeader& header, uint8_t* dst) {
  size_t prefix = 0;
  if (header.original_sequence_number) {
    prefix = wire::kRtxHeaderSize;
    wire::write_rtx_header(*header.original_sequence_number, MutableByteView(dst, prefix));
  }
  std::memcpy(dst + prefix, payload.data(), payload.size());
  if (header.vp8) {
    const MutableByteView copy(dst + prefix, payload.size());
    if (const auto descriptor = wire::parse_vp8(copy)) {
      wire::rewrite_vp8(copy, *descriptor,
                        {.picture_id = header.vp8->picture_id,
                         .tl0_picture_index = header.vp8->tl0_picture_index,
                         .key_index = descriptor->key_index.value_or(0)});
    }
  }
  return {dst, prefix + payload.size()};
}

}  // namespace parley::sfu
