// Who receives what: wishes, permissions, settings.

#include <algorithm>

#include "media/livekit/room.h"

namespace parley::livekit {
namespace {

/// The layer whose picture covers what the client shows, from the track's own list of sizes.
int layer_for_size(const pb::TrackInfo& info, uint32_t width, uint32_t height) {
  int layer = 0;
  for (const pb::VideoLayer& candidate : info.layers()) {
    layer = std::clamp(candidate.spatial_layer(), 0, 2);
    if (candidate.width() >= width && candidate.height() >= height) return layer;
  }
  return layer;
}

int wanted_layer(const pb::TrackInfo& info, const pb::UpdateTrackSettings& settings) {
  if (settings.width() > 0 && settings.height() > 0 && info.layers_size() > 0) {
    return layer_for_size(info, settings.width(), settings.height());
  }
  return std::clamp(static_cast<int>(settings.quality()), 0, 2);
}

}  // namespace

bool Room::wants(const Participant& participant, const PublishedTrack& track) const {
  const auto wish = participant.subscription_wishes.find(track.info.sid());
  return wish == participant.subscription_wishes.end() ? participant.auto_subscribe : wish->second;
}

bool Room::may_subscribe(const Participant& subscriber, const Participant& publisher,
                         const PublishedTrack& track) const {
  if (!subscriber.info().permission().can_subscribe()) return false;
  if (publisher.rule.everyone || subscriber.is_recorder()) return true;
  return std::ranges::any_of(publisher.rule.exceptions, [&](const pb::TrackPermission& permission) {
    const bool is_meant =
        permission.participant_sid() == subscriber.sid() ||
        (!permission.participant_identity().empty() && permission.participant_identity() == subscriber.identity());
    return is_meant && (permission.all_tracks() ||
                        std::ranges::find(permission.track_sids(), track.info.sid()) != permission.track_sids().end());
  });
}

void Room::reconcile_everyone(Context& ctx) {
  for (const auto& [sid, participant] : participants_) reconcile(ctx, *participant);
}

void Room::reconcile(Context& ctx, Participant& participant) {
  for (const auto& [sid, publisher] : participants_) {
    if (publisher.get() == &participant) continue;
    for (const auto& track : publisher->tracks) {
      if (!track->is_announced) continue;
      const bool should = wants(participant, *track) && may_subscribe(participant, *publisher, *track);
      const bool does = participant.find_subscription(track->info.sid()) != nullptr;
      if (should && !does) add_subscription(ctx, participant, *publisher, *track);
      if (!should && does) remove_subscription(ctx, participant, track->info.sid());
    }
  }
}

void Room::add_subscription(Context& ctx, Participant& participant, Participant& publisher, PublishedTrack& track) {
  TrackSubscription subscription;
  subscription.track_sid = track.info.sid();
  subscription.publisher_sid = publisher.sid();
  subscription.media = track.media;
  subscription.kind = track.info.type() == pb::AUDIO ? wire::MediaKind::kAudio : wire::MediaKind::kVideo;
  // Reference 5.3: adaptive clients say what they show; until then a thumbnail will do.
  subscription.max_layer = participant.adaptive_stream ? 0 : 2;
  const sfu::Codec codec = track.media->codec();
  subscription.outgoing = {.stream_id = publisher.sid() + "|" + track.info.sid(),
                           .track_id = track.info.sid(),
                           .codec = codec == sfu::Codec::kUnknown ? track.preferred_codec : codec,
                           .is_stereo = track.info.stereo(),
                           .ssrc = ctx.sfu.make_ssrc(),
                           .rtx_ssrc = ctx.sfu.make_ssrc()};
  participant.subscriptions.emplace(track.info.sid(), std::move(subscription));
  negotiation_changed(ctx, participant);
}

void Room::remove_subscription(Context& ctx, Participant& participant, const std::string& track_sid) {
  const auto it = participant.subscriptions.find(track_sid);
  if (it == participant.subscriptions.end()) return;
  if (it->second.is_active) ctx.sfu.unsubscribe(participant.media, it->second.media);
  if (SendSlot* slot = participant.find_slot(it->second.mid)) slot->track_sid.clear();
  participant.subscriptions.erase(it);
  negotiation_changed(ctx, participant);
}

void Room::on_subscription(Context& ctx, Participant& participant, const pb::UpdateSubscription& request) {
  const auto apply = [&](const std::string& track_sid) {
    // A wish may come before its track; a list without end may not.
    if (participant.subscription_wishes.size() >= kMaxSubscriptionWishes &&
        !participant.subscription_wishes.contains(track_sid)) {
      return;
    }
    participant.subscription_wishes[track_sid] = request.subscribe();
  };
  for (const std::string& sid : request.track_sids()) apply(sid);
  for (const pb::ParticipantTracks& tracks : request.participant_tracks()) {
    for (const std::string& sid : tracks.track_sids()) apply(sid);
  }
  reconcile(ctx, participant);
}

void Room::on_track_setting(Context& ctx, Participant& participant, const pb::UpdateTrackSettings& request) {
  for (const std::string& track_sid : request.track_sids()) {
    TrackSubscription* subscription = participant.find_subscription(track_sid);
    if (!subscription) continue;
    Participant* publisher = by_sid(subscription->publisher_sid);
    const PublishedTrack* track = publisher ? publisher->find_track(track_sid) : nullptr;
    if (!track) continue;
    subscription->is_disabled = request.disabled();
    subscription->max_layer = wanted_layer(track->info, request);
    if (!subscription->is_active) continue;
    sfu::Subscription* live = participant.media->subscription(subscription->media->slot());
    live->set_paused(subscription->is_disabled);
    live->set_max_layer(subscription->max_layer);
    live->update_wanted_layer();
    ctx.sfu.request_key_frame(*live);
  }
}

void Room::on_subscription_permission(Context& ctx, Participant& participant,
                                      const pb::SubscriptionPermission& request) {
  std::map<std::pair<std::string, std::string>, bool> before;
  const auto snapshot = [&](auto& into) {
    for (const auto& [sid, other] : participants_) {
      if (other.get() == &participant) continue;
      for (const auto& track : participant.tracks) {
        into[{sid, track->info.sid()}] = may_subscribe(*other, participant, *track);
      }
    }
  };
  snapshot(before);
  participant.rule.everyone = request.all_participants();
  participant.rule.exceptions.assign(request.track_permissions().begin(), request.track_permissions().end());
  std::map<std::pair<std::string, std::string>, bool> after;
  snapshot(after);
  for (const auto& [key, allowed] : after) {
    if (before[key] == allowed) continue;
    pb::SignalResponse response;
    pb::SubscriptionPermissionUpdate& update = *response.mutable_subscription_permission_update();
    update.set_participant_sid(participant.sid());
    update.set_track_sid(key.second);
    update.set_allowed(allowed);
    send(ctx, *participants_.at(key.first), std::move(response));
  }
  reconcile_everyone(ctx);
}

}  // namespace parley::livekit
