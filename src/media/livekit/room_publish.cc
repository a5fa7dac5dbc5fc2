// How a participant's tracks come to be, change, and end.

#include <algorithm>

#include "base/log.h"
#include "media/livekit/room.h"
#include "media/livekit/sdp_codecs.h"

namespace parley::livekit {
namespace {

/// Announced and published tracks of one participant together; a client beyond it is broken or hostile.
constexpr size_t kMaxTracks = 64;

char source_letter(const pb::AddTrackRequest& request) {
  switch (request.source()) {
    case pb::CAMERA:
      return 'C';
    case pb::MICROPHONE:
      return 'M';
    case pb::SCREEN_SHARE:
      return 'S';
    case pb::SCREEN_SHARE_AUDIO:
      return 's';
    default:
      return 'U';
  }
}

std::string default_stream(pb::TrackSource source) {
  const bool is_screen = source == pb::SCREEN_SHARE || source == pb::SCREEN_SHARE_AUDIO;
  return is_screen ? "screen" : "camera";
}

sfu::Codec codec_of(const pb::AddTrackRequest& request) {
  const bool is_audio = request.type() == pb::AUDIO;
  const sfu::Codec fallback = is_audio ? sfu::Codec::kOpus : sfu::Codec::kVp8;
  if (request.simulcast_codecs().empty()) return fallback;
  const sfu::Codec asked = sfu::codec_from_mime(request.simulcast_codecs(0).codec());
  for (const SupportedCodec& supported : supported_codecs()) {
    if (supported.codec == asked && (supported.kind == wire::MediaKind::kAudio) == is_audio) return asked;
  }
  return fallback;  // Reference 5.1: an unknown codec is replaced by an enabled one.
}

void fill_layers(const pb::AddTrackRequest& request, pb::TrackInfo& info) {
  static constexpr const char* kRids[] = {"q", "h", "f"};
  int place = 0;
  for (const pb::VideoLayer& asked : request.layers()) {
    pb::VideoLayer& layer = *info.add_layers();
    layer = asked;
    layer.set_spatial_layer(place);
    if (layer.rid().empty() && place < 3) layer.set_rid(kRids[place]);
    ++place;
  }
}

pb::TrackInfo make_info(const pb::AddTrackRequest& request, sfu::Codec codec, std::string sid) {
  pb::TrackInfo info;
  info.set_sid(std::move(sid));
  info.set_type(request.type());
  info.set_name(request.name());
  info.set_muted(request.muted());
  info.set_width(request.width());
  info.set_height(request.height());
  info.set_simulcast(request.layers_size() > 1);
  info.set_source(request.source());
  info.set_disable_dtx(request.disable_dtx());
  info.set_stereo(request.stereo());
  info.set_disable_red(true);  // Redundant audio is not forwarded yet; says so to those who would wait for it.
  info.set_encryption(request.encryption());
  info.set_stream(request.stream().empty() ? default_stream(request.source()) : request.stream());
  info.set_backup_codec_policy(request.backup_codec_policy());
  *info.mutable_audio_features() = request.audio_features();
  *info.mutable_packet_trailer_features() = request.packet_trailer_features();
  info.set_mime_type(std::string(sfu::mime_type(codec)));
  fill_layers(request, info);
  pb::SimulcastCodecInfo& first = *info.add_codecs();
  first.set_mime_type(info.mime_type());
  first.set_cid(request.simulcast_codecs().empty() || request.simulcast_codecs(0).cid().empty()
                    ? request.cid()
                    : request.simulcast_codecs(0).cid());
  *first.mutable_layers() = info.layers();
  return info;
}

bool has_feature(const pb::TrackInfo& info, pb::AudioTrackFeature feature) {
  return std::ranges::find(info.audio_features(), feature) != info.audio_features().end();
}

}  // namespace

void Room::on_add_track(Context& ctx, Participant& participant, const pb::AddTrackRequest& request) {
  const auto refuse = [&](pb::RequestResponse::Reason reason, const char* message) {
    pb::SignalResponse response;
    response.mutable_request_response()->set_reason(reason);
    response.mutable_request_response()->set_message(message);
    *response.mutable_request_response()->mutable_add_track() = request;
    send(ctx, participant, std::move(response));
  };
  using Reason = pb::RequestResponse;
  if (!participant.may_publish(request.source()))
    return refuse(Reason::NOT_ALLOWED, "does not have permission to publish");
  if (request.type() == pb::DATA) return refuse(Reason::UNSUPPORTED_TYPE, "not a media track");
  if (participant.tracks.size() >= kMaxTracks) return refuse(Reason::LIMIT_EXCEEDED, "too many tracks");
  // A backup codec for a track: everyone gets the first codec here, so there is nothing to publish it for.
  if (!request.sid().empty()) return refuse(Reason::UNSUPPORTED_TYPE, "backup codecs are not forwarded");
  const bool is_repeated = std::ranges::any_of(participant.tracks, [&](const auto& t) {
    return t->mid.empty() && std::ranges::find(t->cids, request.cid()) != t->cids.end();
  });
  if (is_repeated) return refuse(Reason::QUEUED, "a track with this id is being published");

  auto track = std::make_unique<PublishedTrack>();
  track->preferred_codec = codec_of(request);
  const bool is_audio = request.type() == pb::AUDIO;
  const std::string prefix = std::string("TR_") + (is_audio ? 'A' : 'V') + source_letter(request);
  track->info = make_info(request, track->preferred_codec, make_sid(ctx.rng, prefix));
  track->cids.push_back(request.cid());
  for (const pb::SimulcastCodec& codec : request.simulcast_codecs()) {
    if (!codec.cid().empty()) track->cids.push_back(codec.cid());
  }
  track->media = ctx.sfu.add_track(
      participant.media,
      {.kind = is_audio ? sfu::MediaKind::kAudio : sfu::MediaKind::kVideo, .is_simulcast = request.layers_size() > 1});
  ctx.sfu.set_muted(track->media, request.muted());
  pb::SignalResponse response;
  response.mutable_track_published()->set_cid(request.cid());
  *response.mutable_track_published()->mutable_track() = track->info;
  participant.tracks.push_back(std::move(track));
  send(ctx, participant, std::move(response));
}

PublishedTrack* Room::match_section(Participant& participant, const wire::MediaSection& section) {
  for (const auto& track : participant.tracks) {
    if (!track->mid.empty() && track->mid == section.mid) return track.get();
  }
  std::vector<std::string_view> ids;
  if (section.msid) ids.push_back(section.msid->track_id);
  for (const wire::SdpSsrc& ssrc : section.ssrcs) {
    if (ssrc.msid) ids.push_back(ssrc.msid->track_id);
  }
  PublishedTrack* oldest = nullptr;
  for (const auto& track : participant.tracks) {
    const bool is_audio = track->info.type() == pb::AUDIO;
    if (!track->mid.empty() || is_audio != (section.kind == wire::MediaKind::kAudio)) continue;
    for (const std::string_view id : ids) {
      if (!id.empty() && std::ranges::find(track->cids, id) != track->cids.end()) return track.get();
    }
    if (!oldest) oldest = track.get();
  }
  // Some browsers rewrite track ids: the oldest one that waits is meant.
  if (oldest && !ids.empty() && !ids.front().empty()) {
    oldest->info.mutable_codecs(0)->set_sdp_cid(std::string(ids.front()));
  }
  return oldest;
}

void Room::on_track_started(Context& ctx, sfu::Track& media) {
  // Looked up by address alone: the track may be gone by the time its event is read.
  Participant* participant = nullptr;
  PublishedTrack* track = nullptr;
  for (const auto& [sid, candidate] : participants_) {
    if (PublishedTrack* found = candidate->find_track(&media)) {
      participant = candidate.get();
      track = found;
    }
  }
  if (!track) return;
  if (media.codec() != sfu::Codec::kUnknown) {
    track->info.set_mime_type(std::string(sfu::mime_type(media.codec())));
    track->info.mutable_codecs(0)->set_mime_type(track->info.mime_type());
  }
  announce(ctx, *participant, *track);
}

void Room::announce(Context& ctx, Participant& participant, PublishedTrack& track) {
  if (track.is_announced) return;
  track.is_announced = true;
  participant.bump();
  broadcast(ctx, participant);
  webhook(ctx, "track_published", &participant, &track);
  log::info("track_published", {{"room", name()}, {"sid", participant.sid()}, {"track", track.info.sid()}});
  reconcile_everyone(ctx);
}

void Room::unpublish(Context& ctx, Participant& participant, std::string_view track_sid) {
  const auto it = std::ranges::find_if(participant.tracks, [&](const auto& t) { return t->info.sid() == track_sid; });
  if (it == participant.tracks.end()) return;
  const std::unique_ptr<PublishedTrack> gone = std::move(*it);
  participant.tracks.erase(it);
  for (const auto& [sid, other] : participants_) remove_subscription(ctx, *other, gone->info.sid());
  ctx.sfu.remove_track(gone->media);
  if (!gone->is_announced) return;
  participant.bump();
  broadcast(ctx, participant);
  webhook(ctx, "track_unpublished", &participant, gone.get());
  log::info("track_unpublished", {{"room", name()}, {"sid", participant.sid()}, {"track", gone->info.sid()}});
}

void Room::on_mute(Context& ctx, Participant& participant, const pb::MuteTrackRequest& request) {
  PublishedTrack* track = participant.find_track(request.sid());
  if (!track || track->info.muted() == request.muted()) return;
  track->info.set_muted(request.muted());
  ctx.sfu.set_muted(track->media, request.muted());
  participant.bump();
  if (track->is_announced) {
    broadcast(ctx, participant);
    tell_muted(ctx, participant, *track);
  } else {
    announce_muted(ctx, participant);  // Its first packet may never come.
  }
}

void Room::tell_muted(Context& ctx, const Participant& participant, const PublishedTrack& track) {
  webhook(ctx, track.info.muted() ? "track_muted" : "track_unmuted", &participant, &track);
  ctx.out.webhooks.back().is_internal = true;
}

void Room::on_update_audio_track(Context& ctx, Participant& participant, const pb::UpdateLocalAudioTrack& request) {
  PublishedTrack* track = participant.find_track(request.track_sid());
  if (!track) return;
  *track->info.mutable_audio_features() = request.features();
  track->info.set_stereo(has_feature(track->info, pb::TF_STEREO));
  participant.bump();
  if (track->is_announced) broadcast(ctx, participant);
}

void Room::on_update_video_track(Context& ctx, Participant& participant, const pb::UpdateLocalVideoTrack& request) {
  PublishedTrack* track = participant.find_track(request.track_sid());
  if (!track) return;
  track->info.set_width(request.width());
  track->info.set_height(request.height());
  participant.bump();
  if (track->is_announced) broadcast(ctx, participant);
}

}  // namespace parley::livekit
