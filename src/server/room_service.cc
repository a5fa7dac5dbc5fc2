#include "server/room_service.h"

#include <array>
#include <functional>

#include "base/guarded.h"
#include "media/livekit/twirp.h"
#include "media/shard/clock.h"
#include "server/signal_connection.h"

namespace parley::server {
namespace {

namespace pb = livekit::pb;
using livekit::TwirpFormat;
using livekit::VideoGrant;

/// One call being served.
struct Call {
  std::shared_ptr<net::HttpExchange> exchange;
  TwirpFormat format;
  VideoGrant grant;
  MediaNode* node;
};

void answer(const Call& call, const livekit::TwirpReply& reply) {
  net::HttpResponse response;
  response.status = reply.status;
  response.headers.add("Content-Type", reply.content_type);
  response.body = reply.body;
  call.exchange->respond(with_cors(std::move(response)));
}

void answer_error(const Call& call, Error::Code code, std::string message) {
  answer(call, livekit::make_twirp_error({code, std::move(message)}));
}

template <class T>
void answer_result(const Call& call, const Result<T>& result) {
  if (!result) return answer(call, livekit::make_twirp_error(result.error()));
  answer(call, livekit::make_twirp_reply(call.format, *result));
}

template <class Reply>
Result<Reply> reply_of(const Result<void>& done) {
  if (!done) return std::unexpected(done.error());
  return Reply{};
}

/// Runs `work(driver, now)` (giving a Result of a message) on the shard of `room`.
template <class Work>
void on_shard(const Call& call, const std::string& room, Work work) {
  const bool posted = call.node->run(room, [call, work = std::move(work)](EngineDriver& driver, Now now) mutable {
    const auto result = work(driver, now);
    driver.flush();
    answer_result(call, result);
  });
  if (!posted) answer_error(call, Error::Code::kResourceExhausted, "the server is overloaded");
}

bool is_admin_of(const VideoGrant& grant, const std::string& room) { return grant.room_admin && grant.room == room; }

/// The usual call: a request about one room, for which the token must hold roomAdmin.
template <class Request, class Work>
void admin_call(const Call& call, Work work) {
  Request request;
  if (const auto parsed = livekit::parse_twirp_body(call.format, call.exchange->request().body, request); !parsed) {
    return answer(call, livekit::make_twirp_error(parsed.error()));
  }
  if (!is_admin_of(call.grant, request.room())) {
    return answer_error(call, Error::Code::kUnauthenticated, "permissions denied");
  }
  const std::string room = request.room();
  on_shard(call, room,
           [request = std::move(request), work](EngineDriver& driver, Now now) { return work(driver, request, now); });
}

template <class Request, class Check, class Run>
void other_call(const Call& call, Check is_allowed, Run run) {
  Request request;
  if (const auto parsed = livekit::parse_twirp_body(call.format, call.exchange->request().body, request); !parsed) {
    return answer(call, livekit::make_twirp_error(parsed.error()));
  }
  if (!is_allowed(request)) return answer_error(call, Error::Code::kUnauthenticated, "permissions denied");
  run(std::move(request));
}

void create_room(const Call& call) {
  other_call<pb::CreateRoomRequest>(
      call, [&](const auto&) { return call.grant.room_create; },
      [&](pb::CreateRoomRequest request) {
        const std::string room = request.name();
        on_shard(call, room, [request = std::move(request)](EngineDriver& driver, Now now) {
          return driver.engine().create_room(request, now, driver.out());
        });
      });
}

void list_rooms(const Call& call) {
  other_call<pb::ListRoomsRequest>(
      call, [&](const auto&) { return call.grant.room_list; },
      [&](pb::ListRoomsRequest request) {
        auto rooms = std::make_shared<Guarded<pb::ListRoomsResponse>>();
        call.node->run_everywhere(
            [rooms, request = std::move(request)](EngineDriver& driver, Now) {
              rooms->with([&](pb::ListRoomsResponse& all) { driver.engine().list_rooms(request, all); });
            },
            [call, rooms] {
              rooms->with([&](pb::ListRoomsResponse& all) { answer_result(call, Result<pb::ListRoomsResponse>(all)); });
            });
      });
}

void delete_room(const Call& call) {
  other_call<pb::DeleteRoomRequest>(
      call, [&](const auto&) { return call.grant.room_create; },
      [&](const pb::DeleteRoomRequest& request) {
        on_shard(call, request.room(), [name = request.room()](EngineDriver& driver, Now now) {
          return reply_of<pb::DeleteRoomResponse>(driver.engine().delete_room(name, now, driver.out()));
        });
      });
}

void list_participants(const Call& call) {
  admin_call<pb::ListParticipantsRequest>(call, [](EngineDriver& driver, const auto& request, Now) {
    return driver.engine().list_participants(request.room());
  });
}

void get_participant(const Call& call) {
  admin_call<pb::RoomParticipantIdentity>(call, [](EngineDriver& driver, const auto& request, Now) {
    return driver.engine().get_participant(request.room(), request.identity());
  });
}

void remove_participant(const Call& call) {
  admin_call<pb::RoomParticipantIdentity>(call, [](EngineDriver& driver, const auto& request, Now now) {
    return reply_of<pb::RemoveParticipantResponse>(
        driver.engine().remove_participant(request.room(), request.identity(), now, driver.out()));
  });
}

void mute_published_track(const Call& call) {
  admin_call<pb::MuteRoomTrackRequest>(call, [](EngineDriver& driver, const auto& request, Now now) {
    return driver.engine().mute_track(request, now, driver.out());
  });
}

void update_participant(const Call& call) {
  admin_call<pb::UpdateParticipantRequest>(call, [](EngineDriver& driver, const auto& request, Now now) {
    return driver.engine().update_participant(request, now, driver.out());
  });
}

void update_subscriptions(const Call& call) {
  admin_call<pb::UpdateSubscriptionsRequest>(call, [](EngineDriver& driver, const auto& request, Now now) {
    return reply_of<pb::UpdateSubscriptionsResponse>(driver.engine().update_subscriptions(request, now, driver.out()));
  });
}

void send_data(const Call& call) {
  admin_call<pb::SendDataRequest>(call, [](EngineDriver& driver, const auto& request, Now now) {
    return reply_of<pb::SendDataResponse>(driver.engine().send_data(request, now, driver.out()));
  });
}

void update_room_metadata(const Call& call) {
  admin_call<pb::UpdateRoomMetadataRequest>(call, [](EngineDriver& driver, const auto& request, Now now) {
    return driver.engine().update_room_metadata(request, now, driver.out());
  });
}

void perform_rpc(const Call& call) {
  other_call<pb::PerformRpcRequest>(
      call, [&](const auto& request) { return is_admin_of(call.grant, request.room()); },
      [&](pb::PerformRpcRequest request) {
        const std::string room = request.room();
        const bool posted = call.node->run(room, [call, request = std::move(request)](EngineDriver& driver, Now now) {
          driver.perform_rpc(
              request,
              [call](Result<std::string> payload) {
                if (!payload) return answer(call, livekit::make_twirp_error(payload.error()));
                pb::PerformRpcResponse response;
                response.set_payload(*payload);
                answer_result(call, Result<pb::PerformRpcResponse>(response));
              },
              now);
        });
        if (!posted) answer_error(call, Error::Code::kResourceExhausted, "the server is overloaded");
      });
}

void move_participant(const Call& call) {
  other_call<pb::ForwardParticipantRequest>(
      call,
      [&](const auto& request) {
        return is_admin_of(call.grant, request.room()) && call.grant.destination_room == request.destination_room();
      },
      [&](const auto&) {
        answer_error(call, Error::Code::kUnimplemented, "moving participants between rooms is not offered");
      });
}

struct Method {
  std::string_view name;
  void (*serve)(const Call&);
};
constexpr std::array kMethods{
    Method{"CreateRoom", create_room},
    Method{"ListRooms", list_rooms},
    Method{"DeleteRoom", delete_room},
    Method{"ListParticipants", list_participants},
    Method{"GetParticipant", get_participant},
    Method{"RemoveParticipant", remove_participant},
    Method{"MutePublishedTrack", mute_published_track},
    Method{"UpdateParticipant", update_participant},
    Method{"UpdateSubscriptions", update_subscriptions},
    Method{"SendData", send_data},
    Method{"UpdateRoomMetadata", update_room_metadata},
    Method{"PerformRpc", perform_rpc},
    Method{"ForwardParticipant", move_participant},
    Method{"MoveParticipant", move_participant},
};

std::string_view bearer(const net::HttpRequest& request) {
  const std::string_view value = request.headers.get("authorization");
  return value.starts_with("Bearer ") ? value.substr(7) : std::string_view();
}

}  // namespace

void serve_twirp(const std::shared_ptr<net::HttpExchange>& exchange, const livekit::KeyStore& keys, MediaNode& node) {
  const net::HttpRequest& request = exchange->request();
  Call call{exchange, TwirpFormat::kJson, {}, &node};
  const auto route = livekit::parse_twirp_path(request.path);
  const auto format = livekit::parse_twirp_content_type(request.headers.get("content-type"));
  if (!route || request.method != "POST") return answer(call, livekit::make_twirp_bad_route("no such call"));
  if (!format) return answer(call, livekit::make_twirp_bad_route("Content-Type must be JSON or protobuf"));
  call.format = *format;
  const auto claims = livekit::verify_token(bearer(request), keys, shard::read_clock().wall);
  if (!claims || !claims->video) {
    return answer_error(call, Error::Code::kUnauthenticated,
                        claims ? "permissions denied" : "invalid token: " + std::string(to_string(claims.error())));
  }
  call.grant = *claims->video;
  if (route->service != "RoomService") {
    return answer_error(call, Error::Code::kUnimplemented, "this server offers RoomService only");
  }
  for (const Method& method : kMethods) {
    if (method.name == route->method) return method.serve(call);
  }
  answer(call, livekit::make_twirp_bad_route("no such method"));
}

}  // namespace parley::server
