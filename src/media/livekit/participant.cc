#include "media/livekit/participant.h"

#include <algorithm>
#include <array>

namespace parley::livekit {
namespace {

struct KindName {
  std::string_view name;
  pb::ParticipantInfo::Kind kind;
};
constexpr std::array kKinds{
    KindName{"standard", pb::ParticipantInfo::STANDARD}, KindName{"ingress", pb::ParticipantInfo::INGRESS},
    KindName{"egress", pb::ParticipantInfo::EGRESS},     KindName{"sip", pb::ParticipantInfo::SIP},
    KindName{"agent", pb::ParticipantInfo::AGENT},       KindName{"connector", pb::ParticipantInfo::CONNECTOR},
    KindName{"bridge", pb::ParticipantInfo::BRIDGE},
};

struct SourceName {
  std::string_view name;
  pb::TrackSource source;
};
constexpr std::array kSources{
    SourceName{"camera", pb::CAMERA},
    SourceName{"microphone", pb::MICROPHONE},
    SourceName{"screen_share", pb::SCREEN_SHARE},
    SourceName{"screen_share_audio", pb::SCREEN_SHARE_AUDIO},
};

pb::ParticipantInfo::Kind kind_from(std::string_view name) {
  for (const KindName& row : kKinds) {
    if (row.name == name) return row.kind;
  }
  return pb::ParticipantInfo::STANDARD;
}

}  // namespace

pb::ParticipantPermission make_permission(const VideoGrant& grant) {
  pb::ParticipantPermission permission;
  const bool can_publish = grant.can_publish.value_or(true);
  permission.set_can_subscribe(grant.can_subscribe.value_or(true));
  permission.set_can_publish(can_publish);
  permission.set_can_publish_data(grant.can_publish_data.value_or(can_publish));
  permission.set_hidden(grant.hidden);
  permission.set_recorder(grant.recorder);
  permission.set_agent(grant.agent);
  permission.set_can_update_metadata(grant.can_update_own_metadata.value_or(false));
  permission.set_can_subscribe_metrics(grant.can_subscribe_metrics.value_or(false));
  for (const std::string& name : grant.can_publish_sources) {
    for (const SourceName& row : kSources) {
      if (row.name == name) permission.add_can_publish_sources(row.source);
    }
  }
  return permission;
}

void apply_permission(const pb::ParticipantPermission& permission, VideoGrant& grant) {
  grant.can_subscribe = permission.can_subscribe();
  grant.can_publish = permission.can_publish();
  grant.can_publish_data = permission.can_publish_data();
  grant.hidden = permission.hidden();
  grant.can_update_own_metadata = permission.can_update_metadata();
  grant.can_subscribe_metrics = permission.can_subscribe_metrics();
  grant.can_publish_sources.clear();
  for (const int source : permission.can_publish_sources()) {
    for (const SourceName& row : kSources) {
      if (row.source == source) grant.can_publish_sources.emplace_back(row.name);
    }
  }
}

Participant::Participant(std::string sid, const JoinParams& join, Now now)
    : claims(join.claims),
      client(join.client),
      auto_subscribe(join.auto_subscribe),
      adaptive_stream(join.adaptive_stream),
      joined(now.mono),
      is_single_(join.is_single_peer_connection) {
  info_.set_sid(std::move(sid));
  info_.set_identity(claims.identity);
  info_.set_name(claims.name);
  info_.set_metadata(claims.metadata);
  for (const auto& [key, value] : claims.attributes) (*info_.mutable_attributes())[key] = value;
  info_.set_kind(kind_from(claims.kind));
  info_.set_state(pb::ParticipantInfo::JOINING);
  info_.set_joined_at(now.wall.unix_s());
  info_.set_joined_at_ms(now.wall.unix_ms());
  info_.set_version(1);
  *info_.mutable_permission() = make_permission(claims.video.value_or(VideoGrant{}));
  info_.set_client_protocol(client.client_protocol());
  *info_.mutable_capabilities() = client.capabilities();
  is_subscriber_primary = !is_single_ && client.protocol() > 2 && info_.permission().can_subscribe();
}

bool Participant::is_dependent() const {
  return is_recorder() || info_.kind() == pb::ParticipantInfo::AGENT || info_.kind() == pb::ParticipantInfo::EGRESS;
}

bool Participant::may_publish(pb::TrackSource source) const {
  const pb::ParticipantPermission& permission = info_.permission();
  if (!permission.can_publish()) return false;
  const auto& sources = permission.can_publish_sources();
  return sources.empty() || std::find(sources.begin(), sources.end(), source) != sources.end();
}

pb::ParticipantInfo Participant::info() const {
  pb::ParticipantInfo info = info_;
  for (const auto& track : tracks) {
    if (track->is_announced) *info.add_tracks() = track->info;
  }
  info.set_is_publisher(info.tracks_size() > 0);
  return info;
}

Connection* Participant::connection_of(const sfu::MediaPeer* peer) {
  if (publisher_.peer == peer) return &publisher_;
  if (!is_single_ && subscriber_.peer == peer) return &subscriber_;
  return nullptr;
}

PublishedTrack* Participant::find_track(std::string_view track_sid) {
  for (const auto& track : tracks) {
    if (track->info.sid() == track_sid) return track.get();
  }
  return nullptr;
}

PublishedTrack* Participant::find_track(const sfu::Track* track_media) {
  for (const auto& track : tracks) {
    if (track->media == track_media) return track.get();
  }
  return nullptr;
}

TrackSubscription* Participant::find_subscription(std::string_view track_sid) {
  const auto it = subscriptions.find(std::string(track_sid));
  return it == subscriptions.end() ? nullptr : &it->second;
}

SendSlot* Participant::find_slot(std::string_view mid) {
  for (SendSlot& slot : slots) {
    if (slot.mid == mid) return &slot;
  }
  return nullptr;
}

}  // namespace parley::livekit
