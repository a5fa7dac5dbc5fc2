#include "adapters/rooms/twirp_rooms.h"

#include <algorithm>
#include <boost/json.hpp>

#include "media/livekit/proto/room_service.pb.h"
#include "net/clock.h"
#include "product/voice/presence.h"

namespace parley::rooms {
namespace {

namespace pb = livekit::pb;
using product::Outcome;
using product::ProblemCode;
using product::RoomGrants;
using product::RoomMember;
using product::RoomProfile;
using product::TrackSource;

/// A call's own token; the call is made at once.
constexpr TimeDelta kCallValidity = TimeDelta::seconds(600);

std::string twirp_code(std::string_view body) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(boost::json::string_view(body.data(), body.size()), error);
  const boost::json::object* object = error ? nullptr : value.if_object();
  const boost::json::value* code = object ? object->if_contains("code") : nullptr;
  const boost::json::string* text = code ? code->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

std::vector<std::string> sources_of(const RoomGrants& grants) {
  std::vector<std::string> names;
  if (grants.can_speak) names.emplace_back("microphone");
  if (grants.can_use_camera) names.emplace_back("camera");
  if (grants.can_share_screen) names.insert(names.end(), {"screen_share", "screen_share_audio"});
  return names;
}

bool can_publish(const RoomGrants& grants) {
  return grants.can_speak || grants.can_use_camera || grants.can_share_screen;
}

pb::ParticipantPermission permission_of(const RoomGrants& grants) {
  pb::ParticipantPermission permission;
  permission.set_can_subscribe(grants.can_subscribe);
  permission.set_can_publish(can_publish(grants));
  permission.set_can_publish_data(grants.can_publish_data);
  if (grants.can_speak) permission.add_can_publish_sources(pb::MICROPHONE);
  if (grants.can_use_camera) permission.add_can_publish_sources(pb::CAMERA);
  if (grants.can_share_screen) {
    permission.add_can_publish_sources(pb::SCREEN_SHARE);
    permission.add_can_publish_sources(pb::SCREEN_SHARE_AUDIO);
  }
  return permission;
}

RoomGrants grants_of(const pb::ParticipantPermission& permission) {
  const auto& sources = permission.can_publish_sources();
  const auto may = [&](pb::TrackSource source) {
    // No source named means all of them.
    return permission.can_publish() && (sources.empty() || std::ranges::find(sources, source) != sources.end());
  };
  return {.can_subscribe = permission.can_subscribe(),
          .can_publish_data = permission.can_publish_data(),
          .can_speak = may(pb::MICROPHONE),
          .can_use_camera = may(pb::CAMERA),
          .can_share_screen = may(pb::SCREEN_SHARE)};
}

RoomMember member_of(const std::string& room, const pb::ParticipantInfo& info) {
  RoomMember member{.room = room,
                    .sid = info.sid(),
                    .identity = info.identity(),
                    .joined_at = WallTime{info.joined_at() * 1'000'000},
                    .is_connected = info.state() == pb::ParticipantInfo::ACTIVE,
                    .profile = {.name = info.name(),
                                .metadata = info.metadata(),
                                .attributes = {info.attributes().begin(), info.attributes().end()}},
                    .grants = grants_of(info.permission())};
  for (const pb::TrackInfo& track : info.tracks()) {
    member.tracks.push_back({track.sid(), static_cast<TrackSource>(track.source()), track.muted()});
  }
  return member;
}

class TwirpRooms : public product::RoomBackend {
 public:
  TwirpRooms(TwirpRoomsOptions options, TwirpTransport transport)
      : options_(std::move(options)), transport_(std::move(transport)) {}

  product::RoomTicket make_ticket(const std::string& room, const std::string& identity, const RoomProfile& profile,
                                  const RoomGrants& grants, WallTime now) override {
    livekit::Claims claims;
    claims.identity = identity;
    claims.name = profile.name;
    claims.metadata = profile.metadata;
    claims.attributes = profile.attributes;
    claims.video = livekit::VideoGrant{.room_join = true,
                                       .room = room,
                                       .can_publish = can_publish(grants),
                                       .can_subscribe = grants.can_subscribe,
                                       .can_publish_data = grants.can_publish_data,
                                       .can_publish_sources = sources_of(grants)};
    return {options_.url, Redacted(livekit::make_token(claims, options_.key, now, options_.ticket_validity)),
            WallTime{now.unix_us + options_.ticket_validity.us()}};
  }

