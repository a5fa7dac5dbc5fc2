// Descriptions both ways. Single mode: the client always offers, we answer, and ask for another offer when we have
// something new to send. Dual mode: the client offers its publishing connection, we offer the subscribing one.

#include <algorithm>

#include "base/log.h"
#include "media/livekit/room.h"
#include "media/livekit/sdp_codecs.h"

namespace parley::livekit {
namespace {

/// Changes that come together are negotiated together: at once when nothing was going on, otherwise a little later.
constexpr TimeDelta kFirstDebounce = TimeDelta::millis(10);
constexpr TimeDelta kBusyDebounce = TimeDelta::millis(150);

void set_mid_map(const Participant& participant, const wire::SessionDescription& ours, pb::SessionDescription& out) {
  for (const SendSlot& slot : participant.slots) {
    if (slot.track_sid.empty()) continue;
    const wire::MediaSection* section = ours.section(slot.mid);
    if (section && section->direction == wire::Direction::kSendOnly) {
      (*out.mutable_mid_to_track_id())[slot.mid] = slot.track_sid;
    }
  }
}

ReceivePreferences preferences_of(const PublishedTrack& track) {
  ReceivePreferences preferences{track.preferred_codec, !track.info.disable_dtx(), track.info.stereo()};
  for (const int feature : track.info.audio_features()) {
    if (feature == pb::TF_NO_DTX) preferences.use_dtx = false;
    if (feature == pb::TF_STEREO) preferences.use_stereo = true;
  }
  return preferences;
}

}  // namespace

LocalTransport Room::local_transport(Context& ctx, const Connection& connection) const {
  const transport::Peer& peer = connection.peer->transport();
  return {peer.ice_credentials(), ctx.config.sfu.dtls->fingerprint(), ctx.config.candidates, peer.dtls_role()};
}

void Room::take_remote(Context& ctx, Connection& connection, const wire::SessionDescription& remote) {
  for (const wire::MediaSection& section : remote.media) {
    if (section.is_rejected()) continue;
    const wire::SdpTransport transport = remote.transport_of(section);
    if (transport.fingerprint) {
      // Browsers take the active side. pion, which the Go SDK is made of, is passive towards an ICE-lite offerer.
      transport::Peer& peer = connection.peer->transport();
      const bool is_passive = transport.setup == wire::SetupRole::kPassive;
      peer.set_dtls_role(is_passive ? transport::DtlsRole::kClient : transport::DtlsRole::kServer, ctx.now.mono,
                         ctx.out.sfu.transport);
      peer.set_remote_fingerprint({transport.fingerprint->algorithm, transport.fingerprint->digest},
                                  ctx.out.sfu.transport);
      ctx.sfu.after_transport(*connection.peer, ctx.out.sfu);
    }
    // RFC 8445 §9, RFC 8839 §4.4.1.1.1: other credentials than last time are an ICE restart; only an offer asks for it.
    if (!connection.remote_ufrag.empty() && connection.remote_ufrag != transport.ice_ufrag &&
        connection.is_remote_offerer) {
      ctx.sfu.restart_ice(connection.peer);
    }
    connection.remote_ufrag = transport.ice_ufrag;
    return;  // Everything is bundled on the first transport.
  }
}

void Room::reject_description(Context& ctx, Participant& participant, const wire::SdpError& error) {
  log::warn("bad_description", {{"room", name()}, {"sid", participant.sid()}, {"error", wire::to_string(error)}});
  leave(ctx, participant, {.reason = pb::STATE_MISMATCH});
}

void Room::drop_vanished_tracks(Context& ctx, Participant& participant, const wire::SessionDescription& offer) {
  std::vector<std::string> gone;
  for (const auto& track : participant.tracks) {
    if (track->mid.empty()) continue;
    const wire::MediaSection* section = offer.section(track->mid);
    if (!section || !client_sends(*section)) gone.push_back(track->info.sid());
  }
  for (const std::string& sid : gone) unpublish(ctx, participant, sid);
}

wire::MediaSection Room::answer_section(Participant& participant, const wire::MediaSection& offered,
                                        std::vector<sfu::ReceiveSection>& receive) {
  if (offered.kind == wire::MediaKind::kApplication) return answer_application(offered);
  if (offered.is_rejected()) return reject(offered);
  if (client_sends(offered)) {
    PublishedTrack* track = match_section(participant, offered);
    wire::MediaSection answer = answer_receive(offered, track ? preferences_of(*track) : ReceivePreferences{});
    if (track && !answer.is_rejected()) {
      track->mid = offered.mid;
      track->info.set_mid(offered.mid);
      track->info.mutable_codecs(0)->set_mid(offered.mid);
      track->media->set_peer(participant.publisher().peer);
      // A simulcast offer shows what is really sent.
      track->info.set_simulcast(answer.rids.size() > 1);
    }
    receive.push_back(make_receive_section(offered, answer, track ? track->media : nullptr));
    return answer;
  }
  const SendSlot* slot = participant.is_single() ? participant.find_slot(offered.mid) : nullptr;
  const TrackSubscription* subscription =
      slot && !slot->track_sid.empty() ? participant.find_subscription(slot->track_sid) : nullptr;
  const bool is_usable = subscription && offered.direction == wire::Direction::kRecvOnly;
  return answer_send(offered, is_usable ? std::optional(subscription->outgoing) : std::nullopt);
}

void Room::on_offer(Context& ctx, Participant& participant, const pb::SessionDescription& request) {
  const auto offer = wire::parse_sdp(request.sdp());
  if (!offer) return reject_description(ctx, participant, offer.error());
  Connection& connection = participant.publisher();
  connection.is_remote_offerer = true;
  take_remote(ctx, connection, *offer);
  drop_vanished_tracks(ctx, participant, *offer);
  if (participant.is_single()) take_slots(participant, *offer);

  std::vector<wire::MediaSection> sections;
  std::vector<sfu::ReceiveSection> receive;
  for (const wire::MediaSection& offered : offer->media) {
    sections.push_back(answer_section(participant, offered, receive));
  }
  wire::SessionDescription answer =
      make_description(DescriptionKind::kAnswer, std::move(sections), local_transport(ctx, connection),
                       connection.session_id, ++connection.version);
  connection.peer->set_receive(std::move(receive), extension_ids(answer));

  pb::SignalResponse response;
  response.mutable_answer()->set_type("answer");
  response.mutable_answer()->set_sdp(wire::serialize(answer));
  response.mutable_answer()->set_id(request.id());
  if (participant.is_single()) set_mid_map(participant, answer, *response.mutable_answer());
  send(ctx, participant, std::move(response));
  if (participant.is_single()) {
    activate(ctx, participant, answer);
    participant.negotiation.is_outstanding = false;
    participant.negotiation.asked_audio = 0;
    participant.negotiation.asked_video = 0;
    const bool is_waiting = std::ranges::any_of(participant.subscriptions, [](const auto& entry) {
      return entry.second.mid.empty() && !entry.second.is_failed;
    });
    participant.negotiation.is_dirty = false;
    if (is_waiting) negotiation_changed(ctx, participant);
  }
  announce_muted(ctx, participant);
}

void Room::announce_muted(Context& ctx, Participant& participant) {
  // A track published muted sends nothing: it is there once it has been negotiated.
  std::vector<PublishedTrack*> muted;
  for (const auto& track : participant.tracks) {
    if (!track->is_announced && !track->mid.empty() && track->info.muted()) muted.push_back(track.get());
  }
  for (PublishedTrack* track : muted) announce(ctx, participant, *track);
}

void Room::take_slots(Participant& participant, const wire::SessionDescription& offer) {
  for (const wire::MediaSection& section : offer.media) {
    if (section.kind == wire::MediaKind::kApplication) continue;
    const bool is_usable = !section.is_rejected() && section.direction == wire::Direction::kRecvOnly;
    if (SendSlot* slot = participant.find_slot(section.mid)) {
      slot->is_usable = is_usable;
    } else if (is_usable) {
      participant.slots.push_back({.mid = section.mid, .kind = section.kind});
    }
  }
  assign_slots(participant);
}

void Room::assign_slots(Participant& participant) {
  for (auto& [sid, subscription] : participant.subscriptions) {
    if (!subscription.mid.empty() || subscription.is_failed) continue;
    for (SendSlot& slot : participant.slots) {
      if (!slot.track_sid.empty() || !slot.is_usable || slot.kind != subscription.kind) continue;
      slot.track_sid = sid;
      subscription.mid = slot.mid;
      break;
    }
  }
}

void Room::activate(Context& ctx, Participant& participant, const wire::SessionDescription& ours) {
  for (auto& [sid, subscription] : participant.subscriptions) {
    if (subscription.mid.empty() || subscription.is_active || subscription.is_failed) continue;
    const wire::MediaSection* section = ours.section(subscription.mid);
    if (!section) continue;
    const auto params = make_send_params(*section, subscription.outgoing);
    if (!params) {
      subscription.is_failed = true;
      pb::SignalResponse response;
      response.mutable_subscription_response()->set_track_sid(sid);
      response.mutable_subscription_response()->set_err(pb::SE_CODEC_UNSUPPORTED);
      send(ctx, participant, std::move(response));
      continue;
    }
    if (section->direction != wire::Direction::kSendOnly) continue;
    sfu::Subscription* live =
        ctx.sfu.subscribe(participant.media, subscription.media, participant.subscriber().peer, *params);
    subscription.is_active = true;
    live->set_max_layer(subscription.max_layer);
    live->set_paused(subscription.is_disabled);
    live->update_wanted_layer();
    ctx.sfu.request_key_frame(*live);
    tell_first_subscriber(ctx, subscription);
  }
}

void Room::tell_first_subscriber(Context& ctx, const TrackSubscription& subscription) {
  Participant* publisher = by_sid(subscription.publisher_sid);
  PublishedTrack* track = publisher ? publisher->find_track(subscription.track_sid) : nullptr;
  if (!track || track->has_subscriber) return;
  track->has_subscriber = true;
  pb::SignalResponse response;
  response.mutable_track_subscribed()->set_track_sid(subscription.track_sid);
  send(ctx, *publisher, std::move(response));
}

void Room::negotiation_changed(Context& ctx, Participant& participant) {
  Negotiation& negotiation = participant.negotiation;
  negotiation.is_dirty = true;
  if (!negotiation.due.is_never() || negotiation.is_outstanding) return;
  const bool was_idle = ctx.now.mono - negotiation.since > kBusyDebounce;
  negotiation.due = ctx.now.mono + (was_idle ? kFirstDebounce : kBusyDebounce);
  next_negotiation_ = earlier(next_negotiation_, negotiation.due);
}

void Room::negotiate(Context& ctx, Participant& participant) {
  Negotiation& negotiation = participant.negotiation;
  negotiation.due = Timestamp::never();
  if (!negotiation.is_dirty || negotiation.is_outstanding || !participant.session) return;
  if (participant.is_single()) {
    send_requirement(ctx, participant);
  } else {
    send_offer(ctx, participant);
  }
}

void Room::send_requirement(Context& ctx, Participant& participant) {
  Negotiation& negotiation = participant.negotiation;
  // Before the first offer there is nothing to add to: its sections are used when it comes.
  if (participant.publisher().version == 0) return;
  assign_slots(participant);
  uint32_t audio = 0;
  uint32_t video = 0;
  for (const auto& [sid, subscription] : participant.subscriptions) {
    if (!subscription.mid.empty() || subscription.is_failed) continue;
    ++(subscription.kind == wire::MediaKind::kAudio ? audio : video);
  }
  // Reference 2.7: never ask twice for the same section; {0,0} means "offer again".
  pb::SignalResponse response;
  pb::MediaSectionsRequirement& requirement = *response.mutable_media_sections_requirement();
  requirement.set_num_audios(audio > negotiation.asked_audio ? audio - negotiation.asked_audio : 0);
  requirement.set_num_videos(video > negotiation.asked_video ? video - negotiation.asked_video : 0);
  negotiation.asked_audio = std::max(audio, negotiation.asked_audio);
  negotiation.asked_video = std::max(video, negotiation.asked_video);
  negotiation.is_outstanding = true;
  negotiation.since = ctx.now.mono;
  negotiation.is_dirty = false;
  send(ctx, participant, std::move(response));
}

void Room::send_offer(Context& ctx, Participant& participant) {
  Negotiation& negotiation = participant.negotiation;
  Connection& connection = participant.subscriber();
  if (participant.slots.empty()) participant.slots.push_back({.mid = "0", .kind = wire::MediaKind::kApplication});
  assign_slots(participant);
  for (auto& [sid, subscription] : participant.subscriptions) {
    if (!subscription.mid.empty() || subscription.is_failed) continue;
    participant.slots.push_back(
        {.mid = std::to_string(participant.slots.size()), .kind = subscription.kind, .track_sid = sid});
    subscription.mid = participant.slots.back().mid;
  }
  std::vector<wire::MediaSection> sections;
  for (const SendSlot& slot : participant.slots) {
    if (slot.kind == wire::MediaKind::kApplication) {
      sections.push_back(offer_application(slot.mid));
      continue;
    }
    const TrackSubscription* subscription = participant.find_subscription(slot.track_sid);
    sections.push_back(
        offer_send(slot.kind, slot.mid, subscription ? std::optional(subscription->outgoing) : std::nullopt));
  }
  negotiation.offer = make_description(DescriptionKind::kOffer, std::move(sections), local_transport(ctx, connection),
                                       connection.session_id, ++connection.version);
  negotiation.is_outstanding = true;
  negotiation.is_dirty = false;
  negotiation.since = ctx.now.mono;
  pb::SignalResponse response;
  response.mutable_offer()->set_type("offer");
  response.mutable_offer()->set_sdp(wire::serialize(negotiation.offer));
  response.mutable_offer()->set_id(++negotiation.offer_id);
  set_mid_map(participant, negotiation.offer, *response.mutable_offer());
  send(ctx, participant, std::move(response));
}

void Room::on_answer(Context& ctx, Participant& participant, const pb::SessionDescription& request) {
  Negotiation& negotiation = participant.negotiation;
  if (participant.is_single() || !negotiation.is_outstanding) return;
  // An answer to an offer that a newer one replaced. Older clients answer without an id.
  if (request.id() != 0 && request.id() != negotiation.offer_id) return;
  const auto answer = wire::parse_sdp(request.sdp());
  if (!answer) return reject_description(ctx, participant, answer.error());
  take_remote(ctx, participant.subscriber(), *answer);
  negotiation.is_outstanding = false;
  // What the client took of our offer: sections it rejected or codecs it left out are not sent.
  wire::SessionDescription agreed = negotiation.offer;
  for (wire::MediaSection& section : agreed.media) {
    const wire::MediaSection* theirs = answer->section(section.mid);
    if (!theirs || theirs->is_rejected()) {
      section.codecs.clear();
      continue;
    }
    std::erase_if(section.codecs, [&](const wire::SdpCodec& codec) { return !theirs->codec(codec.payload_type); });
  }
  activate(ctx, participant, agreed);
  if (negotiation.is_dirty) negotiation_changed(ctx, participant);
}

}  // namespace parley::livekit
