#include "media/transport/peer.h"

#include "media/wire/demux.h"

namespace parley::transport {
namespace {

const Path kNoPath;

std::variant<IceLite, IceClient> make_ice(PeerOptions& options) {
  if (options.role == DtlsRole::kServer) return IceLite(std::move(options.ice));
  PARLEY_CHECK(options.rng != nullptr);
  return IceClient(std::move(options.ice), *options.rng);
}

}  // namespace

Peer::Peer(PeerOptions options)
    : role_(options.role),
      dtls_role_(options.role),
      dtls_context_(*options.dtls),
      srtp_backend_(options.srtp),
      ice_(make_ice(options)),
      dtls_(*options.dtls, options.role),
      sctp_stack_(options.sctp),
      sctp_mailbox_(std::move(options.sctp_mailbox)),
      sctp_tag_(options.sctp_tag) {
  if (sctp_stack_) sctp_ = sctp_stack_->make_association(dtls_role_, sctp_mailbox_, sctp_tag_);
}

Peer::~Peer() = default;

PeerPacket Peer::on_datagram(const Path& from, ByteView datagram, uint8_t* plain, Timestamp now, PeerOutputs& out) {
  PeerPacket result;
  switch (wire::classify(datagram)) {
    case wire::PacketKind::kRtp:
      result = on_media(from, datagram, plain, PeerVerdict::kRtp);
      break;
    case wire::PacketKind::kRtcp:
      result = on_media(from, datagram, plain, PeerVerdict::kRtcp);
      break;
    case wire::PacketKind::kStun:
      result.verdict = on_stun(from, datagram, now, out);
      break;
    case wire::PacketKind::kDtls:
      result.verdict = on_dtls(from, datagram, now, out);
      break;
    case wire::PacketKind::kTurnChannel:
    case wire::PacketKind::kUnknown:
      break;
  }
  ++verdicts_[static_cast<size_t>(result.verdict)];
  return result;
}

PeerPacket Peer::on_media(const Path& from, ByteView datagram, uint8_t* plain, PeerVerdict kind) {
  if (!is_validated(from)) return {PeerVerdict::kDropUnvalidated};
  if (!receiver_) return {PeerVerdict::kDropEarlyMedia};
  const auto size =
      kind == PeerVerdict::kRtp ? receiver_->unprotect(datagram, plain) : receiver_->unprotect_rtcp(datagram, plain);
  if (!size) return {PeerVerdict::kDropSrtp};
  return {kind, *size};
}

PeerVerdict Peer::on_stun(const Path& from, ByteView datagram, Timestamp now, PeerOutputs& out) {
  const IceSnapshot before = ice_snapshot();
  const StunVerdict verdict =
      std::visit([&](auto& agent) { return agent.on_stun(from, datagram, now, out.packets); }, ice_);
  ++stun_verdicts_[static_cast<size_t>(verdict)];
  after_ice(before, now, out);
  const bool is_consumed =
      verdict == StunVerdict::kAccepted || verdict == StunVerdict::kIgnored || verdict == StunVerdict::kRefused;
  return is_consumed ? PeerVerdict::kControl : PeerVerdict::kDropStun;
}

PeerVerdict Peer::on_dtls(const Path& from, ByteView datagram, Timestamp now, PeerOutputs& out) {
  if (!is_validated(from)) return PeerVerdict::kDropUnvalidated;
  // Answers go to the selected path, which the peer has shown to be reachable on; the two differ only while it moves.
  const DtlsState before = dtls_.state();
  out.scratch_records.clear();
  {
    DtlsOutput dtls_out{out.packets, *path(), out.scratch_records};
    dtls_.on_datagram(datagram, now, dtls_out);
  }
  after_dtls(before, out);
  if (sctp_) {
    out.scratch_sctp.clear();
    SctpOutputs sctp_out{out.scratch_sctp, out.scratch_events};
    for (const auto& record : out.scratch_records.entries()) {
      sctp_->on_packet(out.scratch_records.datagram(record), sctp_out);
    }
    deliver_sctp(out);
  }
  return PeerVerdict::kControl;
}

void Peer::after_ice(const IceSnapshot& before, Timestamp now, PeerOutputs& out) {
  const IceSnapshot after = ice_snapshot();
  if (after.path && after.path != before.path && before.path) out.events.push_back({PeerEvent::Kind::kPathChanged});
  if (after.state != before.state) {
    if (after.state == IceState::kDisconnected) out.events.push_back({PeerEvent::Kind::kDisconnected});
    if (after.state == IceState::kFailed) out.events.push_back({PeerEvent::Kind::kFailed});
    const bool is_back = before.state == IceState::kDisconnected || has_been_connected_;
    if (after.state == IceState::kConnected && is_back) out.events.push_back({PeerEvent::Kind::kReconnected});
  }
  start_dtls(now, out);
}

void Peer::start_dtls(Timestamp now, PeerOutputs& out) {
  if (dtls_role_ != DtlsRole::kClient || !path() || dtls_.state() != DtlsState::kNew) return;
  DtlsOutput dtls_out{out.packets, *path(), out.scratch_records};
  dtls_.start(now, dtls_out);
}

void Peer::set_dtls_role(DtlsRole role, Timestamp now, PeerOutputs& out) {
  if (role == dtls_role_ || dtls_.state() != DtlsState::kNew) return;
  dtls_role_ = role;
  dtls_ = DtlsEndpoint(dtls_context_, role);
  if (remote_fingerprint_) dtls_.set_remote_fingerprint(*remote_fingerprint_);
  if (sctp_stack_) {
    sctp_.reset();  // Two associations must not share a tag.
    sctp_ = sctp_stack_->make_association(role, sctp_mailbox_, sctp_tag_);
  }
  start_dtls(now, out);
}

void Peer::after_dtls(DtlsState before, PeerOutputs& out) {
  if (dtls_.state() == before) return;
  if (dtls_.state() == DtlsState::kFailed) {
    out.events.push_back({.kind = PeerEvent::Kind::kDtlsFailed, .dtls_failure = dtls_.failure()});
  }
  if (dtls_.state() == DtlsState::kClosed) out.events.push_back({PeerEvent::Kind::kDtlsClosed});
  if (dtls_.state() != DtlsState::kConnected) return;
  const DtlsSrtpKeys& keys = *dtls_.srtp_keys();
  sender_.emplace(*srtp_backend_, keys.local);
  // A client receives what the server may send: new SSRCs with every subscription, for as long as it stays.
  receiver_.emplace(*srtp_backend_, keys.remote,
                    role_ == DtlsRole::kClient ? kSrtpMaxSendStreams : kSrtpMaxReceiveStreams);
  has_been_connected_ = true;
  out.events.push_back({PeerEvent::Kind::kConnected});
  if (sctp_) {
    out.scratch_sctp.clear();
    SctpOutputs sctp_out{out.scratch_sctp, out.scratch_events};
    sctp_->start(sctp_out);
    deliver_sctp(out);
  }
}

/// Wraps what SCTP wants to send into DTLS records and hands its events on.
void Peer::deliver_sctp(PeerOutputs& out) {
  if (path() && dtls_.state() == DtlsState::kConnected) {
    PacketBatch unused(0);
    DtlsOutput dtls_out{out.packets, *path(), unused};
    for (const auto& packet : out.scratch_sctp.entries()) dtls_.send(out.scratch_sctp.datagram(packet), dtls_out);
  }
  out.scratch_sctp.clear();
  for (SctpEvent& event : out.scratch_events) {
    out.events.push_back({.kind = PeerEvent::Kind::kData, .sctp = std::move(event)});
  }
  out.scratch_events.clear();
}

void Peer::set_remote_fingerprint(DtlsFingerprint fingerprint, PeerOutputs& out) {
  const DtlsState before = dtls_.state();
  remote_fingerprint_ = fingerprint;
  dtls_.set_remote_fingerprint(std::move(fingerprint));
  after_dtls(before, out);
}

void Peer::connect(const Path& server, IceCredentials remote, Timestamp now) {
  if (auto* client = std::get_if<IceClient>(&ice_)) client->connect(server, std::move(remote), now);
}

void Peer::restart_ice(IceCredentials local) {
  if (auto* lite = std::get_if<IceLite>(&ice_)) {
    lite->restart(std::move(local));
  } else {
    std::get<IceClient>(ice_).set_local(std::move(local));
  }
}

void Peer::on_timer(Timestamp now, PeerOutputs& out) {
  const IceSnapshot before = ice_snapshot();
  if (auto* lite = std::get_if<IceLite>(&ice_)) {
    lite->on_timer(now);
  } else {
    std::get<IceClient>(ice_).on_timer(now, out.packets);
  }
  after_ice(before, now, out);

  const DtlsState dtls_before = dtls_.state();
  // Without a path a flight has nowhere to go: the batch is thrown away, which is a loss like any other.
  PacketBatch nowhere(0);
  DtlsOutput dtls_out{path() ? out.packets : nowhere, path() ? *path() : kNoPath, out.scratch_records};
  dtls_.on_timer(now, dtls_out);
  after_dtls(dtls_before, out);

  if (sctp_) {
    out.scratch_sctp.clear();
    SctpOutputs sctp_out{out.scratch_sctp, out.scratch_events};
    sctp_->collect(sctp_out);
    deliver_sctp(out);
  }
}

Timestamp Peer::next_deadline() const {
  const Timestamp ice = std::visit([](const auto& agent) { return agent.next_deadline(); }, ice_);
  return earlier(ice, dtls_.next_deadline());
}

bool Peer::is_validated(const Path& path) const {
  return std::visit([&](const auto& agent) { return agent.is_validated(path); }, ice_);
}

bool Peer::is_connected() const {
  return dtls_.state() == DtlsState::kConnected && ice_state() == IceState::kConnected;
}

IceState Peer::ice_state() const {
  return std::visit([](const auto& agent) { return agent.state(); }, ice_);
}

const std::optional<Path>& Peer::path() const {
  return std::visit([](const auto& agent) -> const std::optional<Path>& { return agent.selected(); }, ice_);
}

const IceCredentials& Peer::ice_credentials() const {
  return std::visit([](const auto& agent) -> const IceCredentials& { return agent.local(); }, ice_);
}

std::optional<IceCredentials> Peer::previous_ice_credentials() const {
  const auto* lite = std::get_if<IceLite>(&ice_);
  return lite != nullptr ? lite->previous() : std::nullopt;
}

std::expected<DataChannelId, SctpSendError> Peer::open_channel(const DataChannelParameters& parameters,
                                                               PeerOutputs& out) {
  if (!sctp_) return std::unexpected(SctpSendError::kNotConnected);
  SctpOutputs sctp_out{out.scratch_sctp, out.scratch_events};
  auto result = sctp_->open_channel(parameters, sctp_out);
  deliver_sctp(out);
  return result;
}

std::expected<void, SctpSendError> Peer::send_data(DataChannelId channel, DataKind kind, ByteView payload,
                                                   PeerOutputs& out) {
  if (!sctp_) return std::unexpected(SctpSendError::kNotConnected);
  SctpOutputs sctp_out{out.scratch_sctp, out.scratch_events};
  auto result = sctp_->send(channel, kind, payload, sctp_out);
  deliver_sctp(out);
  return result;
}

void Peer::close_channel(DataChannelId channel, PeerOutputs& out) {
  if (!sctp_) return;
  SctpOutputs sctp_out{out.scratch_sctp, out.scratch_events};
  sctp_->close_channel(channel, sctp_out);
  deliver_sctp(out);
}

void Peer::close(PeerOutputs& out) {
  if (!path()) return;
  DtlsOutput dtls_out{out.packets, *path(), out.scratch_records};
  dtls_.close(dtls_out);
}

}  // namespace parley::transport
