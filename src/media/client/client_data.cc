// Data packets (reference 3.8).

#include <algorithm>

#include "media/client/client.h"

namespace parley::client {
namespace {

/// Reliable packets kept to be sent again after a resume: about what a client sends in a few seconds.
constexpr size_t kMaxKept = 256;
constexpr const char* kReliable = "_reliable";
constexpr const char* kLossy = "_lossy";
constexpr const char* kDataTrack = "_data_track";

}  // namespace

void Client::open_channels(ClientOutputs& out) {
  using transport::DataOrder;
  transport::PeerOutputs& mine = out.of(ConnectionIndex::kPublisher);
  transport::Peer& peer = publisher().transport();
  (void)peer.open_channel({.label = kReliable}, mine);
  (void)peer.open_channel({.label = kLossy, .order = DataOrder::kUnordered, .max_retransmits = 0}, mine);
  (void)peer.open_channel({.label = kDataTrack, .order = DataOrder::kUnordered, .max_retransmits = 0}, mine);
}

void Client::on_channel(ConnectionIndex index, const transport::SctpEvent& event) {
  if (index != ConnectionIndex::kPublisher) return;  // Of the server's making: only received from.
  if (event.parameters.label == kReliable) send_channels_.reliable = event.channel;
  if (event.parameters.label == kLossy) send_channels_.lossy = event.channel;
}

void Client::on_message(const transport::SctpEvent& event, ClientOutputs& out) {
  ClientEvent received{.kind = ClientEvent::Kind::kData};
  if (!received.packet.ParseFromArray(event.payload.data(), static_cast<int>(event.payload.size()))) return;
  const pb::DataPacket& packet = received.packet;
  if (packet.kind() == pb::DataPacket::RELIABLE && packet.sequence() > 0) {
    uint32_t& last = last_received_[packet.participant_sid()];
    if (packet.sequence() <= last) return;  // Replayed after a resume, and here already.
    if (last > 0 && packet.sequence() > last + 1) {
      out.events.push_back({.kind = ClientEvent::Kind::kDataLost, .sid = packet.participant_sid()});
    }
    last = packet.sequence();
  }
  out.events.push_back(std::move(received));
}

bool Client::send_data(pb::DataPacket::Kind kind, std::string payload, ClientOutputs& out) {
  pb::DataPacket packet;
  packet.mutable_user()->set_payload(std::move(payload));
  return send_packet(std::move(packet), kind, out);
}

bool Client::send_packet(pb::DataPacket packet, pb::DataPacket::Kind kind, ClientOutputs& out) {
  packet.set_kind(kind);
  packet.set_participant_sid(sid());
  if (kind != pb::DataPacket::RELIABLE) return transmit(packet, kind, out);
  packet.set_sequence(next_sequence_);
  if (!transmit(packet, kind, out)) return false;
  ++next_sequence_;
  sent_reliable_.push_back(std::move(packet));
  if (sent_reliable_.size() > kMaxKept) sent_reliable_.pop_front();
  return true;
}

bool Client::transmit(const pb::DataPacket& packet, pb::DataPacket::Kind kind, ClientOutputs& out) {
  const auto& channel = kind == pb::DataPacket::RELIABLE ? send_channels_.reliable : send_channels_.lossy;
  if (!channel) return false;
  const std::string bytes = packet.SerializeAsString();
  const bool is_sent =
      publisher()
          .transport()
          .send_data(*channel, transport::DataKind::kBinary, as_bytes(bytes), out.of(ConnectionIndex::kPublisher))
          .has_value();
  settle(ConnectionIndex::kPublisher, out);
  return is_sent;
}

}  // namespace parley::client
