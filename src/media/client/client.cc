#include "media/client/client.h"

#include <algorithm>

namespace parley::client {
namespace {

/// Free sections that LiveKit's clients begin with in single mode.
constexpr int kInitialSections = 3;
/// Requests kept while the signal connection is down. More than a user makes in the time a resume takes.
constexpr size_t kMaxWaiting = 100;
constexpr const char* kVersion = "2.23.0";

std::string flag(bool value) { return value ? "1" : "0"; }

}  // namespace

Client::Client(ClientOptions options, Rng& rng) : options_(std::move(options)), rng_(rng) {
  for (const PublishSpec& spec : options_.publish) {
    publications_.push_back(std::make_unique<Publication>(spec, "cid-" + rng_.base62(8), options_.publisher_id, rng_));
  }
  make_connections();
}

Client::~Client() = default;

void Client::make_connections() {
  connections_[0] = std::make_unique<PeerConnection>(options_, ConnectionIndex::kPublisher, rng_);
  if (options_.mode == ConnectionMode::kDual) {
    connections_[1] = std::make_unique<PeerConnection>(options_, ConnectionIndex::kSubscriber, rng_);
  } else {
    for (int i = 0; i < kInitialSections; ++i) publisher().add_receiving(wire::MediaKind::kAudio);
    for (int i = 0; i < kInitialSections; ++i) publisher().add_receiving(wire::MediaKind::kVideo);
  }
  if (options_.sctp) publisher().add_data();
}

pb::ClientInfo Client::client_info() const {
  pb::ClientInfo info;
  info.set_sdk(pb::ClientInfo::JS);
  info.set_version(kVersion);
  info.set_protocol(options_.protocol);
  info.set_browser(options_.dialect == Dialect::kFirefox ? "Firefox" : "Chrome");
  return info;
}

pb::JoinRequest Client::make_join_request() {
  pb::JoinRequest request;
  *request.mutable_client_info() = client_info();
  request.mutable_connection_settings()->set_auto_subscribe(options_.auto_subscribe);
  request.mutable_connection_settings()->set_adaptive_stream(options_.adaptive_stream);
  if (options_.offers_in_join_request) *request.mutable_publisher_offer() = make_offer();
  return request;
}

pb::JoinRequest Client::make_resume_request() const {
  pb::JoinRequest request;
  *request.mutable_client_info() = client_info();
  request.mutable_connection_settings()->set_auto_subscribe(options_.auto_subscribe);
  request.mutable_connection_settings()->set_adaptive_stream(options_.adaptive_stream);
  request.set_reconnect(true);
  request.set_reconnect_reason(pb::RR_SIGNAL_DISCONNECTED);
  request.set_participant_sid(sid());
  return request;
}

std::vector<std::pair<std::string, std::string>> Client::make_query() const {
  return {{"protocol", std::to_string(options_.protocol)},
          {"sdk", "js"},
          {"version", kVersion},
          {"browser", client_info().browser()},
          {"auto_subscribe", flag(options_.auto_subscribe)},
          {"adaptive_stream", flag(options_.adaptive_stream)}};
}

std::vector<std::pair<std::string, std::string>> Client::make_resume_query() const {
  auto query = make_query();
  query.emplace_back("reconnect", "1");
  query.emplace_back("sid", sid());
  return query;
}

bool Client::is_connected(ConnectionIndex index) const {
  const PeerConnection* connection = this->connection(index);
  return connection && connection->is_connected();
}

ConnectionIndex Client::primary_index() const {
  const bool is_subscriber = options_.mode == ConnectionMode::kDual && join_.subscriber_primary();
  return is_subscriber ? ConnectionIndex::kSubscriber : ConnectionIndex::kPublisher;
}

void Client::on_datagram(ConnectionIndex index, const Path& from, ByteView datagram, Now now, ClientOutputs& out) {
  PeerConnection* connection = this->connection(index);
  if (!connection) return;
  connection->on_datagram(from, datagram, now.mono, out);
  if (!out.of(index).events.empty()) settle(index, out);
}

void Client::on_timer(Now now, ClientOutputs& out) {
  for (const ConnectionIndex index : {ConnectionIndex::kPublisher, ConnectionIndex::kSubscriber}) {
    PeerConnection* connection = this->connection(index);
    if (!connection || connection->next_deadline() > now.mono) continue;
    connection->on_timer(now, out.of(index));
    settle(index, out);
  }
  if (next_ping_ <= now.mono) send_ping(now, out);
}

Timestamp Client::next_deadline() const {
  Timestamp at = next_ping_;
  for (const auto& connection : connections_) {
    if (connection) at = earlier(at, connection->next_deadline());
  }
  return at;
}

void Client::collect_sctp(ConnectionIndex index, Now now, ClientOutputs& out) {
  PeerConnection* connection = this->connection(index);
  if (!connection) return;
  connection->transport().on_timer(now.mono, out.of(index));
  settle(index, out);
}

void Client::settle(ConnectionIndex index, ClientOutputs& out) {
  using Kind = transport::PeerEvent::Kind;
  using Event = ClientEvent::Kind;
  auto events = std::exchange(out.of(index).events, {});
  for (const transport::PeerEvent& event : events) {
    switch (event.kind) {
      case Kind::kConnected:
        on_connected(index, out);
        break;
      case Kind::kReconnected:
        out.events.push_back({.kind = Event::kConnectionRestored, .connection = index});
        break;
      case Kind::kDisconnected:
        out.events.push_back({.kind = Event::kConnectionLost, .connection = index});
        break;
      case Kind::kFailed:
      case Kind::kDtlsFailed:
        out.events.push_back({.kind = Event::kConnectionFailed, .connection = index});
        break;
      case Kind::kPathChanged:
      case Kind::kDtlsClosed:
        break;
      case Kind::kData:
        if (event.sctp.kind == transport::SctpEvent::Kind::kChannelOpened) on_channel(index, event.sctp);
        if (event.sctp.kind == transport::SctpEvent::Kind::kMessage) on_message(event.sctp, out);
        break;
    }
  }
  for (PeerConnection::Change& change : connection(index)->take_changes()) {
    out.events.push_back({.kind = change.is_new ? Event::kTrackReceived : Event::kTrackEnded,
                          .connection = index,
                          .sid = std::move(change.track_sid)});
  }
}

void Client::on_connected(ConnectionIndex index, ClientOutputs& out) {
  if (index == ConnectionIndex::kPublisher && options_.sctp) open_channels(out);
  if (index != primary_index() || state_ != ClientState::kJoined) return;
  state_ = ClientState::kActive;
  out.events.push_back({.kind = ClientEvent::Kind::kActive, .connection = index});
}

void Client::send(pb::SignalRequest request, ClientOutputs& out) {
  if (has_signal_) {
    out.requests.push_back(std::move(request));
  } else if (waiting_.size() < kMaxWaiting) {
    waiting_.push_back(std::move(request));
  }
}

void Client::leave(ClientOutputs& out) {
  if (has_signal_) {
    pb::SignalRequest request;
    request.mutable_leave()->set_reason(pb::CLIENT_INITIATED);
    request.mutable_leave()->set_action(pb::LeaveRequest::DISCONNECT);
    out.requests.push_back(std::move(request));
  }
  for (const ConnectionIndex index : {ConnectionIndex::kPublisher, ConnectionIndex::kSubscriber}) {
    if (PeerConnection* connection = this->connection(index)) connection->transport().close(out.of(index));
  }
  state_ = ClientState::kLeft;
  next_ping_ = Timestamp::never();
}

size_t Client::publish(const PublishSpec& spec, ClientOutputs& out) {
  publications_.push_back(std::make_unique<Publication>(spec, "cid-" + rng_.base62(8), options_.publisher_id, rng_));
  if (state_ != ClientState::kNew) add_track(*publications_.back(), out);
  return publications_.size() - 1;
}

void Client::unpublish(size_t track, ClientOutputs& out) {
  publications_.at(track)->end();
  negotiate(out);
}

void Client::set_muted(size_t track, bool muted, ClientOutputs& out) {
  Publication& publication = *publications_.at(track);
  publication.set_muted(muted);
  if (publication.info().sid().empty()) return;
  pb::SignalRequest request;
  request.mutable_mute()->set_sid(publication.info().sid());
  request.mutable_mute()->set_muted(muted);
  send(std::move(request), out);
}

void Client::set_layer_active(size_t track, int layer, bool active) {
  publications_.at(track)->set_layer_active(layer, active);
}

void Client::subscribe(const std::string& track_sid, bool subscribe, ClientOutputs& out) {
  subscription_wishes_[track_sid] = subscribe;
  pb::SignalRequest request;
  request.mutable_subscription()->add_track_sids(track_sid);
  request.mutable_subscription()->set_subscribe(subscribe);
  send(std::move(request), out);
}

void Client::set_track_wish(const std::string& track_sid, const TrackWish& wish, ClientOutputs& out) {
  track_wishes_[track_sid] = wish;
  pb::SignalRequest request;
  pb::UpdateTrackSettings& settings = *request.mutable_track_setting();
  settings.add_track_sids(track_sid);
  settings.set_disabled(wish.disabled);
  settings.set_quality(wish.quality);
  settings.set_width(wish.width);
  settings.set_height(wish.height);
  send(std::move(request), out);
  PeerConnection& receiver = *connection(receiving_index());
  if (Reception* reception = receiver.reception(track_sid)) reception->pause();
}

void Client::allow_subscribers(const pb::SubscriptionPermission& permission, ClientOutputs& out) {
  pb::SignalRequest request;
  *request.mutable_subscription_permission() = permission;
  send(std::move(request), out);
}

void Client::restart_ice(ClientOutputs& out) {
  if (!publisher().has_sections() || last_answer_.sdp().empty()) return;
  publisher().restart_ice();
  negotiate(out);
}

}  // namespace parley::client
