#include "edge/voice/routes.h"

#include <algorithm>

#include "edge/voice/keeper.h"
#include "product/community/rows.h"

namespace parley::voice {
namespace {

namespace community = product::community;
namespace presence = product::voice;
using api::Access;
using api::Bucket;
using api::Method;
using product::Outcome;
using product::ProblemCode;
using product::Tx;

struct VoiceStates {
  std::vector<presence::VoiceState> items;
};
BOOST_DESCRIBE_STRUCT(VoiceStates, (), (items))

/// The right to enter, decided in one unit; the token is made outside of it.
Outcome<VoiceTicket> join(const VoiceServices& services, api::Request<>& request) {
  const auto channel_id = request.id<product::ChannelId>("channel_id");
  const community::Acting acting(request.caller.user, request.now.wall, request.rng);
  const auto seat = request.store.read(request.deadline, [&](Tx& tx) -> Outcome<Seat> {
    const auto channel = community::find_channel(tx, channel_id);
    if (!channel || channel->kind != community::ChannelKind::kVoice) {
      return product::refuse(ProblemCode::kNotFound, "no such voice channel");
    }
    const auto standing = community::require_in(tx, acting, channel_id, product::access::Permission::kConnect);
    if (!standing) return std::unexpected(standing.error());
    if (channel->user_limit > 0 && !standing->has(product::access::Permission::kMove)) {
      auto inside = presence::who_is_in(tx, channel_id);
      std::erase_if(inside, [&](const auto& state) { return state.user_id == request.caller.user; });
      if (static_cast<int64_t>(inside.size()) >= channel->user_limit) {
        return product::refuse(ProblemCode::kLimitReached, "the channel's userLimit");
      }
    }
    auto found = seat_of(tx, *standing);
    if (!found) return product::refuse(ProblemCode::kNotFound);
    return std::move(*found);
  });
  if (!seat) return std::unexpected(seat.error());
  const std::string room = presence::room_of(channel_id);
  const auto ticket =
      services.rooms.make_ticket(room, request.caller.user.text(), seat->profile, seat->grants, request.now.wall);
  // Without an address of its own the media server is this one, where the client has just come to.
  const std::string here = (services.is_https ? "wss://" : "ws://") + std::string(request.http.headers.get("host"));
  return VoiceTicket{ticket.url.empty() ? here : ticket.url, ticket.token.reveal(), room, ticket.expires_at};
}

Outcome<VoiceStates> states(api::Request<>& request) {
  const auto id = request.id<product::CommunityId>("community_id");
  const community::Acting acting(request.caller.user, request.now.wall, request.rng);
  return request.store.read(request.deadline, [&](Tx& tx) -> Outcome<VoiceStates> {
    const auto member = community::require_member(tx, acting, id);
    if (!member) return std::unexpected(member.error());
    const auto visible = community::visible_channels(tx, acting.user, id, acting.now);
    VoiceStates out{presence::who_is_where(tx, id)};
    std::erase_if(out.items, [&](const presence::VoiceState& state) {
      return std::ranges::none_of(visible, [&](const auto& seen) { return seen.channel.id == state.channel_id; });
    });
    return out;
  });
}

struct WebhookTaken {
  bool is_known = false;  ///< It said something about who is where.
};
BOOST_DESCRIBE_STRUCT(WebhookTaken, (), (is_known))

Outcome<WebhookTaken> take_webhook(const VoiceServices& services, api::Request<api::RawBody>& request) {
  const auto event =
      services.read_webhook(request.http.headers.get("authorization"), request.body.bytes, request.now.wall);
  if (!event) return std::unexpected(event.error());
  if (!*event) return WebhookTaken{false};
  return request.store.write(request.deadline, [&](Tx& tx) -> Outcome<WebhookTaken> {
    presence::apply(tx, **event, request.now.wall);
    return WebhookTaken{true};
  });
}

}  // namespace

void add_voice_routes(api::RouteTable& table, VoiceServices services) {
  table.add({.method = Method::kPost,
             .path = "/api/v1/channels/{channel_id}/voice/join",
             .id = "joinVoiceChannel",
             .summary = "Gives a token for the voice channel's room.",
             .tag = "voice",
             .problems = {ProblemCode::kForbidden, ProblemCode::kTimedOut, ProblemCode::kLimitReached},
             .secrecy = api::Secrecy::kSecret},
            [services](api::Request<>& request) { return join(services, request); });
  table.add({.method = Method::kGet,
             .path = "/api/v1/communities/{community_id}/voice-states",
             .id = "listVoiceStates",
             .summary = "Who is in which voice channel: muted, on camera, sharing.",
             .tag = "voice"},
            states);
  if (!services.read_webhook) return;
  table.add({.method = Method::kPost,
             .path = "/api/v1/webhooks/livekit",
             .id = "takeLivekitWebhook",
             .summary = "Takes a webhook of the LiveKit server.",
             .tag = "voice",
             .access = Access::kAnyone,
             .bucket = Bucket::kNone,
             .problems = {ProblemCode::kTokenInvalid, ProblemCode::kUnsupportedMediaType},
             .content_types = {"application/webhook+json", "application/json"}},
            [services](api::Request<api::RawBody>& request) { return take_webhook(services, request); });
}

}  // namespace parley::voice
