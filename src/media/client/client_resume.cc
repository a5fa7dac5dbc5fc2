// A client whose signal connection broke goes on with the session it had (reference 2.12).

#include <algorithm>

#include "media/client/client.h"

namespace parley::client {

void Client::on_reconnect(const pb::ReconnectResponse& reconnect, ClientOutputs& out) {
  has_signal_ = true;
  is_offer_outstanding_ = false;
  next_ping_ = last_signal_ + TimeDelta::seconds(std::max(join_.ping_interval(), 1));
  out.events.push_back({.kind = ClientEvent::Kind::kResumed});
  pb::SignalRequest request;
  *request.mutable_sync_state() = make_sync_state();
  out.requests.push_back(std::move(request));
  repeat_wishes(out);
  for (pb::SignalRequest& waiting : std::exchange(waiting_, {})) send(std::move(waiting), out);
  // What the server has not seen of us is sent again; it drops what it has by the numbers.
  for (const pb::DataPacket& packet : sent_reliable_) {
    if (packet.sequence() > reconnect.last_message_seq()) transmit(packet, pb::DataPacket::RELIABLE, out);
  }
  restart_ice(out);
}

void Client::repeat_wishes(ClientOutputs& out) {
  // What was under way when the connection broke may not have arrived, and the SyncState has only what differs from
  // the default. All of these may come twice without harm.
  for (const auto& [sid, wish] : subscription_wishes_) {
    if (wish == options_.auto_subscribe) subscribe(sid, wish, out);
  }
  for (const auto& [sid, wish] : track_wishes_) set_track_wish(sid, TrackWish(wish), out);
  for (const auto& publication : publications_) {
    if (publication->info().sid().empty() || publication->is_ended()) continue;
    pb::SignalRequest request;
    request.mutable_mute()->set_sid(publication->info().sid());
    request.mutable_mute()->set_muted(publication->is_muted());
    send(std::move(request), out);
  }
}

pb::SyncState Client::make_sync_state() const {
  pb::SyncState state;
  if (!last_offer_.sdp().empty()) *state.mutable_offer() = last_offer_;
  if (!last_answer_.sdp().empty()) *state.mutable_answer() = last_answer_;
  // The difference from what auto_subscribe does by itself.
  state.mutable_subscription()->set_subscribe(!options_.auto_subscribe);
  for (const auto& [sid, wish] : subscription_wishes_) {
    if (wish != options_.auto_subscribe) state.mutable_subscription()->add_track_sids(sid);
  }
  for (const auto& publication : publications_) {
    if (publication->info().sid().empty() || publication->is_ended()) continue;
    pb::TrackPublishedResponse& published = *state.add_publish_tracks();
    published.set_cid(publication->cid());
    *published.mutable_track() = publication->info();
  }
  for (const auto& [sid, wish] : track_wishes_) {
    if (wish.disabled) state.add_track_sids_disabled(sid);
  }
  for (const auto& [sid, sequence] : last_received_) {
    pb::DataChannelReceiveState& received = *state.add_datachannel_receive_states();
    received.set_publisher_sid(sid);
    received.set_last_seq(sequence);
  }
  return state;
}

}  // namespace parley::client
