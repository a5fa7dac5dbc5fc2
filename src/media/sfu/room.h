#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "media/sfu/media_peer.h"
#include "media/sfu/subscription.h"
#include "media/sfu/track.h"

namespace parley::sfu {

class Room;

/// One participant's media: peers, published tracks, subscriptions. Who it is, is known above. Owner: its Room.
class Participant {
 public:
  explicit Participant(Room& room) : room_(room) {}

  Room& room() const { return room_; }
  const std::vector<std::unique_ptr<MediaPeer>>& peers() const { return peers_; }
  const std::vector<std::unique_ptr<Track>>& tracks() const { return tracks_; }
  /// The subscription to the track in `slot`, or null.
  Subscription* subscription(size_t slot) const {
    return slot < subscriptions_.size() ? subscriptions_[slot].get() : nullptr;
  }

 private:
  friend class Sfu;
  Room& room_;
  std::vector<std::unique_ptr<MediaPeer>> peers_;
  std::vector<std::unique_ptr<Track>> tracks_;
  std::vector<std::unique_ptr<Subscription>> subscriptions_;  ///< By track slot.
};

/// The media of one room: who is in it and which tracks have packets to forward. They leave in rounds: what has come
/// until its begin goes to one participant after the other, over several passes when there are many.
/// Owner: Sfu, on the home shard.
class Room {
 public:
  const std::vector<std::unique_ptr<Participant>>& participants() const { return participants_; }

 private:
  friend class Sfu;
  size_t take_slot(Track* track);

  std::vector<std::unique_ptr<Participant>> participants_;
  std::vector<Track*> slots_;  ///< Null where free; reused, so that subscriptions stay dense.
  std::vector<Track*> pending_tracks_;
  std::vector<Track*> leaving_tracks_;  ///< Of the round under way; empty between rounds.
  size_t next_participant_ = 0;         ///< Whose turn it is in it.
  Timestamp pending_since_ = Timestamp::never();
  bool is_listed_ = false;  ///< In Sfu's list of rooms with pending packets.
  bool had_speakers_ = false;
};

}  // namespace parley::sfu
