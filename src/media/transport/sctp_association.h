#pragma once

#include <map>
#include <memory>
#include <vector>

#include "media/transport/sctp.h"
#include "media/transport/sctp_socket.h"

namespace parley::transport {

/// Data channels (RFC 8831, RFC 8832) over one SctpSocket.
class UsrsctpAssociation final : public SctpAssociation {
 public:
  UsrsctpAssociation(DtlsRole role, std::shared_ptr<SctpOutbox> outbox);
  ~UsrsctpAssociation() override;

  void start(SctpOutputs& out) override;
  void on_packet(ByteView packet, SctpOutputs& out) override;
  void collect(SctpOutputs& out) override;
  std::expected<DataChannelId, SctpSendError> open_channel(const DataChannelParameters& parameters,
                                                           SctpOutputs& out) override;
  std::expected<void, SctpSendError> send(DataChannelId channel, DataKind kind, ByteView payload,
                                          SctpOutputs& out) override;
  void close_channel(DataChannelId channel, SctpOutputs& out) override;
  bool is_connected() const override { return state_ == State::kUp; }
  size_t buffered_amount() const override { return socket_ ? socket_->buffered_amount() : 0; }
  uint64_t dropped_packets() const override { return outbox_->dropped(); }

 private:
  enum class State : uint8_t { kIdle, kConnecting, kUp, kDown };
  enum class Phase : uint8_t {
    kWaiting,  ///< OPEN not yet taken by the socket.
    kOpening,  ///< OPEN sent, no ACK yet.
    kOpen,
    kClosing,  ///< Our reset is wanted or under way.
  };
  struct Channel {
    DataChannelParameters parameters;
    Phase phase = Phase::kWaiting;
    bool is_ack_owed = false;
    bool is_reset_started = false;
    bool is_reset_done = false;
    bool is_reset_by_peer = false;
  };
  using Channels = std::map<uint16_t, Channel>;

  void poll(SctpOutputs& out);
  void apply(SctpUp, SctpOutputs& out);
  void apply(SctpDown, SctpOutputs& out);
  void apply(const SctpIncomingReset& reset, SctpOutputs& out);
  void apply(const SctpOutgoingReset& reset, SctpOutputs& out);
  void apply(SctpIncomingMessage message, SctpOutputs& out);
  void on_dcep(uint16_t stream, ByteView bytes, SctpOutputs& out);
  void on_open(uint16_t stream, DataChannelParameters parameters, SctpOutputs& out);
  void retry_control();
  void begin_close(Channel& channel);
  void erase_closed(SctpOutputs& out);
  std::optional<uint16_t> free_stream() const;
  void leave(SctpOutputs& out);

  DtlsRole role_;
  std::shared_ptr<SctpOutbox> outbox_;
  std::unique_ptr<SctpSocket> socket_;  ///< From start() until the association is down.
  State state_ = State::kIdle;
  Channels channels_;
  std::vector<uint16_t> unwanted_;  ///< Streams to reset that never became channels. Bounded by kSctpStreams.
};

}  // namespace parley::transport
