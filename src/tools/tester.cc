#include "tools/tester.h"

#include <sys/epoll.h>

#include "base/base64.h"
#include "net/url.h"

namespace parley::tools {
namespace {

namespace pb = livekit::pb;
using client::ConnectionIndex;

/// Outlives the longest test that makes sense.
constexpr TimeDelta kTokenValidity = TimeDelta::seconds(24 * 3600);
/// Of `lk`: speakers are announced for this many seconds.
constexpr int kSpeakerSeconds = 5;

std::string wrap(const pb::JoinRequest& join) {
  pb::WrappedJoinRequest wrapped;
  wrapped.set_compression(pb::WrappedJoinRequest::NONE);
  wrapped.set_join_request(join.SerializeAsString());
  return base64url_encode(as_bytes(wrapped.SerializeAsString()));
}

}  // namespace

client::ClientOptions Tester::client_options() const {
  client::ClientOptions options;
  options.mode = context_.mode;
  options.publisher_id = static_cast<uint32_t>(role_.index + 1);
  options.auto_subscribe = false;  // As `lk`: tracks are chosen by the layout.
  options.dtls = context_.dtls.get();
  options.srtp = &transport::pick_srtp_backend();
  options.sctp = context_.sctp.get();
  options.mailbox = context_.mailbox;
  options.sctp_tag = role_.index * client::kConnections;
  if (role_.publishes_audio) {
    options.publish.push_back(client::PublishSpec::microphone());
    options.publish.back().name = "audio";
  }
  if (role_.publishes_video) {
    options.publish.push_back(client::PublishSpec::camera_single_layer());
    options.publish.back().layers = context_.plan.layers;
    options.publish.back().name = context_.plan.layers.size() > 1 ? "video-simulcast" : "video";
  }
  return options;
}

SignalSocket::Target Tester::signal_target(WallTime now) {
  livekit::Claims claims;
  claims.identity = role_.identity;
  claims.video = livekit::VideoGrant{.room_join = true, .room = role_.room};
  std::vector<std::pair<std::string, std::string>> query;
  const bool is_single = context_.mode == client::ConnectionMode::kSingle;
  if (is_single) {
    query.emplace_back("join_request", wrap(client_->make_join_request()));
  } else {
    query = client_->make_query();
  }
  query.emplace_back("access_token", livekit::make_token(claims, context_.key, now, kTokenValidity));
  std::string target = context_.plan.path + (is_single ? "/rtc/v1" : "/rtc");
  char separator = '?';
  for (const auto& [key, value] : query) {
    target += separator + key + '=' + net::percent_encode(value);
    separator = '&';
  }
  return {context_.plan.host + ":" + context_.plan.port, std::move(target)};
}

Result<void> Tester::open_sockets(WallTime now) {
  const size_t count = context_.mode == client::ConnectionMode::kSingle ? 1 : client::kConnections;
  for (size_t i = 0; i < count; ++i) {
    auto udp = shard::UdpSocket::bind_private(context_.udp_buffers, context_.coalescing);
    if (!udp) return std::unexpected(udp.error());
    udp_[i] = std::move(*udp);
    watch(udp_[i]->fd(), static_cast<TesterSocket>(i), EPOLLIN);
  }
  auto stream = TcpStream::connect(context_.server);
  if (!stream) return std::unexpected(stream.error());
  signal_.emplace(std::move(*stream), signal_target(now), *context_.rng);
  watches_write_ = true;
  watch(signal_->fd(), TesterSocket::kSignal, EPOLLIN | EPOLLOUT);
  return {};
}

void Tester::watch(int fd, TesterSocket socket, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = role_.index * kSocketsPerTester + static_cast<uint64_t>(socket);
  if (epoll_ctl(context_.epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
    epoll_ctl(context_.epoll, EPOLL_CTL_MOD, fd, &event);
  }
}

void Tester::start(Now now) {
  started_at_ = now.mono;
  client_ = std::make_unique<client::Client>(client_options(), *context_.rng);
  if (const auto opened = open_sockets(now.wall); !opened) fail(opened.error().message);
}

void Tester::on_ready(TesterSocket socket, uint32_t events, Now now) {
  if (is_stopping_) return on_goodbye(events);
  if (!error_.empty()) return;
  if (socket == TesterSocket::kSignal) {
    on_signal(events, now);
  } else {
    on_datagrams(socket, now);
  }
  flush(now);
}

void Tester::on_signal(uint32_t events, Now now) {
  if (events & (EPOLLOUT | EPOLLERR)) signal_->on_writable();
  std::vector<std::string> messages;
  if (events & (EPOLLIN | EPOLLHUP)) signal_->on_readable(messages);
  for (const std::string& message : messages) on_message(message, now);
  if (signal_->is_closed()) fail(signal_->error());
}

void Tester::on_goodbye(uint32_t events) {
  if (is_gone()) return;
  if (events & EPOLLOUT) signal_->on_writable();
  std::vector<std::string> unread;
  signal_->on_readable(unread);
}

void Tester::on_message(const std::string& message, Now now) {
  pb::SignalResponse response;
  if (!response.ParseFromString(message)) return fail("the server sent what is no SignalResponse");
  client_->on_signal(response, now, context_.out);
  if (!role_.subscribes) return;
  for (const auto& participant : response.join().other_participants()) on_participant(participant);
  for (const auto& participant : response.update().participants()) on_participant(participant);
}

void Tester::on_participant(const pb::ParticipantInfo& participant) {
  if (participant.sid() == client_->sid()) return;
  if (participant.state() == pb::ParticipantInfo::DISCONNECTED) return screen_.remove(participant.identity());
  for (const pb::TrackInfo& track : participant.tracks()) {
    if (wanted_.contains(track.sid()) || !screen_.admits(participant.identity())) continue;
    wanted_[track.sid()] = {participant.identity(), track.type() == pb::VIDEO};
    client_->subscribe(track.sid(), true, context_.out);
  }
}

void Tester::on_datagrams(TesterSocket socket, Now now) {
  const auto index = static_cast<size_t>(socket);
  if (udp_[index]->has_backlog()) udp_[index]->on_writable();
  for (const shard::Datagram& datagram : udp_[index]->receive()) {
    client_->on_datagram(static_cast<ConnectionIndex>(index), datagram.from, datagram.bytes, now, context_.out);
  }
  look_for_media(now);
}

void Tester::look_for_media(Now now) {
  if (first_media_at_ || !role_.subscribes) return;
  for (const auto& [sid, reception] : client_->receiving().receptions()) {
    if (reception->has_packets()) first_media_at_ = now.mono;
  }
}

void Tester::on_timer(Now now) {
  if (is_stopping_ || !error_.empty()) return;
  if (!joined_at_ && now.mono - started_at_ >= kJoinTimeout) return fail("no connection in time");
  client_->on_timer(now, context_.out);
  flush(now);
}

Timestamp Tester::next_deadline() const {
  if (!client_ || is_stopping_ || !error_.empty()) return Timestamp::never();
  return joined_at_ ? client_->next_deadline() : earlier(client_->next_deadline(), started_at_ + kJoinTimeout);
}

void Tester::collect_sctp(ConnectionIndex connection, Now now) {
  if (!client_ || is_stopping_ || !error_.empty()) return;
  client_->collect_sctp(connection, now, context_.out);
  flush(now);
}

void Tester::on_event(const client::ClientEvent& event, Now now) {
  using Kind = client::ClientEvent::Kind;
  switch (event.kind) {
    case Kind::kActive:
      joined_at_ = now.mono;
      break;
    case Kind::kTrackReceived:
      on_track(event.sid);
      break;
    case Kind::kTrackRefused:
      fail("the server refused a track");
      break;
    case Kind::kConnectionFailed:
      fail("the peer connection failed");
      break;
    case Kind::kSignalTimeout:
      fail("the server does not answer pings");
      break;
    case Kind::kLeft:
      fail("the server ended the session: " + pb::DisconnectReason_Name(event.leave.reason()));
      break;
    default:
      break;
  }
}

void Tester::on_track(const std::string& sid) {
  const auto wanted = wanted_.find(sid);
  if (wanted == wanted_.end() || !wanted->second.is_video) return;
  const TileSize size = screen_.place_video(wanted->second.publisher);
  const TileDimensions tile = dimensions(size);
  client_->set_track_wish(sid, {.disabled = size == TileSize::kOff, .width = tile.width, .height = tile.height},
                          context_.out);
}

void Tester::simulate_speakers() {
  if (!signal_ || !error_.empty()) return;
  pb::SignalRequest request;
  request.mutable_simulate()->set_speaker_update(kSpeakerSeconds);
  signal_->send(request.SerializeAsString());
}

void Tester::flush(Now now) {
  // What events lead to may send again.
  while (!context_.out.events.empty()) {
    for (const client::ClientEvent& event : std::exchange(context_.out.events, {})) on_event(event, now);
  }
  for (size_t i = 0; i < client::kConnections; ++i) {
    PacketBatch& packets = context_.out.connections[i].packets;
    if (udp_[i] && !packets.empty()) udp_[i]->send(packets);
    packets.clear();
  }
  for (const pb::SignalRequest& request : context_.out.requests) {
    if (signal_) signal_->send(request.SerializeAsString());
  }
  context_.out.requests.clear();
  if (signal_ && !signal_->is_closed() && signal_->wants_write() != watches_write_) {
    watches_write_ = signal_->wants_write();
    watch(signal_->fd(), TesterSocket::kSignal, watches_write_ ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }
}

void Tester::fail(std::string error) {
  if (is_stopping_ || !error_.empty()) return;
  error_ = std::move(error);
}

void Tester::stop() {
  if (!client_ || is_stopping_) return;
  const bool can_leave = error_.empty();
  if (can_leave) client_->leave(context_.out);
  flush({});
  is_stopping_ = true;
  for (auto& udp : udp_) udp.reset();
  if (signal_) signal_->close();
}

std::optional<TimeDelta> Tester::join_time() const {
  if (!joined_at_) return std::nullopt;
  return *joined_at_ - started_at_;
}

std::optional<TimeDelta> Tester::first_media_time() const {
  if (!first_media_at_) return std::nullopt;
  return *first_media_at_ - started_at_;
}

void Tester::add_totals(LoadTotals& totals) const {
  if (!client_ || !role_.subscribes) return;
  totals.expected += wanted_.size();
  totals.add(client_->receiving());
}

}  // namespace parley::tools
