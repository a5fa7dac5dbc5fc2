#pragma once

#include <boost/describe.hpp>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/guarded.h"
#include "base/time.h"
#include "product/community/access.h"
#include "product/community/events.h"
#include "product/ports/room_backend.h"
#include "product/ports/store.h"
#include "product/voice/presence.h"
#include "product/voice/rights.h"

namespace parley::voice {

/// What a room's member is allowed, and how others see him.
struct Seat {
  product::RoomProfile profile;
  product::RoomGrants grants;
};

/// Holds the database and the media server together, both ways: who is in a voice channel is written down, and what
/// changes in the community acts inside running calls. Needs no order and no memory: each call compares what is with
/// what should be, so that one that failed is made good by the next. Thread-safe; calls block.
class Keeper {
 public:
  Keeper(product::Store& store, product::RoomBackend& rooms, std::function<Now()> clock)
      : store_(store), rooms_(rooms), clock_(std::move(clock)) {}

  /// Writes down what has happened in rooms, in one unit of work.
  product::Outcome<void> on_room_events(std::span<const product::voice::RoomEvent> events, Timestamp deadline);
  /// Asks the media server for everyone and makes the database equal; forgets what ended more than a day ago; and
  /// makes everyone's rights right.
  product::Outcome<void> reconcile(Timestamp deadline);
  /// Everyone is gone: the embedded media server has just started.
  product::Outcome<void> clear(Timestamp deadline);
  /// An event of the outbox; those that do not concern calls are ignored. A failure means: give it to me again.
  product::Outcome<void> on_event(const product::OutboxEvent& event, Timestamp deadline);

 private:
  struct Scope;  ///< Whose rights to look at.
  struct Found {
    product::voice::VoiceState state;
    std::optional<Seat> seat;
  };
  std::vector<Found> find(product::Tx& tx, const Scope& scope) const;
  /// Tells the media server what has become wrong. Who is as he should be in `known`, its own answer, is left alone.
  product::Outcome<void> enforce(const Scope& scope, Timestamp deadline,
                                 std::span<const product::RoomMember> known = {});
  /// Takes these out of their rooms.
  product::Outcome<void> take_out(std::span<const product::voice::VoiceState> states, Timestamp deadline);
  product::Outcome<void> enforce_one(const product::voice::VoiceState& state, const std::optional<Seat>& seat,
                                     Timestamp deadline);
  /// Takes one user, or all, out of a community's channels.
  product::Outcome<void> remove(const product::CommunityId& community, const std::optional<product::UserId>& user,
                                Timestamp deadline);
  /// Hands one user, wherever he is in the community's channels, a ticket for another channel.
  product::Outcome<void> move(const product::community::MoveRequested& wish, Timestamp deadline);
  /// Takes out those who were asked to leave and have not.
  product::Outcome<void> remove_overdue(Timestamp deadline);
  product::Outcome<void> close_channel(const product::ChannelId& channel, Timestamp deadline);

  product::Store& store_;
  product::RoomBackend& rooms_;
  const std::function<Now()> clock_;
};

/// The topic under which a client is told to go to another voice channel. The message has no sender, so no participant
/// can forge it; its payload is a VoiceMove. A client that is still there after kMoveGrace is taken out.
constexpr std::string_view kMoveTopic = "parley.move";
constexpr TimeDelta kMoveGrace = TimeDelta::seconds(10);

/// The right to enter a voice channel's room.
struct VoiceTicket {
  std::string url;  ///< Empty in a VoiceMove: the server that the client is connected to.
  std::string token;
  std::string room;
  WallTime expires_at;
};
BOOST_DESCRIBE_STRUCT(VoiceTicket, (), (url, token, room, expires_at))

struct VoiceMove {
  product::ChannelId channel_id;
  VoiceTicket ticket;
};
BOOST_DESCRIBE_STRUCT(VoiceMove, (), (channel_id, ticket))

/// What `user` may do in a voice channel and how he looks there; nullopt when he may not be in it. Part of a unit.
std::optional<Seat> seat_of(product::Tx& tx, const product::community::Standing& standing);

}  // namespace parley::voice
