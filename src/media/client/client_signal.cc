// What the server says on the signal connection, and what the client says back.

#include <algorithm>

#include "media/client/client.h"

namespace parley::client {
namespace {

/// Used when the server names none.
constexpr int kDefaultPingIntervalS = 5;
constexpr int kDefaultPingTimeoutS = 15;

}  // namespace

void Client::on_signal(const pb::SignalResponse& response, Now now, ClientOutputs& out) {
  using Kind = pb::SignalResponse::MessageCase;
  last_signal_ = now.mono;
  switch (response.message_case()) {
    case Kind::kJoin:
      return on_join(response.join(), now, out);
    case Kind::kAnswer:
      return on_answer(response.answer(), now, out);
    case Kind::kOffer:
      return on_offer(response.offer(), now, out);
    case Kind::kTrickle:
      return on_trickle(response.trickle(), now);
    case Kind::kUpdate:
      return on_update(response.update());
    case Kind::kTrackPublished:
      return on_track_published(response.track_published(), out);
    case Kind::kLeave:
      return on_leave(response.leave(), out);
    case Kind::kMute:
      return on_server_mute(response.mute());
    case Kind::kRefreshToken:
      token_ = response.refresh_token();
      return;
    case Kind::kTrackUnpublished:
      for (size_t i = 0; i < publications_.size(); ++i) {
        if (publications_[i]->info().sid() == response.track_unpublished().track_sid()) unpublish(i, out);
      }
      return;
    case Kind::kReconnect:
      return on_reconnect(response.reconnect(), out);
    case Kind::kRequestResponse:
      return on_request_response(response.request_response(), out);
    case Kind::kMediaSectionsRequirement:
      return on_requirement(response.media_sections_requirement(), out);
    case Kind::kPongResp:
      last_rtt_ms_ = now.wall.unix_ms() - response.pong_resp().last_ping_timestamp();
      return;
    default:
      return;  // Speakers, qualities, room updates: nothing here depends on them.
  }
}

void Client::on_signal_closed() {
  has_signal_ = false;
  next_ping_ = Timestamp::never();
}

void Client::on_join(const pb::JoinResponse& join, Now now, ClientOutputs& out) {
  join_ = join;
  participant_ = join.participant();
  for (const pb::ParticipantInfo& other : join.other_participants()) others_[other.sid()] = other;
  state_ = ClientState::kJoined;
  has_signal_ = true;
  next_ping_ = now.mono + TimeDelta::seconds(join.ping_interval() > 0 ? join.ping_interval() : kDefaultPingIntervalS);
  out.events.push_back({.kind = ClientEvent::Kind::kJoined});
  for (const auto& publication : publications_) add_track(*publication, out);
  const bool must_offer = options_.mode == ConnectionMode::kSingle
                              ? !options_.offers_in_join_request
                              : !join.subscriber_primary() || options_.opens_publisher_at_once;
  if (must_offer) negotiate(out);
}

void Client::add_track(Publication& publication, ClientOutputs& out) {
  pb::SignalRequest request;
  *request.mutable_add_track() = publication.add_track_request();
  send(std::move(request), out);
}

pb::SessionDescription Client::make_offer() {
  pb::SessionDescription offer;
  offer.set_type("offer");
  offer.set_sdp(wire::serialize(publisher().make_offer()));
  offer.set_id(++offer_id_);
  is_offer_outstanding_ = true;
  must_offer_again_ = false;
  last_offer_ = offer;
  return offer;
}

void Client::negotiate(ClientOutputs& out) {
  if (is_offer_outstanding_ || !has_signal_) {
    must_offer_again_ = true;
    return;
  }
  pb::SignalRequest request;
  *request.mutable_offer() = make_offer();
  out.requests.push_back(std::move(request));
}

void Client::on_answer(const pb::SessionDescription& answer, Now now, ClientOutputs& out) {
  // As the JavaScript client: an answer to another offer than the newest is not applied.
  if (!is_offer_outstanding_ || (answer.id() != 0 && answer.id() != offer_id_)) return;
  const auto parsed = wire::parse_sdp(answer.sdp());
  if (!parsed) return;
  is_offer_outstanding_ = false;
  last_answer_ = answer;
  std::map<std::string, std::string> tracks;
  for (const auto& [mid, track] : answer.mid_to_track_id()) tracks[mid] = track;
  publisher().on_answer(*parsed, tracks, now.mono, out.of(ConnectionIndex::kPublisher));
  settle(ConnectionIndex::kPublisher, out);
  if (must_offer_again_) negotiate(out);
}

void Client::on_offer(const pb::SessionDescription& offer, Now now, ClientOutputs& out) {
  PeerConnection* subscriber = connection(ConnectionIndex::kSubscriber);
  const auto parsed = wire::parse_sdp(offer.sdp());
  if (!subscriber || !parsed) return;
  const auto answer = subscriber->on_offer(*parsed, now.mono, out.of(ConnectionIndex::kSubscriber));
  pb::SignalRequest request;
  request.mutable_answer()->set_type("answer");
  request.mutable_answer()->set_sdp(wire::serialize(answer));
  request.mutable_answer()->set_id(offer.id());
  out.requests.push_back(std::move(request));
  settle(ConnectionIndex::kSubscriber, out);
}

void Client::on_trickle(const pb::TrickleRequest& trickle, Now now) {
  const auto index = trickle.target() == pb::SUBSCRIBER ? ConnectionIndex::kSubscriber : ConnectionIndex::kPublisher;
  PeerConnection* connection = this->connection(index);
  const auto server = udp_candidate_of_trickle(trickle.candidateinit());
  if (connection && server) connection->on_trickle(*server, now.mono);
}

void Client::on_update(const pb::ParticipantUpdate& update) {
  for (const pb::ParticipantInfo& info : update.participants()) {
    if (info.sid() == participant_.sid()) {
      participant_ = info;
      continue;
    }
    if (info.state() == pb::ParticipantInfo::DISCONNECTED) {
      others_.erase(info.sid());
      continue;
    }
    std::map<std::string, bool> was_muted;
    for (const pb::TrackInfo& track : others_[info.sid()].tracks()) was_muted[track.sid()] = track.muted();
    PeerConnection& receiver = *connection(receiving_index());
    for (const pb::TrackInfo& track : info.tracks()) {
      const auto before = was_muted.find(track.sid());
      Reception* reception = receiver.reception(track.sid());
      if (reception && before != was_muted.end() && before->second != track.muted()) reception->pause();
    }
    others_[info.sid()] = info;
  }
}

void Client::on_track_published(const pb::TrackPublishedResponse& published, ClientOutputs& out) {
  for (size_t i = 0; i < publications_.size(); ++i) {
    Publication& publication = *publications_[i];
    if (publication.cid() != published.cid() || !publication.info().sid().empty()) continue;
    publication.set_info(published.track());
    publisher().add_publication(publication);
    out.events.push_back({.kind = ClientEvent::Kind::kTrackPublished, .track = i, .sid = published.track().sid()});
    return negotiate(out);
  }
}

void Client::on_request_response(const pb::RequestResponse& response, ClientOutputs& out) {
  if (!response.has_add_track()) return;
  for (size_t i = 0; i < publications_.size(); ++i) {
    if (publications_[i]->cid() != response.add_track().cid()) continue;
    out.events.push_back({.kind = ClientEvent::Kind::kTrackRefused, .track = i});
  }
}

void Client::on_requirement(const pb::MediaSectionsRequirement& requirement, ClientOutputs& out) {
  for (uint32_t i = 0; i < requirement.num_audios(); ++i) publisher().add_receiving(wire::MediaKind::kAudio);
  for (uint32_t i = 0; i < requirement.num_videos(); ++i) publisher().add_receiving(wire::MediaKind::kVideo);
  negotiate(out);
}

void Client::on_server_mute(const pb::MuteTrackRequest& mute) {
  for (const auto& publication : publications_) {
    if (publication->info().sid() == mute.sid()) publication->set_muted(mute.muted());
  }
}

void Client::on_leave(const pb::LeaveRequest& leave, ClientOutputs& out) {
  if (leave.action() != pb::LeaveRequest::RESUME) state_ = ClientState::kLeft;
  out.events.push_back({.kind = ClientEvent::Kind::kLeft, .leave = leave});
}

void Client::send_ping(Now now, ClientOutputs& out) {
  const int timeout = join_.ping_timeout() > 0 ? join_.ping_timeout() : kDefaultPingTimeoutS;
  const int interval = join_.ping_interval() > 0 ? join_.ping_interval() : kDefaultPingIntervalS;
  if (now.mono - last_signal_ > TimeDelta::seconds(timeout)) {
    next_ping_ = Timestamp::never();
    out.events.push_back({.kind = ClientEvent::Kind::kSignalTimeout});
    return;
  }
  next_ping_ = now.mono + TimeDelta::seconds(interval);
  pb::SignalRequest old_form;
  old_form.set_ping(now.wall.unix_ms());
  out.requests.push_back(std::move(old_form));
  pb::SignalRequest request;
  request.mutable_ping_req()->set_timestamp(now.wall.unix_ms());
  request.mutable_ping_req()->set_rtt(last_rtt_ms_);
  out.requests.push_back(std::move(request));
}

}  // namespace parley::client
