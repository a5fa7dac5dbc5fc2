// Data packets: who may send, who receives, what is rewritten, and what a resuming client is given again.

#include <algorithm>

#include "media/livekit/room.h"

namespace parley::livekit {
namespace {

/// How long a reliable packet is kept for those who resume.
constexpr TimeDelta kReplayAge = TimeDelta::seconds(2);
/// And for those whose data channel is not open yet; a client gives up connecting after 15 s.
constexpr TimeDelta kOpeningAge = TimeDelta::seconds(15);
/// And how much of it per room: two seconds of a busy room; beyond it the oldest go.
constexpr size_t kReplayBytes = 8 * 1024 * 1024;
/// LiveKit's window for recognising repeated user packets.
constexpr size_t kNonces = 100;
/// A lossy packet is dropped when the receiver has this much unsent data: about 100 ms at 1 Mbit/s.
constexpr size_t kLossyBuffer = 16 * 1024;
/// Reliable data that waits for one receiver, behind what its SCTP association has taken: half a minute at 4 Mbit/s.
constexpr size_t kMaxUnsentData = 16 * 1024 * 1024;

bool is_addressed(const pb::DataPacket& packet) {
  return packet.destination_identities_size() > 0 ||
         (packet.has_user() &&
          (packet.user().destination_identities_size() > 0 || packet.user().destination_sids_size() > 0));
}

bool is_destination(const pb::DataPacket& packet, const Participant& participant) {
  const auto names = [&](const auto& list, const std::string& id) { return std::ranges::find(list, id) != list.end(); };
  if (names(packet.destination_identities(), participant.identity())) return true;
  return packet.has_user() && (names(packet.user().destination_identities(), participant.identity()) ||
                               names(packet.user().destination_sids(), participant.sid()));
}

bool is_agent(const Participant& participant) { return participant.info().kind() == pb::ParticipantInfo::AGENT; }

/// The true sender, whatever the client wrote. Agents may speak for others on chat and streams.
void stamp_sender(pb::DataPacket& packet, const Participant& sender) {
  using Value = pb::DataPacket::ValueCase;
  const Value value = packet.value_case();
  const bool may_keep =
      is_agent(sender) && !packet.participant_identity().empty() &&
      (value == Value::kChatMessage || value == Value::kStreamHeader || value == Value::kStreamChunk ||
       value == Value::kStreamTrailer || value == Value::kTranscription);
  packet.set_participant_sid(sender.is_hidden() ? "" : sender.sid());
  if (!may_keep) packet.set_participant_identity(sender.is_hidden() ? "" : sender.identity());
  if (!packet.has_user()) return;
  packet.mutable_user()->set_participant_sid(packet.participant_sid());
  packet.mutable_user()->set_participant_identity(packet.participant_identity());
}

}  // namespace

void Room::on_channel_opened(Context& ctx, const sfu::DataChannelOpened& event) {
  Participant* participant = by_media(&event.peer->participant());
  Connection* connection = participant ? participant->connection_of(event.peer) : nullptr;
  if (!connection) return;
  if (event.label == "_reliable") connection->reliable = event.channel;
  if (event.label == "_lossy") connection->lossy = event.channel;
  // One who joined a moment ago must not miss what was said between its Join and its channel.
  if (event.label == "_reliable" && connection == &participant->subscriber()) replay(ctx, *participant, {});
}

void Room::on_data(Context& ctx, const sfu::DataReceived& event) {
  Participant* sender = by_media(&event.peer->participant());
  Connection* connection = sender ? sender->connection_of(event.peer) : nullptr;
  if (!connection || !sender->info().permission().can_publish_data()) return;
  const bool is_reliable = connection->reliable == event.channel;
  if (!is_reliable && connection->lossy != event.channel) return;
  pb::DataPacket packet;
  if (!packet.ParseFromArray(event.payload.data(), static_cast<int>(event.payload.size()))) return;
  relay(ctx, *sender, std::move(packet), is_reliable ? pb::DataPacket::RELIABLE : pb::DataPacket::LOSSY);
}

void Room::relay(Context& ctx, Participant& sender, pb::DataPacket packet, pb::DataPacket::Kind kind) {
  using Value = pb::DataPacket::ValueCase;
  if (packet.value_case() == Value::kSpeaker) return;  // Only the server says who speaks.
  if (packet.value_case() == Value::kTranscription && !is_agent(sender)) return;
  if (kind == pb::DataPacket::RELIABLE && packet.sequence() > 0) {
    // Sent again after a resume.
    if (packet.sequence() <= sender.last_reliable_sequence) return;
    sender.last_reliable_sequence = packet.sequence();
  }
  if (packet.has_user() && packet.user().nonce().size() == 16) {
    if (std::ranges::find(sender.nonces, packet.user().nonce()) != sender.nonces.end()) return;
    sender.nonces.push_back(packet.user().nonce());
    if (sender.nonces.size() > kNonces) sender.nonces.pop_front();
  }
  if (take_rpc_reply(ctx, packet)) return;
  packet.set_kind(kind);
  stamp_sender(packet, sender);
  deliver(ctx, &sender, packet, kind);
}

void Room::deliver(Context& ctx, const Participant* sender, const pb::DataPacket& packet, pb::DataPacket::Kind kind) {
  const std::string bytes = packet.SerializeAsString();
  const bool has_destinations = is_addressed(packet);
  for (const auto& [sid, participant] : participants_) {
    if (participant.get() == sender) continue;
    if (has_destinations && !is_destination(packet, *participant)) continue;
    if (packet.has_metrics() && !participant->info().permission().can_subscribe_metrics()) continue;
    send_packet(ctx, *participant, kind, bytes);
  }
  if (kind != pb::DataPacket::RELIABLE || packet.has_metrics()) return;
  ReliablePacket kept{ctx.now.mono, sender ? sender->sid() : "", packet.sequence(), has_destinations, {}, bytes};
  if (has_destinations) {
    for (const auto& [sid, participant] : participants_) {
      if (is_destination(packet, *participant)) kept.destinations.push_back(participant->identity());
    }
  }
  reliable_bytes_ += bytes.size();
  reliable_.push_back(std::move(kept));
  expire_data(ctx);
}

TimeDelta Room::replay_age(Timestamp now) {
  // One who is still connecting gets everything since its Join as soon as its channel opens.
  TimeDelta age = kReplayAge;
  for (const auto& [sid, participant] : participants_) {
    const TimeDelta waiting = now - participant->joined;
    if (!participant->subscriber().reliable && waiting <= kOpeningAge) age = std::max(age, waiting);
  }
  return age;
}

void Room::expire_data(Context& ctx) {
  const TimeDelta age = reliable_.empty() ? kReplayAge : replay_age(ctx.now.mono);
  while (!reliable_.empty() && (ctx.now.mono - reliable_.front().at > age || reliable_bytes_ > kReplayBytes)) {
    reliable_bytes_ -= reliable_.front().bytes.size();
    reliable_.pop_front();
  }
  for (auto it = rpcs_.begin(); it != rpcs_.end();) {
    if (it->second.deadline > ctx.now.mono) {
      ++it;
      continue;
    }
    ctx.out.rpc_replies.push_back(
        {it->second.call_id, fail(Error::Code::kUnavailable, "the RPC was not answered in time")});
    it = rpcs_.erase(it);
  }
}

bool Room::send_packet(Context& ctx, Participant& to, pb::DataPacket::Kind kind, const std::string& bytes) {
  Connection& connection = to.subscriber();
  if (kind == pb::DataPacket::RELIABLE) {
    if (!connection.reliable) return false;
    to.unsent_bytes += bytes.size();
    to.unsent.push_back(bytes);
    send_unsent(ctx, to);
    return true;
  }
  if (!connection.lossy || connection.peer->transport().buffered_amount() > kLossyBuffer) return false;
  const auto sent = connection.peer->transport().send_data(*connection.lossy, transport::DataKind::kBinary,
                                                           as_bytes(bytes), ctx.out.sfu.transport);
  ctx.sfu.after_transport(*connection.peer, ctx.out.sfu);
  return sent.has_value();
}

void Room::send_unsent(Context& ctx, Participant& to) {
  Connection& connection = to.subscriber();
  while (!to.unsent.empty()) {
    const auto sent = connection.peer->transport().send_data(*connection.reliable, transport::DataKind::kBinary,
                                                             as_bytes(to.unsent.front()), ctx.out.sfu.transport);
    if (!sent && sent.error() == transport::SctpSendError::kBufferFull) {
      // A reader that is far behind holds everyone's data in memory; it must come back and start over.
      if (to.unsent_bytes > kMaxUnsentData) to.remove_at = ctx.now.mono;
      connection.peer->wants_data_room = true;
      break;
    }
    to.unsent_bytes -= to.unsent.front().size();
    to.unsent.pop_front();
  }
  ctx.sfu.after_transport(*connection.peer, ctx.out.sfu);
}

void Room::on_data_room(Context& ctx, sfu::MediaPeer& peer) {
  Participant* participant = by_media(&peer.participant());
  if (participant && participant->subscriber().peer == &peer && participant->subscriber().reliable) {
    send_unsent(ctx, *participant);
  }
}

void Room::replay(Context& ctx, Participant& to, const std::map<std::string, uint32_t>& last_by_sender) {
  for (const ReliablePacket& packet : reliable_) {
    if (packet.sender_sid == to.sid() || packet.at < to.joined) continue;
    if (packet.is_directed && std::ranges::find(packet.destinations, to.identity()) == packet.destinations.end()) {
      continue;
    }
    const auto last = last_by_sender.find(packet.sender_sid);
    // Clients drop what they have already by its number; without numbers nothing may be repeated.
    if (last != last_by_sender.end() && packet.sequence <= last->second) continue;
    if (packet.sequence == 0 && !last_by_sender.empty()) continue;
    send_packet(ctx, to, pb::DataPacket::RELIABLE, packet.bytes);
  }
}

}  // namespace parley::livekit