  Outcome<std::vector<RoomMember>> list_members(Timestamp deadline) override {
    pb::ListRoomsResponse rooms;
    if (auto done = call("ListRooms", {.room_list = true}, pb::ListRoomsRequest(), rooms, deadline); !done) {
      return std::unexpected(done.error());
    }
    std::vector<RoomMember> members;
    for (const pb::Room& room : rooms.rooms()) {
      if (!product::voice::channel_of(room.name())) continue;
      pb::ListParticipantsRequest request;
      request.set_room(room.name());
      pb::ListParticipantsResponse response;
      const auto done = call("ListParticipants", admin_of(room.name()), request, response, deadline);
      if (!done && done.error().code == ProblemCode::kNotFound) continue;  // It ended meanwhile.
      if (!done) return std::unexpected(done.error());
      for (const pb::ParticipantInfo& info : response.participants()) members.push_back(member_of(room.name(), info));
    }
    return members;
  }

  Outcome<void> remove_member(const std::string& room, const std::string& identity, Timestamp deadline) override {
    pb::RoomParticipantIdentity request;
    request.set_room(room);
    request.set_identity(identity);
    pb::RemoveParticipantResponse response;
    return call("RemoveParticipant", admin_of(room), request, response, deadline);
  }

  Outcome<void> update_member(const std::string& room, const std::string& identity,
                              const std::optional<RoomProfile>& profile, const std::optional<RoomGrants>& grants,
                              Timestamp deadline) override {
    pb::UpdateParticipantRequest request;
    request.set_room(room);
    request.set_identity(identity);
    if (profile) {
      request.set_name(profile->name);
      request.set_metadata(profile->metadata);
      request.mutable_attributes()->insert(profile->attributes.begin(), profile->attributes.end());
    }
    if (grants) *request.mutable_permission() = permission_of(*grants);
    pb::ParticipantInfo response;
    return call("UpdateParticipant", admin_of(room), request, response, deadline);
  }

  Outcome<void> send_to_member(const std::string& room, const std::string& identity, std::string_view topic,
                               std::string_view payload, Timestamp deadline) override {
    pb::SendDataRequest request;
    request.set_room(room);
    request.set_topic(std::string(topic));
    request.set_data(std::string(payload));
    request.set_kind(pb::DataPacket::RELIABLE);
    request.add_destination_identities(identity);
    pb::SendDataResponse response;
    return call("SendData", admin_of(room), request, response, deadline);
  }

  Outcome<void> close_room(const std::string& room, Timestamp deadline) override {
    pb::DeleteRoomRequest request;
    request.set_room(room);
    pb::DeleteRoomResponse response;
    return call("DeleteRoom", {.room_create = true}, request, response, deadline);
  }

 private:
  static livekit::VideoGrant admin_of(const std::string& room) { return {.room_admin = true, .room = room}; }

  template <class Request, class Response>
  Outcome<void> call(std::string method, livekit::VideoGrant grant, const Request& request, Response& response,
                     Timestamp deadline) {
    livekit::Claims claims;
    claims.video = std::move(grant);
    std::string token = livekit::make_token(claims, options_.key, net::read_clock().wall, kCallValidity);
    const auto answer = transport_({std::move(method), std::move(token), request.SerializeAsString()}, deadline);
    if (!answer) return std::unexpected(answer.error());
    if (answer->status == 200) {
      if (response.ParseFromString(answer->body)) return {};
      return product::refuse(ProblemCode::kRoomBackendUnavailable, "the media server's answer is not RoomService's");
    }
    const std::string code = twirp_code(answer->body);
    if (code == "not_found") return product::refuse(ProblemCode::kNotFound, "no such room or participant");
    if (code == "unauthenticated" || code == "permission_denied") {
      return product::refuse(ProblemCode::kRoomBackendUnavailable, "the media server does not accept the API key");
    }
    return product::refuse(ProblemCode::kRoomBackendUnavailable,
                           "the media server answered " + std::to_string(answer->status) + " " + code);
  }

  const TwirpRoomsOptions options_;
  const TwirpTransport transport_;
};

}  // namespace

std::unique_ptr<product::RoomBackend> make_twirp_rooms(TwirpRoomsOptions options, TwirpTransport transport) {
  return std::make_unique<TwirpRooms>(std::move(options), std::move(transport));
}

}  // namespace parley::rooms
