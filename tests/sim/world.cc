#include "sim/world.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/base64.h"
#include "base/log.h"
#include "media/transport/virtual_clock.h"
#include "media/wire/demux.h"

namespace parley::sim {
namespace {

constexpr TimeDelta kStep = TimeDelta::millis(1);
constexpr TimeDelta kResumeDelay = TimeDelta::millis(300);
const livekit::ApiKey kKey{"devkey", Redacted<std::string>("a secret of the simulation only.")};

std::unique_ptr<transport::DtlsContext> make_dtls(WallTime now) {
  auto context = transport::DtlsContext::make(now);
  PARLEY_CHECK(context.has_value());
  return std::move(*context);
}

/// One for the life of the process, as in the product: usrsctp does not survive being started twice without leaks.
transport::SctpStack& sctp_stack() {
  static transport::SctpStack stack;
  return stack;
}

livekit::EngineConfig make_config(const World& world, const livekit::RoomDefaults& room) {
  livekit::EngineConfig config;
  config.room = room;
  config.node_id = "ND_sim";
  config.keys = livekit::KeyStore({kKey});
  config.allow_simulate = true;
  wire::IceCandidate candidate;
  candidate.foundation = "1";
  candidate.priority = wire::candidate_priority(wire::CandidateType::kHost, 65535);
  candidate.connection = wire::CandidateHost::from(world.server().remote);
  config.candidates = {candidate};
  return config;
}

std::string wrap(const pb::JoinRequest& join) {
  pb::WrappedJoinRequest wrapped;
  wrapped.set_compression(pb::WrappedJoinRequest::NONE);
  wrapped.set_join_request(join.SerializeAsString());
  return base64url_encode(as_bytes(wrapped.SerializeAsString()));
}

}  // namespace

int64_t scaled(int64_t full) {
  const char* text = std::getenv("PARLEY_SIM_PERCENT");
  const int64_t percent = text ? std::strtoll(text, nullptr, 10) : 100;
  return std::max<int64_t>(1, full * percent / 100);
}

uint64_t run_seed(uint64_t fallback) {
  const char* text = std::getenv("PARLEY_SEED");
  return text ? std::strtoull(text, nullptr, 10) : fallback;
}

size_t Seat::count(client::ClientEvent::Kind kind) const {
  return static_cast<size_t>(std::ranges::count(events, kind, &client::ClientEvent::kind));
}

std::vector<std::string> Seat::texts(pb::DataPacket::Kind kind) const {
  std::vector<std::string> payloads;
  for (const client::ClientEvent& event : events) {
    const bool is_meant = event.kind == client::ClientEvent::Kind::kData && event.packet.kind() == kind;
    if (is_meant) payloads.push_back(event.packet.user().payload());
  }
  return payloads;
}

const client::Reception* Seat::reception(const Seat& other, bool is_audio) const {
  for (const auto& [sid, reception] : client->receiving().receptions()) {
    const auto& of = reception->options();
    if (of.publisher_sid == other.client->sid() && of.is_audio == is_audio) return reception.get();
  }
  return nullptr;
}

World::World(uint64_t seed, livekit::RoomDefaults room, sfu::SfuConfig media)
    : seed_(seed),
      rng_(seed),
      server_dtls_(make_dtls(now_.wall)),
      client_dtls_(make_dtls(now_.wall)),
      client_mailbox_(std::make_shared<transport::SctpMailbox>()),
      server_{.remote = SocketAddress::v4(0xc0000201, 7882)} {
  if (std::getenv("PARLEY_SIM_LOG")) {
    log::set_sink(
        [](log::Level, std::string_view line) {
          std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
        },
        log::Level::kDebug);
  }
  // Room for the largest burst from the beginning, so that tests of memory see only what is kept.
  constexpr size_t kLargestBurst = 4 * 1024 * 1024;
  for (PacketBatch* batch :
       {&engine_out_.sfu.packets(), &client_out_.connections[0].packets, &client_out_.connections[1].packets}) {
    batch->reserve(kLargestBurst);
  }
  livekit::EngineConfig config = make_config(*this, room);
  config.sfu = std::move(media);
  config.sfu.dtls = server_dtls_.get();
  config.sfu.srtp = &transport::pick_srtp_backend();
  config.sfu.sctp = &sctp_stack();
  config.sfu.mailbox = std::make_shared<transport::SctpMailbox>();
  engine_ = std::make_unique<livekit::Engine>(std::move(config), rng_);
}

World::~World() {
  seats_.clear();
  engine_.reset();
}

void World::give_address(Seat& seat, size_t connection) {
  // What is sent to a former address is still looked at, and lost on the way.
  Path& address = seat.connections_[connection].address;
  address = Path{.remote = SocketAddress::v4(0x0a000000 + ++last_host_, 40'000)};
  addresses_[address] = {&seat, connection};
}

Seat& World::join(SeatOptions options) {
  seats_.push_back(std::make_unique<Seat>());
  Seat& seat = *seats_.back();
  seat.options = std::move(options);
  seat.resumes_by_itself = seat.options.resumes;
  seat.publisher_id = static_cast<uint32_t>(seats_.size());
  seat.rng = std::make_unique<SeededRng>(rng_.next_u64());
  start_client(seat);
  return seat;
}

void World::rejoin(Seat& seat) {
  for (client::ClientEvent& event : seat.events) {
    if (event.kind == client::ClientEvent::Kind::kData) seat.past_data.push_back(std::move(event));
  }
  seat.events.clear();
  cut_signal(seat);
  start_client(seat);
}

void World::start_client(Seat& seat) {
  seat.is_gone_ = false;
  seat.resume_at_ = Timestamp::never();
  seat.rejoin_at_ = Timestamp::never();
  seat.refused_status = 0;
  client::ClientOptions options = seat.options.client;
  options.publisher_id = seat.publisher_id;
  options.dtls = client_dtls_.get();
  options.srtp = &transport::pick_srtp_backend();
  options.sctp = &sctp_stack();
  options.mailbox = client_mailbox_;
  options.sctp_tag = seat.publisher_id * uint64_t{2};
  options.verifies_all_bytes = true;
  seat.client = std::make_unique<Client>(std::move(options), *seat.rng);
  std::erase_if(addresses_, [&](const auto& entry) { return entry.second.seat == &seat; });
  for (size_t i = 0; i < client::kConnections; ++i) {
    Seat::Connection& connection = seat.connections_[i];
    give_address(seat, i);
    connection.up.emplace(seat.options.up, rng_.next_u64());
    connection.down.emplace(seat.options.down, rng_.next_u64());
    connection.auditor.emplace(seat.identity() + (i == 0 ? "/publisher" : "/subscriber"));
  }
  livekit::SignalHttpRequest request = http_request(seat);
  if (request.is_v1) {
    request.query["join_request"] = wrap(seat.client->make_join_request());
  } else {
    for (const auto& [key, value] : seat.client->make_query()) request.query[key] = value;
  }
  open_session(seat, request);
}

livekit::SignalHttpRequest World::http_request(const Seat& seat) const {
  livekit::Claims claims;
  claims.identity = seat.identity();
  claims.video = seat.options.grant;
  claims.video->room = seat.options.room;
  claims.video->room_join = true;
  livekit::SignalHttpRequest request;
  request.is_v1 = seat.options.client.mode == ConnectionMode::kSingle;
  request.query["access_token"] = seat.client->token().empty()
                                      ? livekit::make_token(claims, kKey, now_.wall, seat.options.token_time)
                                      : seat.client->token();
  return request;
}

void World::open_session(Seat& seat, const livekit::SignalHttpRequest& request) {
  const livekit::KeyStore keys({kKey});
  const auto admitted = livekit::admit(request, keys, now_.wall);
  if (!admitted) {
    seat.refused_status = admitted.error().status;
    return;
  }
  const livekit::SessionId session{++last_session_};
  seat.session_ = session;
  sessions_[session] = &seat;
  engine_->open_session(session, *admitted, now_, engine_out_);
  flush_engine();
}

void World::leave(Seat& seat) {
  act(seat, [](Client& client, client::ClientOutputs& out) { client.leave(out); });
  seat.is_gone_ = true;
  seat.resume_at_ = Timestamp::never();
}

void World::vanish(Seat& seat) {
  seat.is_gone_ = true;
  cut_signal(seat);
  seat.resume_at_ = Timestamp::never();
}

void World::cut_signal(Seat& seat) {
  if (!seat.session_) return;
  const livekit::SessionId session = *seat.session_;
  sessions_.erase(session);
  seat.session_.reset();
  seat.to_server_.clear();
  seat.to_client_.clear();
  seat.client->on_signal_closed();
  if (seat.resumes_by_itself && !seat.is_gone_) seat.resume_at_ = now_.mono + kResumeDelay;
  engine_->on_socket_closed(session, now_, engine_out_);
  flush_engine();
}

void World::resume(Seat& seat) {
  seat.resume_at_ = Timestamp::never();
  ++seat.resumes;
  livekit::SignalHttpRequest request = http_request(seat);
  if (request.is_v1) {
    request.query["join_request"] = wrap(seat.client->make_resume_request());
  } else {
    for (const auto& [key, value] : seat.client->make_resume_query()) request.query[key] = value;
  }
  open_session(seat, request);
}

void World::rebind(Seat& seat) {
  for (size_t i = 0; i < client::kConnections; ++i) give_address(seat, i);
}

void World::take_addresses(Seat& seat, Seat& former) {
  for (size_t i = 0; i < client::kConnections; ++i) {
    addresses_.erase(seat.connections_[i].address);
    seat.connections_[i].address = former.connections_[i].address;
    addresses_[seat.connections_[i].address] = {&seat, i};
    former.connections_[i].address = Path{.remote = SocketAddress::v4(0x0a000000 + ++last_host_, 40'000)};
  }
}

void World::set_links(Seat& seat, const LinkOptions& up, const LinkOptions& down) {
  for (Seat::Connection& connection : seat.connections_) {
    connection.up->set_options(up);
    connection.down->set_options(down);
  }
}

void World::set_all_links(const LinkOptions& both) {
  for (const auto& seat : seats_) set_links(*seat, both, both);
}

sfu::Verdict World::inject(const Path& from, ByteView datagram) {
  const sfu::Verdict verdict = engine_->on_datagram(from, datagram, now_, engine_out_);
  engine_->end_pass(now_, engine_out_);
  flush_engine();
  return verdict;
}

void World::run_for(TimeDelta time) {
  const Timestamp end = now_.mono + time;
  while (now_.mono < end) step();
}

bool World::run_until_connected() {
  return run_until([&] {
    for (const auto& seat : seats_) {
      if (seat->client->state() != client::ClientState::kActive) return false;
      for (const auto& other : seats_) {
        if (other == seat || other->options.room != seat->options.room) continue;
        for (const auto& publication : other->client->publications()) {
          const client::Reception* reception = seat->reception(*other, publication->is_audio());
          if (!reception || !reception->has_packets()) return false;
          if (!publication->is_audio() && !reception->video()->has_picture()) return false;
        }
      }
    }
    return true;
  });
}

void World::step() {
  now_.mono += kStep;
  now_.wall.unix_us += kStep.us();
  for (const auto& seat : seats_) deliver_to_server(*seat);
  counted(path_allocations_.server_pass, [&] { engine_->end_pass(now_, engine_out_); });
  if (engine_->next_deadline() <= now_.mono) engine_->on_timer(now_, engine_out_);
  flush_engine();
  if (now_.mono.ms() % transport::kSctpTimerPeriod.ms() == 0) drive_sctp();
  for (const auto& seat : seats_) {
    deliver_to_client(*seat);
    deliver_signals(*seat);
    if (!seat->is_gone_ && seat->client->next_deadline() <= now_.mono) {
      seat->client->on_timer(now_, client_out_);
      flush_client(*seat);
    }
    if (seat->resume_at_ <= now_.mono) resume(*seat);
    if (seat->rejoin_at_ <= now_.mono) rejoin(*seat);
  }
  if (now_.mono.ms() % 1000 == 0) watch();
}

void World::deliver_to_server(Seat& seat) {
  for (Seat::Connection& connection : seat.connections_) {
    while (const Link::Delivery* delivery = connection.up->receive(now_.mono)) {
      const bool is_media = wire::classify(delivery->bytes) == wire::PacketKind::kRtp;
      if (is_media) ++path_allocations_.media_packets;
      counted(is_media ? path_allocations_.server_media : path_allocations_.server_control,
              [&] { engine_->on_datagram(delivery->from, delivery->bytes, now_, engine_out_); });
    }
  }
}

void World::deliver_to_client(Seat& seat) {
  for (size_t i = 0; i < client::kConnections; ++i) {
    Seat::Connection& connection = seat.connections_[i];
    while (const Link::Delivery* delivery = connection.down->receive(now_.mono)) {
      // What was sent to an address that the client has left is lost.
      if (delivery->to != connection.address || seat.is_gone_) continue;
      uint64_t control = 0;
      const bool is_media = wire::classify(delivery->bytes) == wire::PacketKind::kRtp;
      counted(is_media ? path_allocations_.client_media : control, [&] {
        seat.client->on_datagram(static_cast<ConnectionIndex>(i), delivery->from, delivery->bytes, now_, client_out_);
      });
      flush_client(seat);
    }
  }
}

void World::deliver_signals(Seat& seat) {
  while (!seat.to_server_.empty() && seat.to_server_.front().at <= now_.mono) {
    const pb::SignalRequest request = std::move(seat.to_server_.front().message);
    seat.to_server_.pop_front();
    if (seat.session_) engine_->on_request(*seat.session_, request, now_, engine_out_);
    flush_engine();
  }
  while (!seat.to_client_.empty() && seat.to_client_.front().at <= now_.mono) {
    const livekit::SignalOut signal = std::move(seat.to_client_.front().message);
    seat.to_client_.pop_front();
    on_signal_out(seat, signal);
  }
}

void World::on_signal_out(Seat& seat, const livekit::SignalOut& signal) {
  switch (signal.kind) {
    case livekit::SignalOut::Kind::kMessage:
      seat.client->on_signal(signal.response, now_, client_out_);
      flush_client(seat);
      return;
    case livekit::SignalOut::Kind::kRefuse:
      seat.refused_status = signal.status;
      [[fallthrough]];
    case livekit::SignalOut::Kind::kClose: {
      const bool has_ended = seat.client->state() == client::ClientState::kLeft;
      cut_signal(seat);
      if (has_ended || seat.refused_status != 0) seat.resume_at_ = Timestamp::never();
      return;
    }
  }
}

void World::drive_sctp() {
  transport::advance_virtual_clock(transport::kSctpTimerPeriod);
  sctp_stack().on_timer(transport::kSctpTimerPeriod);
  engine_->collect_sctp(now_, engine_out_);
  flush_engine();
  client_mailbox_->take(tags_);
  for (const uint64_t tag : tags_) {
    const size_t place = tag / 2 - 1;
    if (place >= seats_.size() || seats_[place]->is_gone_) continue;
    seats_[place]->client->collect_sctp(static_cast<ConnectionIndex>(tag % 2), now_, client_out_);
    flush_client(*seats_[place]);
  }
}

void World::flush_engine() {
  PacketBatch& batch = engine_out_.sfu.packets();
  for (const PacketBatch::Entry& entry : batch.entries()) {
    const auto found = addresses_.find(batch.path(entry));
    if (found == addresses_.end()) continue;  // Of a session that is over.
    Seat::Connection& connection = found->second.seat->connections_[found->second.connection];
    connection.auditor->on_datagram(batch.datagram(entry));
    connection.down->send(server_, batch.path(entry), batch.datagram(entry), now_.mono);
  }
  batch.clear();
  for (livekit::SignalOut& signal : engine_out_.signals) {
    const auto found = sessions_.find(signal.session);
    if (found == sessions_.end()) continue;
    Seat& seat = *found->second;
    const auto kind = signal.response.message_case();
    const bool is_offer = kind == pb::SignalResponse::kOffer;
    if (is_offer) seat.connections_[1].auditor->on_description(signal.response.offer());
    if (kind == pb::SignalResponse::kAnswer) seat.connections_[0].auditor->on_description(signal.response.answer());
    seat.to_client_.push_back({now_.mono + seat.options.signal_delay, std::move(signal)});
  }
  engine_out_.signals.clear();
  for (livekit::WebhookOut& webhook : engine_out_.webhooks) webhooks_.push_back(std::move(webhook));
  engine_out_.webhooks.clear();
  engine_out_.rpc_replies.clear();
}

void World::flush_client(Seat& seat) {
  for (size_t i = 0; i < client::kConnections; ++i) {
    PacketBatch& batch = client_out_.connections[i].packets;
    Seat::Connection& connection = seat.connections_[i];
    for (const PacketBatch::Entry& entry : batch.entries()) {
      const ByteView datagram = batch.datagram(entry);
      if (seat.options.drops_dtls && wire::classify(datagram) == wire::PacketKind::kDtls) continue;
      if (capture_left_ > 0) {
        --capture_left_;
        captured_.push_back({connection.address, ByteVector(datagram.begin(), datagram.end())});
      }
      connection.up->send(connection.address, server_, datagram, now_.mono);
    }
    batch.clear();
  }
  for (pb::SignalRequest& request : client_out_.requests) {
    seat.to_server_.push_back({now_.mono + seat.options.signal_delay, std::move(request)});
  }
  client_out_.requests.clear();
  for (client::ClientEvent& event : client_out_.events) {
    if (event.kind == client::ClientEvent::Kind::kLeft) on_sent_away(seat, event.leave);
    seat.events.push_back(std::move(event));
  }
  client_out_.events.clear();
}

void World::on_sent_away(Seat& seat, const pb::LeaveRequest& leave) {
  if (leave.action() == pb::LeaveRequest::RESUME) return;
  seat.sent_away.push_back(leave);
  if (seat.count(client::ClientEvent::Kind::kActive) > 0) seat.was_sent_away_active = true;
  const bool rejoins = seat.rejoins_by_itself && leave.action() == pb::LeaveRequest::RECONNECT;
  if (rejoins && !seat.is_gone_) seat.rejoin_at_ = now_.mono + kResumeDelay;
}

void World::drop_records() {
  webhooks_.clear();
  webhooks_.shrink_to_fit();
  for (const auto& seat : seats_) {
    std::vector<client::ClientEvent>().swap(seat->events);
    std::vector<client::ClientEvent>().swap(seat->past_data);
    for (Seat::Connection& connection : seat->connections_) connection.auditor->forget_idle();
  }
}

void World::watch() {
  // The bound of the pool is far away; what matters is that cells are let go: 1.2 s of every layer, and a few.
  constexpr size_t kCellsPerSeat = 3000;
  if (engine_->sfu().cells_in_use() > kCellsPerSeat * seats_.size() + 64) {
    violations_.push_back("cells in use: " + std::to_string(engine_->sfu().cells_in_use()));
  }
}

std::vector<std::string> World::violations() const {
  std::vector<std::string> all = violations_;
  for (const auto& seat : seats_) {
    for (const Seat::Connection& connection : seat->connections_) {
      if (!connection.auditor) continue;
      all.insert(all.end(), connection.auditor->violations().begin(), connection.auditor->violations().end());
    }
    for (const ConnectionIndex index : {ConnectionIndex::kPublisher, ConnectionIndex::kSubscriber}) {
      const client::PeerConnection* connection = seat->client->connection(index);
      if (!connection) continue;
      const client::ConnectionCounts& counts = connection->counts();
      if (counts.wrong_payload > 0) all.push_back(seat->identity() + ": wrong payload types");
      if (counts.malformed > 0) all.push_back(seat->identity() + ": malformed packets");
      for (const auto& [sid, reception] : connection->receptions()) {
        if (reception->counts().wrong_content > 0) all.push_back(seat->identity() + ": changed content of " + sid);
        if (reception->counts().unstamped > 0) all.push_back(seat->identity() + ": strange content of " + sid);
        if (reception->frames().discontinuities > 0) {
          all.push_back(seat->identity() + ": " + std::to_string(reception->frames().discontinuities) +
                        " discontinuities of " + sid);
        }
      }
    }
  }
  return all;
}

}  // namespace parley::sim
