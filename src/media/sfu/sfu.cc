#include "media/sfu/sfu.h"

#include <algorithm>

namespace parley::sfu {
namespace {

/// A random first number (RFC 3550 §5.1), below 32,768: a receiver that misses the packets before a roll-over near the
/// start would guess the wrong counter and decrypt nothing after it (RFC 3711 §3.3.1).
uint16_t first_sequence(Rng& rng) { return rng.next_u16() & 0x7fff; }

}  // namespace

Sfu::~Sfu() {
  Outputs out;
  while (!rooms_.empty()) {
    Room* room = rooms_.back().get();
    while (!room->participants_.empty()) remove_participant(room->participants_.back().get(), out);
    remove_room(room);
  }
}

Room* Sfu::add_room() {
  rooms_.push_back(std::make_unique<Room>());
  return rooms_.back().get();
}

void Sfu::remove_room(Room* room) {
  PARLEY_CHECK(room->participants_.empty());
  std::erase(pending_rooms_, room);
  std::erase_if(rooms_, [room](const auto& r) { return r.get() == room; });
}

Participant* Sfu::add_participant(Room* room) {
  room->participants_.push_back(std::make_unique<Participant>(*room));
  return room->participants_.back().get();
}

void Sfu::remove_participant(Participant* participant, Outputs& out) {
  Room& room = participant->room();
  while (!participant->tracks_.empty()) remove_track(participant->tracks_.back().get());
  for (const auto& subscription : participant->subscriptions_) {
    if (subscription) unsubscribe(participant, &subscription->track());
  }
  while (!participant->peers_.empty()) remove_peer(participant->peers_.back().get(), out);
  const auto at = std::ranges::find(room.participants_, participant, [](const auto& p) { return p.get(); });
  const auto place = static_cast<size_t>(at - room.participants_.begin());
  room.participants_.erase(at);
  if (place < room.next_participant_) --room.next_participant_;
}

MediaPeer* Sfu::add_peer(Participant* participant) {
  const PeerId id{++last_peer_id_};
  transport::PeerOptions options;
  options.role = transport::DtlsRole::kServer;
  options.dtls = config_.dtls;
  options.srtp = config_.srtp;
  options.sctp = config_.sctp;
  options.sctp_mailbox = config_.mailbox;
  options.sctp_tag = id.value();
  options.ice = make_credentials();
  participant->peers_.push_back(std::make_unique<MediaPeer>(*participant, id, std::move(options)));
  MediaPeer* peer = participant->peers_.back().get();
  peer->local_ssrc = make_ssrc();
  peers_[id] = peer;
  live_peers_.insert(peer);
  register_ufrags(*peer);
  return peer;
}

transport::IceCredentials Sfu::make_credentials() {
  transport::IceCredentials credentials = transport::IceCredentials::make(rng_);
  credentials.ufrag.front() = config_.ufrag_prefix;
  return credentials;
}

void Sfu::register_ufrags(MediaPeer& peer) {
  // A generation further back than the previous one is no longer answered.
  if (peer.ufrags.size() == 2) {
    by_ufrag_.erase(peer.ufrags.front());
    peer.ufrags.erase(peer.ufrags.begin());
  }
  peer.ufrags.push_back(peer.transport().ice_credentials().ufrag);
  by_ufrag_[peer.ufrags.back()] = &peer;
}

void Sfu::restart_ice(MediaPeer* peer) {
  peer->transport().restart_ice(make_credentials());
  peer->refresh_route();
  register_ufrags(*peer);
}

void Sfu::remove_peer(MediaPeer* peer, Outputs& out) {
  PARLEY_CHECK(peer->subscriptions().empty());
  peer->transport().close(out.transport);
  // What happens while closing is of no interest to anyone any more.
  out.transport.events.clear();
  for (const Path& path : peer->known_paths) by_path_.erase(path);
  for (const std::string& ufrag : peer->ufrags) by_ufrag_.erase(ufrag);
  peers_.erase(peer->id());
  live_peers_.erase(peer);
  std::erase(feedback_due_, peer);
  Participant& participant = peer->participant();
  for (const auto& track : participant.tracks_) {
    if (track->peer() == peer) track->set_peer(nullptr);
  }
  std::erase_if(participant.peers_, [peer](const auto& p) { return p.get() == peer; });
}

size_t Room::take_slot(Track* track) {
  const auto free = std::find(slots_.begin(), slots_.end(), nullptr);
  if (free != slots_.end()) {
    *free = track;
    return static_cast<size_t>(free - slots_.begin());
  }
  slots_.push_back(track);
  return slots_.size() - 1;
}

Track* Sfu::add_track(Participant* participant, TrackParams params) {
  Room& room = participant->room();
  const size_t slot = room.take_slot(nullptr);
  participant->tracks_.push_back(std::make_unique<Track>(*participant, params, slot));
  Track* track = participant->tracks_.back().get();
  room.slots_[slot] = track;
  return track;
}

void Sfu::unlist(Track* track) {
  Room& room = track->publisher().room();
  track->clear_packets();
  std::erase(room.pending_tracks_, track);
  std::erase(room.leaving_tracks_, track);
  std::erase(started_tracks_, track);
}

void Sfu::remove_track(Track* track) {
  unlist(track);
  Participant& publisher = track->publisher();
  Room& room = publisher.room();
  for (const auto& participant : room.participants_) unsubscribe(participant.get(), track);
  for (const auto& peer : publisher.peers_) peer->forget_track(track);
  room.slots_[track->slot()] = nullptr;
  std::erase_if(publisher.tracks_, [track](const auto& t) { return t.get() == track; });
}

void Sfu::set_muted(Track* track, bool muted) {
  if (track->is_muted() == muted) return;
  track->set_muted(muted);
  if (muted) return;
  // What was held back must leave no gap: the stream begins anew, video with a key frame.
  for (Subscription* subscription : track->subscriptions()) {
    subscription->forwarder().on_layer_ended();
    request_key_frame(*subscription);
  }
}

Subscription* Sfu::subscribe(Participant* participant, Track* track, MediaPeer* peer, SendParams params) {
  const size_t slot = track->slot();
  if (participant->subscriptions_.size() <= slot) participant->subscriptions_.resize(slot + 1);
  auto& place = participant->subscriptions_[slot];
  PARLEY_CHECK(!place);
  place = std::make_unique<Subscription>(*track, *peer, std::move(params), first_sequence(rng_));
  place->send().set_rtx_sequence(first_sequence(rng_));
  peer->add_subscription(place.get());
  track->subscriptions().push_back(place.get());
  request_key_frame(*place);
  return place.get();
}

void Sfu::unsubscribe(Participant* participant, Track* track) {
  Subscription* subscription = participant->subscription(track->slot());
  if (!subscription) return;
  std::erase(track->subscriptions(), subscription);
  subscription->peer().remove_subscription(subscription);
  participant->subscriptions_[track->slot()].reset();
}

void Sfu::request_key_frame(Subscription& subscription) {
  const int layer = subscription.forwarder().needs_key_frame();
  if (layer == forward::kNoLayer) return;
  Track& track = subscription.track();
  track.key_frame(layer).want();
  if (MediaPeer* publisher = track.peer()) mark_feedback_due(*publisher);
}

MediaPeer* Sfu::peer_by_ufrag(std::string_view ufrag) {
  const auto it = by_ufrag_.find(std::string(ufrag));
  return it == by_ufrag_.end() ? nullptr : it->second;
}

void Sfu::take_transport_events(MediaPeer& peer, Outputs& out) {
  using Kind = transport::PeerEvent::Kind;
  peer.refresh_route();
  for (transport::PeerEvent& event : out.transport.events) {
    switch (event.kind) {
      case Kind::kConnected:
        out.events.push_back(PeerConnected{&peer});
        break;
      case Kind::kDisconnected:
        out.events.push_back(PeerDisconnected{&peer});
        break;
      case Kind::kReconnected:
        out.events.push_back(PeerReconnected{&peer});
        break;
      case Kind::kFailed:
      case Kind::kDtlsFailed:
        out.events.push_back(PeerFailed{&peer});
        break;
      case Kind::kPathChanged:
      case Kind::kDtlsClosed:
        break;
      case Kind::kData:
        if (event.sctp.kind == transport::SctpEvent::Kind::kChannelOpened) {
          out.events.push_back(DataChannelOpened{&peer, event.sctp.channel, event.sctp.parameters.label});
        } else if (event.sctp.kind == transport::SctpEvent::Kind::kMessage) {
          out.events.push_back(
              DataReceived{&peer, event.sctp.channel, event.sctp.data_kind, std::move(event.sctp.payload)});
        }
        break;
    }
  }
  out.transport.events.clear();
  if (peer.wants_data_room && peer.transport().buffered_amount() < transport::kSctpSendBuffer / 2) {
    peer.wants_data_room = false;
    out.events.push_back(DataRoomAvailable{&peer});
  }
}

void Sfu::after_transport(MediaPeer& peer, Outputs& out) {
  take_transport_events(peer, out);
  schedule(peer, peer_deadline(peer));
}

}  // namespace parley::sfu
