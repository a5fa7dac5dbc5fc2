// What happens because time passes: transport deadlines, feedback, reports, repeated requests, speakers.

#include <algorithm>

#include "media/sfu/sfu.h"

namespace parley::sfu {
namespace {

/// Reports go out this often per peer. RFC 3550 §6.2 would scale it with bandwidth; every WebRTC endpoint sends about
/// one a second, and round-trip times are as fresh as this.
constexpr TimeDelta kReportInterval = TimeDelta::seconds(1);
/// How often stopped and newly started layers are noticed, and unanswered key frame requests are repeated.
constexpr TimeDelta kReviewInterval = TimeDelta::millis(100);

}  // namespace

void Sfu::schedule(MediaPeer& peer, Timestamp at) {
  if (at >= peer.scheduled) return;
  peer.scheduled = at;
  deadlines_.push_back({at, peer.id()});
  std::push_heap(deadlines_.begin(), deadlines_.end(), std::greater<>());
}

Timestamp Sfu::peer_deadline(MediaPeer& peer) const {
  Timestamp at = peer.transport().next_deadline();
  at = earlier(at, earlier(peer.feedback().next_deadline(), peer.next_nack));
  if (peer.is_connected()) at = earlier(at, peer.next_report);
  return at;
}

void Sfu::on_timer(Now now, Outputs& out) {
  while (!deadlines_.empty() && deadlines_.front().at <= now.mono) {
    std::pop_heap(deadlines_.begin(), deadlines_.end(), std::greater<>());
    const Deadline due = deadlines_.back();
    deadlines_.pop_back();
    const auto it = peers_.find(due.peer);
    if (it == peers_.end() || it->second->scheduled != due.at) continue;
    it->second->scheduled = Timestamp::never();
    on_peer_timer(*it->second, now, out);
  }
  if (now.mono >= next_review_) {
    next_review_ = now.mono + kReviewInterval;
    review_layers();
    request_overdue();
  }
  if (now.mono >= next_speakers_) {
    next_speakers_ = now.mono + SpeakerDetector::kWindow;
    measure_speakers(out);
  }
  end_pass(now.mono, out);
}

void Sfu::on_peer_timer(MediaPeer& peer, Now now, Outputs& out) {
  if (peer.transport().next_deadline() <= now.mono) {
    peer.transport().on_timer(now.mono, out.transport);
    take_transport_events(peer, out);
  }
  if (peer.feedback().next_deadline() <= now.mono) send_transport_feedback(peer, out);
  if (peer.next_nack <= now.mono) {
    peer.next_nack = Timestamp::never();
    mark_feedback_due(peer);
  }
  if (peer.is_connected() && peer.next_report <= now.mono) {
    peer.next_report = now.mono + kReportInterval;
    send_reports(peer, now, out);
  }
  // A deadline that does not move would spin; a millisecond later is soon enough for any of them.
  schedule(peer, std::max(peer_deadline(peer), now.mono + TimeDelta::millis(1)));
}

Timestamp Sfu::next_deadline() const {
  if (peers_.empty()) return Timestamp::never();
  Timestamp at = deadlines_.empty() ? Timestamp::never() : deadlines_.front().at;
  at = earlier(at, earlier(next_review_, next_speakers_));
  for (const Room* room : pending_rooms_) {
    if (!room->leaving_tracks_.empty()) return Timestamp();  // A round goes on at once.
    at = earlier(at, room->pending_since_ + config_.max_hold);
  }
  return at;
}

void Sfu::collect_sctp(Timestamp now, Outputs& out) {
  if (!config_.mailbox || config_.mailbox->empty()) return;
  config_.mailbox->take(mailbox_tags_);
  for (const uint64_t tag : mailbox_tags_) {
    const auto it = peers_.find(PeerId{tag});
    if (it == peers_.end()) continue;
    it->second->transport().on_timer(now, out.transport);
    after_transport(*it->second, out);
  }
}

void Sfu::review_layers() {
  for (const auto& room : rooms_) {
    for (Track* track : room->slots_) {
      if (!track || track->kind() != MediaKind::kVideo || !track->has_media()) continue;
      for (Subscription* subscription : track->subscriptions()) {
        subscription->update_wanted_layer();
        request_key_frame(*subscription);
      }
    }
  }
}

void Sfu::request_overdue() {
  for (const auto& room : rooms_) {
    for (Track* track : room->slots_) {
      if (!track || !track->peer()) continue;
      for (int layer = 0; layer < forward::kMaxLayers; ++layer) {
        const bool is_received = track->layers()[static_cast<size_t>(layer)] != nullptr;
        if (is_received && track->key_frame(layer).is_wanted()) mark_feedback_due(*track->peer());
      }
    }
  }
}

void Sfu::measure_speakers(Outputs& out) {
  for (const auto& room : rooms_) {
    SpeakersMeasured measured{room.get(), {}};
    for (const auto& participant : room->participants_) {
      float level = 0;
      for (const auto& track : participant->tracks()) {
        if (track->kind() == MediaKind::kAudio) level = std::max(level, track->speaker().take_level());
      }
      if (level > 0) measured.speakers.push_back({participant.get(), level});
    }
    if (measured.speakers.empty() && !room->had_speakers_) continue;
    room->had_speakers_ = !measured.speakers.empty();
    out.events.push_back(std::move(measured));
  }
}

}  // namespace parley::sfu
