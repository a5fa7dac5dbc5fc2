#include "media/transport/sctp_association.h"

#include <algorithm>

namespace parley::transport {
namespace {

/// SCTP cannot carry an empty message: this byte stands in for one (RFC 8831 section 6.6).
constexpr uint8_t kStandIn = 0;

PayloadProtocol ppid_of(DataKind kind, bool is_empty) {
  if (kind == DataKind::kString) return is_empty ? PayloadProtocol::kStringEmpty : PayloadProtocol::kString;
  return is_empty ? PayloadProtocol::kBinaryEmpty : PayloadProtocol::kBinary;
}

}  // namespace

UsrsctpAssociation::UsrsctpAssociation(DtlsRole role, std::shared_ptr<SctpOutbox> outbox)
    : role_(role), outbox_(std::move(outbox)) {}

UsrsctpAssociation::~UsrsctpAssociation() = default;

void UsrsctpAssociation::start(SctpOutputs& out) {
  if (state_ != State::kIdle) return;
  outbox_->owner_enters();
  socket_ = std::make_unique<SctpSocket>(outbox_);
  socket_->connect();
  state_ = State::kConnecting;
  leave(out);
}

void UsrsctpAssociation::on_packet(ByteView packet, SctpOutputs& out) {
  if (!socket_) return;
  outbox_->owner_enters();
  socket_->on_packet(packet);
  leave(out);
}

void UsrsctpAssociation::collect(SctpOutputs& out) {
  if (!socket_) return;
  outbox_->owner_enters();
  leave(out);
}

/// The end of every call that may have moved the socket.
void UsrsctpAssociation::leave(SctpOutputs& out) {
  poll(out);
  if (state_ == State::kUp) {
    retry_control();
    erase_closed(out);
  }
  if (state_ == State::kDown) socket_.reset();  // Its ABORT, if any, goes out with the rest.
  outbox_->take(out.packets);
}

void UsrsctpAssociation::poll(SctpOutputs& out) {
  while (state_ != State::kDown) {
    auto indication = socket_->poll();
    if (!indication) return;
    std::visit([&](auto& what) { apply(std::move(what), out); }, *indication);
  }
}

void UsrsctpAssociation::apply(SctpUp, SctpOutputs& out) {
  if (state_ != State::kConnecting) return;
  state_ = State::kUp;
  out.events.push_back({.kind = SctpEvent::Kind::kConnected});
}

void UsrsctpAssociation::apply(SctpDown, SctpOutputs& out) {
  state_ = State::kDown;
  channels_.clear();
  unwanted_.clear();
  out.events.push_back({.kind = SctpEvent::Kind::kLost});
}

void UsrsctpAssociation::apply(const SctpIncomingReset& reset, SctpOutputs&) {
  for (auto& [stream, channel] : channels_) {
    const bool is_meant = reset.streams.empty() || std::ranges::find(reset.streams, stream) != reset.streams.end();
    if (!is_meant) continue;
    // RFC 8831 section 6.7: the other direction follows.
    channel.is_reset_by_peer = true;
    begin_close(channel);
  }
}

void UsrsctpAssociation::apply(const SctpOutgoingReset& reset, SctpOutputs&) {
  for (auto& [stream, channel] : channels_) {
    const bool is_meant = reset.streams.empty() || std::ranges::find(reset.streams, stream) != reset.streams.end();
    if (!is_meant || !channel.is_reset_started) continue;
    channel.is_reset_done = reset.is_done;
    channel.is_reset_started = reset.is_done;  // Refused: asked again at the next visit.
  }
}

void UsrsctpAssociation::apply(SctpIncomingMessage message, SctpOutputs& out) {
  const auto ppid = static_cast<PayloadProtocol>(message.ppid);
  if (ppid == PayloadProtocol::kDcep) return on_dcep(message.stream, message.payload, out);
  const auto found = channels_.find(message.stream);
  if (found == channels_.end() || found->second.is_reset_by_peer) return;
  // RFC 8832 section 6: data from the peer shows as well as an ACK that it knows the channel.
  SctpEvent event{.kind = SctpEvent::Kind::kMessage, .channel = DataChannelId(message.stream)};
  switch (ppid) {
    case PayloadProtocol::kString:
    case PayloadProtocol::kBinary:
      event.payload = std::move(message.payload);
      break;
    case PayloadProtocol::kStringEmpty:
    case PayloadProtocol::kBinaryEmpty:
      break;
    default:
      return;
  }
  const bool is_string = ppid == PayloadProtocol::kString || ppid == PayloadProtocol::kStringEmpty;
  event.data_kind = is_string ? DataKind::kString : DataKind::kBinary;
  out.events.push_back(std::move(event));
}

void UsrsctpAssociation::on_dcep(uint16_t stream, ByteView bytes, SctpOutputs& out) {
  auto message = parse_dcep(bytes);
  if (!message) return;
  if (auto* open = std::get_if<DcepOpen>(&*message)) return on_open(stream, std::move(open->parameters), out);
  const auto found = channels_.find(stream);
  if (found == channels_.end() || found->second.phase != Phase::kOpening) return;
  found->second.phase = Phase::kOpen;
  out.events.push_back({.kind = SctpEvent::Kind::kChannelOpened,
                        .channel = DataChannelId(stream),
                        .parameters = found->second.parameters});
}

void UsrsctpAssociation::on_open(uint16_t stream, DataChannelParameters parameters, SctpOutputs& out) {
  // RFC 8832 section 6: an OPEN for a stream in use is an error; the channel that is there stays.
  if (channels_.contains(stream)) return;
  if (channels_.size() >= kSctpMaxChannels) {
    if (std::ranges::find(unwanted_, stream) == unwanted_.end() && unwanted_.size() < kSctpStreams) {
      unwanted_.push_back(stream);
    }
    return;
  }
  channels_.emplace(stream, Channel{.parameters = parameters, .phase = Phase::kOpen, .is_ack_owed = true});
  out.events.push_back(
      {.kind = SctpEvent::Kind::kChannelOpened, .channel = DataChannelId(stream), .parameters = std::move(parameters)});
}

/// Sends the OPENs, ACKs and resets that are due; what does not fit now stays due.
void UsrsctpAssociation::retry_control() {
  for (auto& [stream, channel] : channels_) {
    const SctpSendOptions options{.stream = stream, .ppid = PayloadProtocol::kDcep};
    if (channel.phase == Phase::kWaiting && socket_->send(options, serialize_dcep_open(channel.parameters))) {
      channel.phase = Phase::kOpening;
    }
    if (channel.is_ack_owed && socket_->send(options, serialize_dcep_ack())) channel.is_ack_owed = false;
    if (channel.phase == Phase::kClosing && !channel.is_reset_started) {
      const SctpResetResult result = socket_->reset_stream(stream);
      channel.is_reset_started = result != SctpResetResult::kBusy;
      // A peer that cannot reset streams is not waited for.
      if (result == SctpResetResult::kUnsupported) channel.is_reset_done = channel.is_reset_by_peer = true;
    }
  }
  std::erase_if(unwanted_, [this](uint16_t stream) { return socket_->reset_stream(stream) != SctpResetResult::kBusy; });
}

void UsrsctpAssociation::begin_close(Channel& channel) {
  channel.phase = Phase::kClosing;
  channel.is_ack_owed = false;
}

void UsrsctpAssociation::erase_closed(SctpOutputs& out) {
  for (auto it = channels_.begin(); it != channels_.end();) {
    if (!it->second.is_reset_done || !it->second.is_reset_by_peer) {
      ++it;
      continue;
    }
    out.events.push_back({.kind = SctpEvent::Kind::kChannelClosed, .channel = DataChannelId(it->first)});
    it = channels_.erase(it);
  }
}

std::optional<uint16_t> UsrsctpAssociation::free_stream() const {
  // RFC 8832 section 6: the DTLS client uses even ids, the server odd ones.
  for (uint16_t stream = role_ == DtlsRole::kClient ? 0 : 1; stream < kSctpStreams; stream += 2) {
    if (!channels_.contains(stream)) return stream;
  }
  return std::nullopt;
}

std::expected<DataChannelId, SctpSendError> UsrsctpAssociation::open_channel(const DataChannelParameters& parameters,
                                                                             SctpOutputs& out) {
  if (state_ == State::kDown) return std::unexpected(SctpSendError::kNotConnected);
  const auto stream = free_stream();
  const bool is_too_long = parameters.label.size() > kSctpMaxLabel || parameters.protocol.size() > kSctpMaxLabel;
  if (!stream || is_too_long || channels_.size() >= kSctpMaxChannels) {
    return std::unexpected(SctpSendError::kNoFreeChannel);
  }
  channels_.emplace(*stream, Channel{.parameters = parameters});
  if (state_ == State::kUp) {
    outbox_->owner_enters();
    leave(out);
  }
  return DataChannelId(*stream);
}

std::expected<void, SctpSendError> UsrsctpAssociation::send(DataChannelId id, DataKind kind, ByteView payload,
                                                            SctpOutputs& out) {
  if (state_ != State::kUp) return std::unexpected(SctpSendError::kNotConnected);
  const auto found = channels_.find(id.value());
  if (found == channels_.end() || found->second.phase == Phase::kClosing) {
    return std::unexpected(SctpSendError::kNoChannel);
  }
  if (payload.size() > kSctpMaxOutgoingMessage) return std::unexpected(SctpSendError::kTooLarge);
  const Channel& channel = found->second;
  if (channel.phase == Phase::kWaiting) return std::unexpected(SctpSendError::kBufferFull);
  SctpSendOptions options{.stream = id.value(), .ppid = ppid_of(kind, payload.empty())};
  // RFC 8832 section 6: until the ACK, order keeps data behind the OPEN.
  if (channel.phase == Phase::kOpen) options.order = channel.parameters.order;
  options.max_retransmits = channel.parameters.max_retransmits;
  options.max_lifetime_ms = channel.parameters.max_lifetime_ms;
  outbox_->owner_enters();
  const auto result = socket_->send(options, payload.empty() ? ByteView(&kStandIn, 1) : payload);
  leave(out);
  return result;
}

void UsrsctpAssociation::close_channel(DataChannelId id, SctpOutputs& out) {
  const auto found = channels_.find(id.value());
  if (found == channels_.end()) return;
  if (state_ != State::kUp || found->second.phase == Phase::kWaiting) {
    channels_.erase(found);  // The peer has never heard of it.
    return;
  }
  begin_close(found->second);
  outbox_->owner_enters();
  leave(out);
}

}  // namespace parley::transport
